"""Errors in what was typed, and files that it names."""

from __future__ import annotations

from pathlib import Path

USAGE, NOT_THERE = 64, 69
MOST_BYTES = 1024 * 1024  # read of a key or of certificates


class Unusable(Exception):
    """What cannot be used, in one sentence without its full stop, and the exit code for it: 64 for usage, 69 for what
    is missing."""

    def __init__(self, sentence: str, code: int = USAGE) -> None:
        super().__init__(sentence)
        self.code = code


def read(path: Path) -> bytes:
    """The first MiB of a file, which is more than a key or a bundle has; also of a pipe such as `<(…)`. Raises
    `Unusable`."""
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES)
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}", NOT_THERE) from None
