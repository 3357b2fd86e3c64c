"""When each version of the Graph API ends. No endpoint tells: a table, which says nothing past its own horizon.

Documented (page "Versions" of the Graph API, as of 2026-11-27). An ended version is not refused: the oldest living one
answers instead, and names itself in the header `facebook-api-version`.
"""

from __future__ import annotations

from datetime import date, timedelta

DEFAULT = "v26.0"
SOON = timedelta(days=90)
ENDS = {
    "v21.0": date(2027, 1, 21),
    "v22.0": date(2027, 5, 20),
    "v23.0": date(2027, 10, 8),
    "v24.0": date(2028, 2, 18),
    "v25.0": date(2028, 7, 29),
}


def ends_soon(version: str, today: date) -> date | None:
    """The day on which that version ends, where it lies within `SOON` or behind; None: later, or not known."""
    ends = ENDS.get(version)
    return ends if ends is not None and today >= ends - SOON and today <= _HORIZON else None


_HORIZON = max(ENDS.values())
