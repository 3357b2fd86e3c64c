"""When a kept connection is made anew.

A certificate is seen in a handshake alone: on a connection that is kept for ever a renewed one, or a bad new one, would
stay unseen.
"""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime

LONGEST_KEPT = (3600.0, 5400.0)  # seconds, at random within
KEPT_AT_THE_END = 600.0  # seconds, once the certificate that was presented is about to end
_LAST_SHARE = 0.1  # of the time for which that certificate is valid
_LONGEST_LAST = 24 * 3600.0  # seconds: where that is more
_SHARE_A_MINUTE = 0.05  # of all that are parked
_LEAST_A_MINUTE = 60.0
# Of a certificate in DER: the sequence of two times (RFC 5280, 4.1.2.5). A library that reads all of it costs 8 MB, in
# each sidecar; and whoever presents another pair first changes only how often its own connection is renewed.
_TIME = rb"(?:\x17\x0d(\d{12})|\x18\x0f(\d{14}))Z"
_VALIDITY = re.compile(rb"\x30." + _TIME + _TIME, re.DOTALL)


def kept_for(presented: bytes = b"") -> float:
    """Seconds for which a new connection is kept. `presented`: the certificate on it, in DER; nothing in the clear."""
    seconds = random.uniform(*LONGEST_KEPT)  # noqa: S311 - spreads load, guards nothing
    found = validity(presented)
    return seconds if found is None else min(seconds, _while_valid(*found, datetime.now(UTC)))


def validity(presented: bytes) -> tuple[datetime, datetime] | None:
    """From when to when a certificate in DER is good."""
    found = _VALIDITY.search(presented)
    if found is None:
        return None
    try:
        begins, ends = (_time(written.decode()) for written in found.groups() if written)
    except ValueError:
        return None
    return begins, ends


def _time(written: str) -> datetime:
    """Of two digits a year means 1969 to 2068."""
    form = "%y%m%d%H%M%S" if len(written) == 12 else "%Y%m%d%H%M%S"
    return datetime.strptime(written, form).replace(tzinfo=UTC)


def _while_valid(begins: datetime, ends: datetime, now: datetime) -> float:
    """Until its last tenth begins; in that every ten minutes. One that has ended already may stay for long."""
    left = (ends - now).total_seconds()
    last = min((ends - begins).total_seconds() * _LAST_SHARE, _LONGEST_LAST)
    return float("inf") if left <= 0 else max(left - last, KEPT_AT_THE_END)


class Renewals:
    """Spreads them: of the connections that are parked at most 5 % a minute, or one a second where that is more."""

    def __init__(self) -> None:
        self._next = 0.0

    def allow(self, parked: int, now: float) -> bool:
        """Whether one more may be made anew at `now`, of the monotonic clock; if so, it counts."""
        if now < self._next:
            return False
        self._next = now + 60.0 / max(_LEAST_A_MINUTE, parked * _SHARE_A_MINUTE)
        return True
