"""What is believed of a resource at one time, and since when: an entry of its history."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from wahealth.core.reasons.reason import Reason
from wahealth.core.status import ConditionStatus, ConditionType, Gateway, KeyInUse, Mode, Status

MOST_COREAPPS = 8  # more are counted and not named
LONGEST_NAMES = 256  # characters of all names of one entry


class Believed(NamedTuple):
    """The part of a status that a history shows. `connected`: a summary such as 3/4."""

    ready: ConditionStatus
    reason: str
    gateway: Gateway = Gateway.UNKNOWN
    mode: Mode | None = None
    connected: str | None = None
    primary_master: str | None = None
    connected_coreapps: tuple[str, ...] = ()
    key_in_use: KeyInUse | None = None


class HistoryEntry(NamedTuple):
    """A state and its beginning (UTC, whole seconds). It lasted until the entry that is newer begins."""

    time: datetime
    believed: Believed
    note: str = ""


# By their words: to call an enum takes ten times as long, and a fleet that is taken over has many entries.
_READY = {word.value: word for word in ConditionStatus}
_GATEWAYS = {word.value: word for word in Gateway}
_MODES = {word.value: word for word in Mode}
_KEYS = {word.value: word for word in KeyInUse}


def believed_of(words: Iterable[Any]) -> Believed:
    """A state of plain words, as they are written down, in the order of its fields. Raises `KeyError` for others."""
    ready, reason, gateway, mode, connected, primary, coreapps, key = words
    return Believed(
        _READY[ready],
        reason,
        _GATEWAYS[gateway],
        _MODES[mode] if mode else None,
        connected,
        primary,
        tuple(coreapps or ()),
        _KEYS[key] if key else None,
    )


def believed_in(status: Status, confirmed: bool) -> Believed | None:
    """The state that the status shows; None if it shows none of ours.

    Unless a verdict is `confirmed`, only Ready and its reason are believed: what else is shown was merely seen.
    """
    verdict = _verdict(status)
    if verdict is None or not confirmed:
        return verdict
    return verdict._replace(
        gateway=status.gateway,
        mode=status.mode,
        connected=status.connected.summary if status.connected else None,
        primary_master=status.primary_master,
        connected_coreapps=_named(status.connected_coreapps),
        key_in_use=status.credentials.key_in_use if status.credentials else None,
    )


def _verdict(status: Status) -> Believed | None:
    """Ready and its reason; a suspended resource has no Ready, and nobody knows whether it is."""
    ready = status.condition(ConditionType.READY)
    if ready is not None and ready.reason != Reason.WAITING_FOR_OPERATOR:
        return Believed(ready.status, ready.reason)
    suspended = status.condition_status(ConditionType.SUSPENDED) is ConditionStatus.TRUE
    return Believed(ConditionStatus.UNKNOWN, Reason.SUSPENDED.value) if suspended else None


def _named(coreapps: tuple[str, ...]) -> tuple[str, ...]:
    few = len(coreapps) <= MOST_COREAPPS and sum(map(len, coreapps)) <= LONGEST_NAMES
    return coreapps if few else ()
