"""Events: a stable sentence that ends with the next action; what varies stands in the status."""

from __future__ import annotations

from typing import NamedTuple

from wahealth.core.reasons.row import Row, Surface


class Event(NamedTuple):
    """A Kubernetes event: of type Warning or Normal, with its reason and its note (the message)."""

    warning: bool
    reason: str
    note: str


def normal(row: Row, at: Surface = Surface.RESOURCE, **varies: object) -> Event:
    """The Normal event of a row; `varies`: the {names} of its sentence."""
    return Event(warning=False, reason=(row.event or row.reason).value, note=row.tells(at, **varies))


def warning(row: Row, at: Surface = Surface.RESOURCE, **varies: object) -> Event:
    """The Warning event of a row; `varies`: the {names} of its sentence."""
    return Event(warning=True, reason=(row.event or row.reason).value, note=row.tells(at, **varies))
