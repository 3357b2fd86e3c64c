"""The directory of a playground. If its owner was killed, the next playground removes it."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

_PREFIX = "wahealth-playground-"
_LOCK = "owner.lock"


@contextlib.contextmanager
def own_directory() -> Iterator[Path]:
    """A new directory that only this user can read; removed after the block."""
    sweep()
    directory, lock = _claimed()
    try:
        yield directory
    finally:
        _remove(directory)
        lock.close()


def sweep() -> None:
    """Removes the directories of playgrounds whose owner is gone."""
    for directory in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError), (directory / _LOCK).open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(directory)


def _claimed() -> tuple[Path, IO[str]]:
    """A new directory and its lock, which is taken before the directory has a name that `sweep` looks for."""
    unnamed = Path(tempfile.mkdtemp(prefix=f"new-{_PREFIX}"))
    lock = (unnamed / _LOCK).open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return unnamed.rename(unnamed.with_name(unnamed.name.removeprefix("new-"))), lock


def _remove(directory: Path) -> None:
    """Removes the directory, its lock last. What cannot be removed now, because its writer is still ending, is left for
    a later `sweep`."""
    for entry in directory.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        elif entry.name != _LOCK:
            entry.unlink(missing_ok=True)
    if [entry.name for entry in directory.iterdir()] == [_LOCK]:
        shutil.rmtree(directory, ignore_errors=True)
