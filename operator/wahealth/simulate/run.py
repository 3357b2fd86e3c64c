"""`wahealth simulate SCENARIO…`: prints the timeline of scenarios, as a table or for programs."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from wahealth.api.convert import status_document
from wahealth.core.events.event import Event
from wahealth.core.status import ConditionStatus, ConditionType, Status
from wahealth.simulate.admission import NOT_CHECKED, is_checked
from wahealth.simulate.parse import ScenarioError, load
from wahealth.simulate.replay import Replay, TimelineEntry

USAGE = 64
EXIT_CODES = {ConditionStatus.TRUE: 0, ConditionStatus.FALSE: 1, ConditionStatus.UNKNOWN: 2, None: 2}


ABOUT = (
    "A scenario has a client's spec, the content of its Secrets, the answers of its pods over time, and an end. A "
    "client or an edit that the API server would reject is an error; `stored: true` next to a client accepts it as it "
    "is, for a cluster that holds a client which this version's schema does not admit."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = ABOUT
    parser.add_argument("scenarios", nargs="+", type=Path, metavar="SCENARIO", help="a scenario file (YAML)")
    parser.add_argument("-o", "--output", choices=["table", "json", "yaml"], default="table")
    parser.add_argument(
        "--no-messages",
        dest="messages",
        action="store_false",
        help="leave out the messages of conditions and events, to compare two versions whose words differ",
    )


def run(arguments: argparse.Namespace) -> int:
    """Replays all scenarios and returns the worst exit code: 0 Ready at the end, 1 not, 2 unknown. The first scenario
    that cannot be read, or whose client is not admitted, ends it with 64."""
    codes = []
    if not is_checked():
        print(f"wahealth simulate: {NOT_CHECKED}", file=sys.stderr)
    for path in arguments.scenarios:
        try:
            replay = Replay(load(path), path.parent)
        except ScenarioError as error:
            print(f"wahealth simulate: {error}.", file=sys.stderr)
            return USAGE
        print(written(path, list(replay.timeline()), replay.final, arguments.output, arguments.messages))
        codes.append(EXIT_CODES[replay.final.condition_status(ConditionType.READY)])
    return max(codes)


def written(path: Path, timeline: list[TimelineEntry], final: Status, form: str, messages: bool) -> str:
    """One scenario as it is printed. `form` is table, json or yaml."""
    if form == "table":
        return "\n".join(_lines(path, timeline, messages))
    entries = [_moment(entry, messages) for entry in timeline]
    document = {"timeline": entries, "final": _status(status_document(final), messages)}
    return json.dumps(document) if form == "json" else yaml.safe_dump(document, sort_keys=False, explicit_start=True)


def _moment(entry: TimelineEntry, messages: bool) -> dict[str, Any]:
    """One entry of the timeline as JSON; without `status` where the round posted events only."""
    at = int(entry.at) if entry.at.is_integer() else entry.at
    status = {} if entry.status is None else {"status": _status(entry.status, messages)}
    return {"at": at, **status, "events": [_event(event, messages) for event in entry.events]}


def _status(document: dict[str, Any], messages: bool) -> dict[str, Any]:
    return document if messages else document | {"conditions": [_wordless(c) for c in document["conditions"]]}


def _wordless(condition: dict[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in condition.items() if field != "message"}


def _event(event: Event, messages: bool) -> dict[str, str]:
    words = {"note": event.note} if messages else {}
    return {"type": _type(event.warning), "reason": event.reason, **words}


def _type(warning: bool) -> str:
    return "Warning" if warning else "Normal"


def _lines(path: Path, timeline: list[TimelineEntry], messages: bool) -> Iterator[str]:
    yield f"{path}"
    yield f"  {'AT':>7}  {'READY':<8} {'REASON':<24} {'GATEWAY':<19} {'CONNECTED':<10} MODE"
    last = ""
    for entry in timeline:
        yield f"  {entry.at:>6g}s  {_row(entry.says) if entry.status is not None else '(no write)'}"
        why = _why(entry.says) if messages else ""
        if why and why != last and all(why != event.note for event in entry.events):
            yield f"{'':11}{why}"
        yield from (f"{'':11}{_type(e.warning):<8} {e.reason}{f': {e.note}' if messages else ''}" for e in entry.events)
        last = why or last


def _why(status: Status) -> str:
    """The message of Ready if that is not True; else empty."""
    ready = status.condition(ConditionType.READY)
    return "" if ready is None or ready.status is ConditionStatus.TRUE else ready.message


def _row(status: Status) -> str:
    ready = status.condition(ConditionType.READY)
    truth, reason = (ready.status.value, ready.reason) if ready else ("-", "Suspended")
    connected = status.connected.summary if status.connected else "-"
    progress = status.condition(ConditionType.RECONCILING) or status.condition(ConditionType.STALLED)
    row = f"{truth:<8} {reason:<24} {status.gateway:<19} {connected:<10} {status.mode or '-'}"
    return f"{row}  ({progress.type}: {progress.reason})" if progress else row
