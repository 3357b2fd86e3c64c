"""What is pinned for whom."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def pinned(lock: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+)==", (ROOT / lock).read_text(), re.MULTILINE))


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^a-z0-9-]", one)[0] for one in requirements}


def test_the_image_has_nothing_of_the_extras() -> None:
    """A scanner reports each package that is there, whoever runs it."""
    extras = {name for wanted in PROJECT["optional-dependencies"].values() for name in names(wanted)}
    assert not extras & pinned("requirements.lock")
    assert extras <= pinned("requirements-dev.lock")
    assert names(PROJECT["dependencies"]) <= pinned("requirements.lock")
