"""How long to wait before the same is tried again."""

from __future__ import annotations

import random

LONGEST_PAUSE = 30.0  # seconds


class Backoff:
    """Pauses that double, with jitter: 0.5 to 1, 1 to 2, … up to `LONGEST_PAUSE` seconds."""

    def __init__(self, longest: float = LONGEST_PAUSE) -> None:
        self._longest = longest
        self._pause = 0.5

    def next(self) -> float:
        self._pause = min(self._longest, self._pause * 2)
        return self._pause * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing
