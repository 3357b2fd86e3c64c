"""What is to be done about a verdict: the status to write, or None, and the events to tell. Data; nobody acts here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from wahealth.core.conditions import stamped
from wahealth.core.events import Change, Event, complete, told
from wahealth.core.status import Status


@dataclass(frozen=True, slots=True)
class Memory:
    """What a round must know of earlier ones beyond the status: who carried the client last, when all was complete."""

    actives: tuple[str, ...] = ()
    primary: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    status: Status | None  # None: the resource says it already
    events: tuple[Event, ...]
    memory: Memory


def plan(believed: Status, draft: Status, memory: Memory, generation: int, now: datetime) -> Plan:
    """Applied once, a plan leaves nothing to plan: the same draft again gives `status=None` and no events."""
    memory = remembered(believed, memory)
    status = stamped(draft, believed, generation, now)
    if status == believed:
        return Plan(None, (), memory)
    events = tuple(told(Change(believed, status, memory.actives, memory.primary)))
    return Plan(status, events, remembered(status, memory))


def remembered(status: Status, memory: Memory) -> Memory:
    return Memory(
        actives=status.connected_coreapps if complete(status) else memory.actives,
        primary=status.primary_master or memory.primary,
    )
