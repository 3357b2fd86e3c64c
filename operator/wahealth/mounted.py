"""Files as a Secret or a ConfigMap is mounted, read without a wait."""

from __future__ import annotations

import os
import stat
from pathlib import Path

MOST_BYTES = 1024 * 1024  # of a Secret or a ConfigMap, with all its entries


class NoPlainFile(Exception):
    """Whoever opens or reads it may wait for ever, and everything else in the loop with it."""


class Unreadable(Exception):
    """Why a file cannot be used, in a sentence that names it, without its full stop."""


def content(path: Path) -> bytes:
    """As `read`, of a file that settings name. Raises `Unreadable`."""
    try:
        return read(path)
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}") from None
    except NoPlainFile:
        raise Unreadable(f"{path} is no plain file") from None


def read(path: Path) -> bytes:
    """Raises `OSError`, `NoPlainFile`. A FIFO would wait for whoever writes, a device might never end."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise NoPlainFile
    # It may have been replaced since: whatever it is by now, nobody waits for it.
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY), "rb") as file:  # noqa: PTH123 - of a descriptor
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise NoPlainFile
        return file.read(MOST_BYTES)
