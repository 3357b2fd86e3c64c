"""What HTTP itself says, whoever answers: a redirect and where it leads, and how long to wait (RFC 9110). Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from wahealth.core.answer import Outcome, Throttled, Unreachable
from wahealth.probe.printable import clean

LONGEST_LOCATION = 200
_USER = re.compile(r"//[^/?#]*@")
_BEHIND_PATH = re.compile("[;?#]")


def is_read(http_status: int) -> bool:
    """Whether the body counts. Of the others it may be anything, and is not waited for."""
    return http_status not in {401, 403, 429} and not is_redirect(http_status)


def waiting(outcome: Outcome, retry_after: str) -> Outcome:
    """The outcome, with the seconds that the server wants to be left alone."""
    if not isinstance(outcome, Throttled | Unreachable):
        return outcome
    return replace(outcome, retry_after=seconds_of(retry_after))


def seconds_of(retry_after: str) -> float:
    """Of the header; a date is not minded, for its clock is not ours."""
    told = retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 7
    return float(retry_after) if told else 0.0


def is_redirect(http_status: int) -> bool:
    """304 is none: it says that nothing has changed (RFC 9110), to somebody who did not ask that."""
    return 300 <= http_status < 400 and http_status != 304


def redirect(http_status: int, location: str) -> str:
    """In words, with where it leads."""
    where = leads_to(location)
    return f"HTTP {http_status}{' to ' if where else ''}{where}"


def leads_to(location: str) -> str:
    """Of a redirect: scheme, host and path, cleaned and cut; what may be a secret (a user, a session, a query) is left
    out."""
    return clean(_BEHIND_PATH.split(_USER.sub("//", location, count=1), maxsplit=1)[0], LONGEST_LOCATION)
