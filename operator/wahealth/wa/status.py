"""`kubectl wa status NAME`: verdict, why, what next, then what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from typing import Any

from wahealth.wa import document as read
from wahealth.wa import history, rows
from wahealth.wa.freshness import NOBODY_LOOKS
from wahealth.wa.looking import Look, pod_state, seen_at
from wahealth.wa.remedies import command
from wahealth.wa.screen import NOTHING, Line, Piece, Style, capital, flow, line, sentence
from wahealth.wa.times import clock, since, zone_named
from wahealth.wa.verdict import LOOKS, Verdict, Word, besides

_MOST_STATES, _MOST_EVENTS = 3, 3
_INDENT = "  "


def lines(look: Look, width: int, zone: tzinfo | None = None) -> Iterator[Line]:
    """The screen; times are told in a zone (None: the local one)."""
    told = look.verdict
    yield from _head(look, told, width)
    yield from _why(look, told, width)
    yield NOTHING
    yield from rows.lines(look, width)
    states = list(history.lines(look.client, look.now, width, zone, _MOST_STATES))
    if states:
        yield NOTHING
        yield from states
    events = list(_events(look, width, zone))
    if events:
        yield NOTHING
        yield from events
    if states or look.events.objects:
        yield line(Piece(f"{_INDENT}Times are {zone_named(look.now, zone)}.", Style.FAINT))


def _head(look: Look, told: Verdict, width: int) -> list[Line]:
    client = look.client
    lasted = since(told.since, look.now)
    ago = f" · last seen {lasted} ago by {look.watch.holder}" if told.reason == NOBODY_LOOKS and look.watch else ""
    how_long = ago or (f" for {lasted}" if lasted else "")
    version = read.text(client.status, "clientVersion")
    kind = " · ".join(filter(None, (client.mode, version)))
    name = line(Piece(client.name, Style.STRONG), f" · {client.namespace}")
    word = line(Piece(told.word, LOOKS[told.word]), how_long)
    return flow("", [name, word, *([line(Piece(kind, Style.FAINT))] if kind else [])], width)


def _why(look: Look, told: Verdict, width: int) -> Iterator[Line]:
    yield from sentence(told.means, width, _INDENT)
    next_ = f"{_INDENT}Next: "
    if told.step:
        yield from sentence(f"{capital(told.step)}.", width, next_, Style.STRONG)
    if to_copy := command(told.reason, look.client, look.operators.namespace):
        yield line(" " * len(next_) if told.step else next_, to_copy)
    for each in besides(look.client, told):
        yield from sentence(each.message, width, f"{_INDENT}Also: ", Style.DOUBTFUL)
    if look.client.is_behind and told.word is not Word.SUSPENDED:
        yield from sentence("This is about the spec before its last change.", width, f"{_INDENT}Also: ")


def _events(look: Look, width: int, zone: tzinfo | None) -> Iterator[Line]:
    """The newest events, one sentence each; or why they are not shown."""
    if look.events.missing:
        yield from sentence(f"{look.events.missing}.", width, f"{_INDENT}No events: ", Style.FAINT)
        return
    newest = look.events.objects[:_MOST_EVENTS]
    times = [clock(seen, look.now, zone) if (seen := seen_at(event)) else "" for event in newest]
    room = max(map(len, times), default=0)
    for event, time in zip(newest, times, strict=True):
        style = Style.DOUBTFUL if read.text(event, "type") == "Warning" else Style.PLAIN
        yield from sentence(_said(event), width, f"{_INDENT}{time:<{room}}  ", style)


def _said(event: read.Document) -> str:
    count = read.whole(event, "count") or 1
    times = f" ({count} times)" if count > 1 else ""
    message = read.text(event, "message", longest=1024)
    return f"{read.text(event, 'type')} {read.text(event, 'reason')}{times}: {message}"


def document(look: Look) -> dict[str, Any]:
    """The same for programs: the verdict, what could not be seen, and the status as the resource has it."""
    told, watch = look.verdict, look.watch
    return {
        "namespace": look.client.namespace,
        "name": look.client.name,
        "verdict": told.word.value,
        "sinceTime": told.since.isoformat() if told.since else None,
        "reason": told.reason,
        "why": told.means,
        "next": told.step or None,
        "command": command(told.reason, look.client, look.operators.namespace) or None,
        "watchedBy": watch.holder if watch else None,
        "watchedSecondsAgo": round(watch.age) if watch else None,
        "notShown": look.missing,
        "status": look.client.status,
        "events": [_event(each) for each in look.events.objects],
        "pods": {read.text(each, "metadata", "name"): pod_state(each) for each in look.pods.objects},
    }


def _event(event: read.Document) -> dict[str, Any]:
    return {key: event.get(key) for key in ("type", "reason", "message", "count", "firstTimestamp", "lastTimestamp")}
