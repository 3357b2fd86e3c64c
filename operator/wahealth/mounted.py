"""Reads files of a mounted Secret or ConfigMap, without ever blocking on them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

MOST_BYTES = 1024 * 1024  # read of a file; a Secret or ConfigMap with all its entries has no more


class NoPlainFile(Exception):
    """The path is not a regular file: reading it could block the event loop for ever."""


class Unreadable(Exception):
    """Why a file cannot be used: a sentence that names the file, without its full stop."""


def content(path: Path) -> bytes:
    """The bytes of a file that a setting names, at most 1 MiB. Raises `Unreadable`."""
    try:
        return read(path)
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}") from None
    except NoPlainFile:
        raise Unreadable(f"{path} is not a regular file") from None


def read(path: Path) -> bytes:
    """The bytes of a file, at most 1 MiB. Raises `OSError`, and `NoPlainFile` for a FIFO or a device, which could
    block."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise NoPlainFile
    # It may have been replaced since the check: whatever it is now, opening it does not block.
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY), "rb") as file:  # noqa: PTH123 - of a descriptor
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise NoPlainFile
        return file.read(MOST_BYTES)
