"""What was typed and cannot be used, and the exit code for it."""

from __future__ import annotations

from pathlib import Path

USAGE, NOT_THERE = 64, 69
MOST_BYTES = 1024 * 1024  # of a key, or of certificates


class Unusable(Exception):
    """What cannot be used, in one sentence, and the exit code for it."""

    def __init__(self, sentence: str, code: int = USAGE) -> None:
        super().__init__(sentence)
        self.code = code


def read(path: Path) -> bytes:
    """No more than any of these files has; a pipe of the shell's, `<(…)`, is as good as a file. Raises `Unusable`."""
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES)
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}", NOT_THERE) from None
