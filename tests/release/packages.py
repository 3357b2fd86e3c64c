"""The Python packages: a source archive, and a wheel that is built from it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from release.source import LeftOut, Release
from release.tools import HERE, run

ENDINGS = {"sdist": "*.tar.gz", "wheel": "*.whl"}


def made(release: Release) -> list[Path]:
    """Both, built twice. Raises `LeftOut` where the second build differs."""
    with tempfile.TemporaryDirectory() as work:
        first, second = (_built(release, Path(work, name)) for name in ("one", "another"))
        differing = [
            one.name for one, other in zip(first, second, strict=True) if one.read_bytes() != other.read_bytes()
        ]
        if differing:
            raise LeftOut(f"two builds of {' and '.join(differing)} differ")
        return [Path(shutil.copy(one, release.into)) for one in first]


def _built(release: Release, work: Path) -> list[Path]:
    """In a folder of another name each time; a wheel from what the source archive holds, so nothing lacks in it."""
    tree = work / "tree"
    shutil.copytree(release.tree, tree)
    source = build(tree, "sdist", work, release.epoch)
    shutil.unpack_archive(source, work / "unpacked", filter="data")
    (unpacked,) = (work / "unpacked").iterdir()
    return [source, build(unpacked, "wheel", work, release.epoch)]


def build(tree: Path, target: str, into: Path, epoch: int) -> Path:
    """A `wheel` or an `sdist` of the project in `tree`; all its files are of the time `epoch`, in seconds."""
    run(HERE / "hatchling", "build", "-t", target, "-d", into, into=tree, SOURCE_DATE_EPOCH=str(epoch))
    (found,) = into.glob(ENDINGS[target])
    return found
