"""The history of a resource: what its status held when this process took over, and every state believed since.

    the state                                the history
    ---------------------------------------  -------------------------------------------
    is believed already                      stays as it is
    is another, or the client flaps no more  gets an entry
    is another while the client flaps on     has its newest entry amended

An entry waits in the state until the status is written for another reason, and no status is written for it alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from wahealth.core.history.believed import Believed, HistoryEntry, believed_in
from wahealth.core.history.packed import NOTHING, pack, unpack
from wahealth.core.history.stored import added, joined, mended
from wahealth.core.hysteresis.flapping import Flaps
from wahealth.core.instant import Instant
from wahealth.core.status import ConditionType, Status


class History(NamedTuple):
    """`packed`: the entries, newest first, as `status.history` holds them. `flapping`: the newest may be amended."""

    packed: bytes = NOTHING
    believed: Believed | None = None  # the state of the newest entry; None: nothing was believed yet
    flapping: bool = False

    def followed(self, status: Status, confirmed: bool, flaps: Flaps, now: Instant) -> History:
        """The history after a round that believes what `status` shows. `confirmed`: it shows a verdict."""
        believed = believed_in(status, confirmed)
        if believed is None or (believed == self.believed and flaps.active is self.flapping):
            return self
        entries, note = unpack(self.packed), _note(flaps)
        if self.flapping and flaps.active:
            entries = (entries[0]._replace(believed=believed, note=note), *entries[1:])
        else:
            entries = added(entries, HistoryEntry(now.wall, believed, note))
        return History(pack(entries), believed, flaps.active)


def with_written(ours: bytes, found: bytes, now: datetime) -> bytes:
    """Our history, packed, with what another leader wrote before it stopped. `found`: what the status holds."""
    return ours if found == ours else pack(joined(unpack(ours), mended(unpack(found), now), now))


def taken_over(written: Status, confirmed: bool, now: datetime) -> History:
    """The history with which a process begins. `confirmed`: the `written` status shows a verdict.

    A state that the status shows, and that its history lacks, is believed since its Ready condition changed.
    """
    found = unpack(written.history)
    entries, believed = mended(found, now), believed_in(written, confirmed)
    newest = entries[0].believed if entries else None
    if believed is not None and believed != newest:
        entries = added(entries, HistoryEntry(_since(written, entries, now), believed))
    return History(written.history if entries == found else pack(entries), believed or newest)


def _since(written: Status, entries: tuple[HistoryEntry, ...], now: datetime) -> datetime:
    """When the state began that the status shows; now, if that cannot be known."""
    shown = written.condition(ConditionType.READY) or written.condition(ConditionType.SUSPENDED)
    since = shown.last_transition_time if shown else None
    known = since is not None and since <= now and not (entries and since <= entries[0].time)
    return since if since is not None and known else now


def _note(flaps: Flaps) -> str:
    return f"Flapping: Available changed {len(flaps.changes)} times." if flaps.active else ""
