"""A control group of its own for a real node: a kubelet removes whatever it does not know below its root, so it must
share that with nobody."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
_REMOVED_SECONDS = 10
_INHERITED = ("cpuset.mems", "cpuset.cpus")  # without them nothing can run in a new one of version 1


@contextlib.contextmanager
def own(name: str) -> Iterator[str]:
    """The path of a new one, in every hierarchy; removed with all below it once its processes have ended."""
    folders = [hierarchy / name for hierarchy in _hierarchies()]
    try:
        for folder in folders:
            _make(folder)
        yield f"/{name}"
    finally:
        deadline = time.monotonic() + _REMOVED_SECONDS
        while not all(map(_removed, folders)) and time.monotonic() < deadline:
            time.sleep(0.2)


def _hierarchies() -> list[Path]:
    """One of version 2, or one a controller."""
    if (ROOT / "cgroup.controllers").exists():
        return [ROOT]
    return [folder for folder in ROOT.iterdir() if folder.is_dir() and (folder / "cgroup.procs").exists()]


def _make(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for name in _INHERITED:
        if (folder / name).exists():
            (folder / name).write_text((folder.parent / name).read_text())
    if (folder / "cgroup.subtree_control").exists():
        for controller in (folder / "cgroup.controllers").read_text().split():
            with contextlib.suppress(OSError):
                (folder / "cgroup.subtree_control").write_text(f"+{controller}")


def _removed(folder: Path) -> bool:
    """From the deepest up; one that still holds a process stays."""
    if not folder.exists():
        return True
    below = sorted((path for path in folder.rglob("*") if path.is_dir()), key=lambda path: -len(path.parts))
    for path in (*below, folder):
        with contextlib.suppress(OSError):
            path.rmdir()
    return not folder.exists()
