"""Exit codes, and what ends a command early."""

from __future__ import annotations

UP, NOT_UP, UNKNOWN, USAGE, NOT_THERE = 0, 1, 2, 64, 69


class Unusable(Exception):
    """Why a command ends, in one sentence without its full stop, and its exit code: 64 for usage, 69 for what is
    missing."""

    def __init__(self, sentence: str, code: int = NOT_THERE) -> None:
        super().__init__(sentence)
        self.code = code
