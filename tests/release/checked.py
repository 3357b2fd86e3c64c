"""What the Python packages' own tools have against them."""

from __future__ import annotations

from pathlib import Path

from release import packages
from release.source import Release
from release.tools import extra, run


def published(release: Release) -> list[Path]:
    """Both packages. Raises `LeftOut` where an index would refuse one or show its page badly, or where the wheel holds
    what does not belong into one."""
    made = packages.made(release)
    run(extra("twine"), "check", "--strict", *made)
    run(extra("check-wheel-contents"), *(one for one in made if one.suffix == ".whl"))
    return made
