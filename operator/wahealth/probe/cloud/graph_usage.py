"""How much of its quota the Graph API says is used, and how long it wants to be left alone: from the usage headers.

Documented (page "Rate limits"): `X-App-Usage` is an object of per cents; `X-Business-Use-Case-Usage` has a list a
business object, each entry with per cents, and with `estimated_time_to_regain_access` in minutes. Any key and any type
may come. `Retry-After` is not documented, and honoured where it stands. Pure; bounded like any answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wahealth.core.cloud.quota import Usage
from wahealth.core.resting import LONGEST
from wahealth.probe.semantics import seconds_of
from wahealth.probe.strict_json import document_of

UNSAID = 900.0  # seconds to wait where the vendor names none: asking on prolongs it
_MINUTE = 60.0
_MOST_PER_CENT = 10_000.0
_PER_CENTS = ("call_count", "total_cputime", "total_time")
_REGAIN = "estimated_time_to_regain_access"
_LONGEST_HEADER = 64 * 1024  # bytes


def usage_of(app_usage: str, business_usage: str) -> Usage:
    """What the headers X-App-Usage and X-Business-Use-Case-Usage say; both may be empty, or anything."""
    entries = list(_entries(business_usage))
    per_cents = (_number(entry, name) for entry in (*entries, _read(app_usage)) for name in _PER_CENTS)
    minutes = max((_number(entry, _REGAIN) for entry in entries), default=0.0)
    return Usage(min(max(per_cents, default=0.0), _MOST_PER_CENT), min(minutes * _MINUTE, LONGEST))


def rest_wanted(usage: Usage, retry_after: str) -> float:
    """Seconds to wait after an answer that says that there were too many requests. `retry_after`: that header."""
    wanted = max(usage.regain, seconds_of(retry_after))
    return min(wanted, LONGEST) if wanted > 0 else UNSAID


def _entries(header: str) -> Iterator[Mapping[str, Any]]:
    lists = (value for value in _read(header).values() if isinstance(value, list))
    return (entry for entries in lists for entry in entries if isinstance(entry, dict))


def _number(entry: Mapping[str, Any], name: str) -> float:
    """0 where there is none; a NaN is none."""
    value = entry.get(name)
    return value if isinstance(value, float) and value > 0 else 0.0


def _read(header: str) -> Mapping[str, Any]:
    if not header or len(header) > _LONGEST_HEADER:
        return {}
    try:
        document = document_of(header.encode())
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
