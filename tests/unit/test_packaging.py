"""What is pinned for whom, and what the package says of itself."""

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


def test_what_an_index_shows_links_to_nothing_that_is_not_there() -> None:
    """The repository's own README is full of links to its files, all dead on an index."""
    shown = (ROOT / PROJECT["readme"]).read_text()
    assert not [target for target in re.findall(r"\]\(([^)\s]+)\)", shown) if not re.match("https?:|#", target)]


def test_the_image_is_made_of_what_its_context_holds() -> None:
    copied = set(re.findall(r"^COPY (?!--from)(.*) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    named = {name for names in copied for name in names.split()}
    admitted = set(re.findall(r"^!(.*)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    assert named == admitted
    assert PROJECT["readme"].split("/")[0] in admitted
