"""A control group for a real node alone, because a kubelet removes every group below its root that it does not know."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
_REMOVED_SECONDS = 10
_INHERITED = ("cpuset.mems", "cpuset.cpus")  # in version 1 nothing can run in a new group without them


@contextlib.contextmanager
def own(name: str) -> Iterator[str]:
    """Makes a control group in every hierarchy and yields its path; removes it with all groups below once its processes
    have ended."""
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
    """The mounted hierarchies: a single one in version 2, one for each controller in version 1."""
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
    """Removes the group and all below it, the deepest first. Returns False if a group still holds a process."""
    if not folder.exists():
        return True
    below = sorted((path for path in folder.rglob("*") if path.is_dir()), key=lambda path: -len(path.parts))
    for path in (*below, folder):
        with contextlib.suppress(OSError):
            path.rmdir()
    return not folder.exists()
