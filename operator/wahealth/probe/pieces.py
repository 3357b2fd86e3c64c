"""In how many pieces an answer may come, and that others have their turn meanwhile."""

from __future__ import annotations

import asyncio

from wahealth.core.answer import FailureReason
from wahealth.probe.errors import probe_error

MOST_PIECES = 3_000  # 350 bytes each where it is 1 MiB
_MANY = 100  # after so many others want their turn


class Pieces:
    """Counts them. `of`: what comes in pieces, as the sentence says it."""

    def __init__(self, of: str) -> None:
        self._of = of
        self._came = 0

    async def another(self) -> None:
        """One more has come. Raises `ProbeError` beyond `MOST_PIECES`."""
        self._came += 1
        if self._came > MOST_PIECES:
            raise probe_error(FailureReason.INVALID_RESPONSE, f"the {self._of} comes in too many pieces")
        if self._came % _MANY == 0:
            await asyncio.sleep(0)
