"""`kubectl wa history NAME`: what was believed of a client, newest first, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from typing import Any

from wahealth.wa import document as read
from wahealth.wa.client import Client, State
from wahealth.wa.remedies import command, logs_since
from wahealth.wa.screen import Column, Line, Piece, Style, capital, line, sentence, table
from wahealth.wa.times import clock, lasting, zone_named
from wahealth.wa.verdict import believed

_COLUMNS = (
    Column("SINCE", 9),
    Column("READY", 8),
    Column("REASON", 10),
    Column("CONNECTED", 7),
    Column("FOR", 6),
    Column("GATEWAY", 3),
    Column("CARRIED BY", 5),
    Column("NOTE", 4),
)
_LOOKS = {"True": Style.GOOD, "False": Style.BAD, "Unknown": Style.DOUBTFUL}
_BEFORE = timedelta(minutes=10)  # of logs before a failover
_NONE = "No state was confirmed yet, or the operator or the CRD is of a version before status.history."


def lines(
    client: Client, now: datetime, width: int, zone: tzinfo | None = None, most: int | None = None
) -> Iterator[Line]:
    """A line for each state, at most `most`; none if there is no history."""
    states = client.history[:most]
    rows = [_row(client, state, n, now, zone) for n, state in enumerate(states)]
    yield from table(_COLUMNS, rows, width, titles=most is None, indent="" if most is None else "  ") if rows else ()


def page(client: Client, now: datetime, width: int, zone: tzinfo | None = None) -> Iterator[Line]:
    """The whole history, or a sentence where there is none."""
    if not client.history:
        yield from sentence(_NONE, width)
        return
    yield from lines(client, now, width, zone)
    yield line(Piece(f"Times are {zone_named(now, zone)}.", Style.FAINT))
    step, to_copy = _next(client)
    yield from sentence(f"{capital(step)}.", width, "Next: ", Style.STRONG)
    if to_copy:
        yield line("      ", to_copy)


def _next(client: Client) -> tuple[str, str]:
    """What to do, and a command to copy: about what is wrong now, else about the last failover."""
    told = believed(client)
    if told.step:
        return told.step, command(told.reason, client)
    moved = read.inner(client.status, "lastFailover")
    at, seconds, node = read.time(moved, "time"), read.whole(moved, "durationSeconds"), read.text(moved, "from")
    if at is None or seconds is None or not node:
        return "nothing: what the status shows is well", ""
    before = at - timedelta(seconds=seconds) - _BEFORE
    after = f"{read.text(moved, 'to')} took over after {lasting(seconds)}"
    step = f"find out why {node} was lost, while its logs are kept ({after})"
    return step, logs_since(client, node, before)


def _row(client: Client, state: State, number: int, now: datetime, zone: tzinfo | None) -> list[Piece]:
    ended = client.history[number - 1].time if number else None
    lasted = f"for {lasting(((ended or now) - state.time).total_seconds())}"
    moved = failover(client, state)
    return [
        Piece(clock(state.time, now, zone)),
        Piece(state.ready, _LOOKS.get(state.ready, Style.PLAIN)),
        Piece(state.reason),
        Piece(state.connected),
        Piece(lasted if ended else f"now, {lasted}"),
        Piece(state.gateway),
        Piece(_carried_by(state)),
        Piece(" ".join(filter(None, (state.note, moved)))),
    ]


def _carried_by(state: State) -> str:
    return ", ".join(state.coreapps[:2]) + (f" and {len(state.coreapps) - 2} more" if len(state.coreapps) > 2 else "")


def failover(client: Client, state: State) -> str:
    """The failover with which a state began: the status names the last one only."""
    moved = read.inner(client.status, "lastFailover")
    at, seconds = read.time(moved, "time"), read.whole(moved, "durationSeconds")
    if at is None or seconds is None or abs(at - state.time) > timedelta(seconds=2):
        return ""
    return f"Failover from {read.text(moved, 'from')} took {lasting(seconds)}."


def document(client: Client) -> list[Any]:
    """The entries as the resource has them."""
    return [dict(each) for each in read.objects(client.status, "history")]
