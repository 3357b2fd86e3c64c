"""An event: a stable sentence that ends with the next action; what varies stands in the status."""

from __future__ import annotations

from typing import NamedTuple


class Event(NamedTuple):
    warning: bool
    reason: str
    note: str


def normal(reason: str, note: str) -> Event:
    return Event(warning=False, reason=reason, note=note)


def warning(reason: str, note: str) -> Event:
    return Event(warning=True, reason=reason, note=note)
