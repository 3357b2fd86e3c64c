"""One screen of the demo, as lines. Bad first, then what happened, then what to do next; nothing that is cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from wahealth.core.strenum import FastStrEnum
from wahealth.playground.demo.columns import fitting
from wahealth.playground.demo.folding import folded, folded_command
from wahealth.playground.demo.look import Look, event_line
from wahealth.playground.demo.steps import STEPS, Command

_LEAST_EVENTS = 6  # lines of events that commands leave
_MENDED_BY = "Press n to create what is missing, and to start what has ended."
_EVENT_INDENT = 10  # the width of the time


class Kind(FastStrEnum):
    """What a line is, and so how it looks."""

    HEAD = "head"
    GOOD = "good"
    BAD = "bad"
    UNSURE = "unsure"
    WARNING = "warning"
    PLAIN = "plain"
    DIM = "dim"
    COMMAND = "command"
    DONE = "done"
    KEYS = "keys"


class Line(NamedTuple):
    text: str
    kind: Kind = Kind.PLAIN


class Screen(NamedTuple):
    """What a page must fit into. `keys`: somebody can press one."""

    width: int
    height: int
    keys: bool = True


def page(seen: Look, commands: Sequence[Command], screen: Screen, said: str = "") -> list[Line]:
    """Clients, troubles, events and the next steps. `said`: what the last step did.

    The commands stand below where the screen has room for them, or where there are no keys that show them.
    """
    top = [*_clients(seen, screen.width), *_troubles(seen, screen)]
    shown = _commands(commands, screen.width)
    bottom = [*_said(said, screen.width), *_keys(screen, more=True)]
    if not screen.keys or len(top) + len(shown) + _LEAST_EVENTS + len(bottom) < screen.height:
        bottom = [*_said(said, screen.width), *shown, Line(""), *_keys(screen, more=False)]
    events = _events(seen, screen.width, screen.height - len(top) - len(bottom))
    return [*top, *events, *bottom]


def command_page(commands: Sequence[Command], screen: Screen) -> list[Line]:
    """Nothing but the commands, to copy."""
    return [*_commands(commands, screen.width), Line(""), Line("any key: back", Kind.KEYS)]


def _clients(seen: Look, width: int) -> list[Line]:
    if not seen.table.strip():
        return []
    head, *rows = fitting(seen.table, width)
    return [Line(head, Kind.HEAD), *(Line(row, _verdict_in(head, row)) for row in rows)]


def _verdict_in(head: str, row: str) -> Kind:
    at = head.find("READY")
    ready = row[at:].split(" ", 1)[0] if at >= 0 else ""
    return {"True": Kind.GOOD, "False": Kind.BAD}.get(ready, Kind.UNSURE)


def _troubles(seen: Look, screen: Screen) -> list[Line]:
    lines = [line for trouble in seen.troubles for line in folded(trouble, screen.width)]
    hint = _MENDED_BY if seen.mendable and screen.keys else ""
    more = folded(hint, screen.width) if hint else []
    return [*(Line(line, Kind.BAD) for line in lines), *(Line(line, Kind.HEAD) for line in more)]


def _events(seen: Look, width: int, room: int) -> list[Line]:
    """The last ones, each whole, as many as fit into `room` lines, but at least one."""
    if not seen.events:
        return [Line("")]
    shown: list[Line] = []
    for event in reversed(seen.events):
        kind = Kind.WARNING if event["type"] == "Warning" else Kind.PLAIN
        lines = [Line(line, kind) for line in folded(event_line(event), width, _EVENT_INDENT)]
        if shown and len(shown) + len(lines) + 3 > room:
            break
        shown = [*lines, *shown]
    return [Line(""), Line("Last events", Kind.HEAD), *shown, Line("")]


def _commands(commands: Sequence[Command], width: int) -> list[Line]:
    lines = [Line("For a second terminal (Ctrl-C here ends everything):", Kind.HEAD)]
    for command in commands:
        lines += [Line(line, Kind.DIM) for line in folded(f"# {command.why}", width)] if command.why else []
        lines += [Line(line, Kind.COMMAND) for line in folded_command(command.text, width)]
    return lines


def _said(said: str, width: int) -> list[Line]:
    return [Line(line, Kind.DONE) for line in folded(said, width)] if said else []


def _keys(screen: Screen, more: bool) -> list[Line]:
    if not screen.keys:
        return []
    offered = [(step.key, step.words) for step in STEPS]
    offered += [("c", "show the commands")] if more else []
    words = [f"{key} {text}".replace(" ", "\N{NO-BREAK SPACE}") for key, text in (*offered, ("q", "quit"))]
    lines = folded("  ".join(words), screen.width)
    return [Line(line.replace("\N{NO-BREAK SPACE}", " "), Kind.KEYS) for line in lines]
