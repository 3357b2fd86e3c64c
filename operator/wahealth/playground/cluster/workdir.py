"""The directory that a playground lives in: its own, and swept by the next one if its owner was killed."""

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
    """Readable by us only; ours as long as we live, gone afterwards."""
    sweep()
    directory, lock = _claimed()
    try:
        yield directory
    finally:
        _remove(directory)
        lock.close()


def sweep() -> None:
    """Remove what owners have left that were killed."""
    for directory in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError), (directory / _LOCK).open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(directory)


def _claimed() -> tuple[Path, IO[str]]:
    """Locked before it has a name that others sweep."""
    unnamed = Path(tempfile.mkdtemp(prefix=f"new-{_PREFIX}"))
    lock = (unnamed / _LOCK).open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return unnamed.rename(unnamed.with_name(unnamed.name.removeprefix("new-"))), lock


def _remove(directory: Path) -> None:
    """The lock goes last: what could not be removed, because its writer is just ending, is swept another time."""
    for entry in directory.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        elif entry.name != _LOCK:
            entry.unlink(missing_ok=True)
    if [entry.name for entry in directory.iterdir()] == [_LOCK]:
        shutil.rmtree(directory, ignore_errors=True)
