"""Whether a token is about to expire: one of the Cloud API is warned of a week before, and again on the last day.

A token of waweb lives seven days in all, so only the last day counts there.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from wahealth.core.signin.flow import EXPIRING
from wahealth.core.verdict.verdict import Anomaly

_WEEK = timedelta(days=7)


def expiring(expires: datetime | None, now: datetime, week: bool = True) -> frozenset[Anomaly]:
    """What to warn of. Both in UTC; `expires` None: the token never expires, or that is not known. `week`: a week
    before counts, too."""
    if expires is None or not now < expires <= now + (_WEEK if week else EXPIRING):
        return frozenset()
    return frozenset({Anomaly.TOKEN_EXPIRING if expires <= now + EXPIRING else Anomaly.TOKEN_EXPIRING_THIS_WEEK})
