"""How long to wait before the next try."""

from __future__ import annotations

import random

LONGEST_PAUSE = 30.0  # seconds


class Backoff:
    """Pauses that double, with jitter: 0.5 to 1, 1 to 2, … up to `LONGEST_PAUSE` seconds."""

    def __init__(self, lasting: float = float("inf")) -> None:
        """`lasting`: a try that lasts for so many seconds counts as a success and resets the pauses."""
        self._lasting = lasting
        self.reset()

    def reset(self) -> None:
        self._pause = 0.5

    def next(self, lasted: float = 0.0) -> float:
        """Seconds to wait now. `lasted`: seconds that the last try took."""
        if lasted >= self._lasting:
            self.reset()
        self._pause = min(LONGEST_PAUSE, self._pause * 2)
        return self._pause * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing
