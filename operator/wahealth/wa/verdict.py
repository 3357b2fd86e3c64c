"""The verdict in one word, with one sentence why and the next step. Nothing is recomputed: the conditions say it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from wahealth.core.reasons.parted import parted
from wahealth.core.strenum import FastStrEnum
from wahealth.wa import problem
from wahealth.wa.client import Client, Condition
from wahealth.wa.freshness import NOBODY_LOOKS, Watch
from wahealth.wa.screen import Style
from wahealth.wa.times import lasting


class Word(FastStrEnum):
    """A verdict, worst first: the order in which `top` lists them."""

    DOWN = "DOWN"
    UNKNOWN = "UNKNOWN"
    DEGRADED = "DEGRADED"
    SUSPENDED = "SUSPENDED"
    UP = "UP"


LOOKS = {
    Word.UP: Style.GOOD,
    Word.DEGRADED: Style.DOUBTFUL,
    Word.DOWN: Style.BAD,
    Word.UNKNOWN: Style.DOUBTFUL,
    Word.SUSPENDED: Style.FAINT,
}


class Verdict(NamedTuple):
    """What is believed of a client. `means` is a whole sentence, `step` has no full stop and may be empty.

    `code` is the exit code, by the condition Ready: 0 True, 1 False, 2 neither, or nobody looks any more.
    """

    word: Word
    since: datetime | None
    reason: str
    means: str
    step: str
    code: int


# Conditions that are False while the client still sends messages: less than it should be.
_LESS = (
    "RedundancySatisfied",
    "CredentialsValid",
    "QualityAcceptable",
    "GraphVersionSupported",
    "TemplatesUsable",
)
_OF_READY = {"True": problem.UP, "False": problem.NOT_UP}


def verdict(client: Client, watch: Watch | None, now: datetime) -> Verdict:
    """The verdict. `watch`: who looks after the client; None where that cannot be told."""
    return as_watched(believed(client), watch, now)


def as_watched(found: Verdict, watch: Watch | None, now: datetime) -> Verdict:
    """What is believed, as far as somebody still looks."""
    if watch is None or watch.is_kept or found.word is Word.SUSPENDED:
        return found
    last = f"{found.word}, when it was last seen" if found.word is not Word.UNKNOWN else "unknown before"
    return Verdict(
        Word.UNKNOWN,
        now - timedelta(seconds=watch.age),
        NOBODY_LOOKS,
        f"No operator has held the Lease for {lasting(watch.age)}, so nobody looks: it was {last}.",
        "start the operator, or find out why it does not run",
        problem.UNKNOWN,
    )


def believed(client: Client) -> Verdict:
    """The verdict that the status shows, whether or not anybody still looks."""
    ready = client.conditions.get("Ready")
    if client.is_suspended:
        found = client.conditions.get("Suspended")
        return _of(Word.SUSPENDED, found, problem.UNKNOWN)
    if ready is None:
        return _of(Word.UNKNOWN, _WAITING, problem.UNKNOWN)
    code = _OF_READY.get(ready.status, problem.UNKNOWN)
    if ready.status == "True":
        less = next((client.conditions[kind] for kind in _LESS if client.holds(kind, "False")), None)
        return _of(Word.UP, ready, code) if less is None else _of(Word.DEGRADED, less, code)
    if client.gateway == "PartiallyConnected":
        return _of(Word.DEGRADED, ready, code)
    is_down = client.holds("Available", "False") or client.holds("Reachable", "False")
    return _of(Word.DOWN if is_down else Word.UNKNOWN, ready, code)


_WAITING = Condition("Unknown", "WaitingForOperator", "No operator has processed this client yet.", None)


def _of(word: Word, found: Condition | None, code: int) -> Verdict:
    if found is None:
        return Verdict(word, None, str(word.value).capitalize(), "Probing is suspended by spec.suspend.", "", code)
    means, step = parted(found.reason, found.message)
    return Verdict(word, found.since, found.reason, means, step, code)


def besides(client: Client, told: Verdict) -> list[Condition]:
    """What else is to be said: conditions that are as they should not be, and whose sentence is not told yet."""
    found = [client.conditions[kind] for kind in (*_LESS, "PodsClaimed") if client.holds(kind, "False")]
    found += [client.conditions[kind] for kind in _SHOULD_NOT if client.holds(kind)]
    said: set[str] = {told.means}
    fresh = []
    for each in found:
        means = parted(each.reason, each.message).means
        if means not in said:
            fresh.append(each)
        said.add(means)
    return fresh


_SHOULD_NOT = ("RestartRequired", "ProbingReduced", "Throttled")
