"""How long the Graph API wants to be left alone, from the usage headers of an answer. Pure; bounded like any answer.

Documented (page "Rate limits"): `X-App-Usage` is an object of per cents; `X-Business-Use-Case-Usage` has a list a
business object, each entry with `estimated_time_to_regain_access` in minutes. Any key and any type may come.
`Retry-After` is not documented, and honoured where it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wahealth.probe.semantics import seconds_of
from wahealth.probe.strict_json import document_of

UNSAID = 900.0  # seconds to wait where the vendor names none: asking on prolongs it
LONGEST = 24 * 3600.0
_MINUTE = 60.0
_LONGEST_HEADER = 64 * 1024  # bytes


def rest_wanted(business_usage: str, retry_after: str) -> float:
    """Seconds to wait after an answer that says that there were too many requests. `business_usage`: the header
    X-Business-Use-Case-Usage; both may be empty, or anything."""
    minutes = max(_regained_in(business_usage), default=0.0)
    wanted = max(minutes * _MINUTE, seconds_of(retry_after))
    return min(wanted, LONGEST) if wanted > 0 else UNSAID


def _regained_in(header: str) -> Iterator[float]:
    """Minutes, of each entry that names some."""
    entries = (entry for value in _read(header).values() if isinstance(value, list) for entry in value)
    for entry in entries:
        minutes = entry.get("estimated_time_to_regain_access") if isinstance(entry, dict) else None
        if isinstance(minutes, float) and minutes > 0:
            yield minutes


def _read(header: str) -> Mapping[str, Any]:
    if not header or len(header) > _LONGEST_HEADER:
        return {}
    try:
        document = document_of(header.encode())
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
