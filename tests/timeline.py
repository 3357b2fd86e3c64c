"""A scenario's timeline in few words: what each write changed, and what was told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wahealth.api.convert import status_document
from wahealth.simulate.parse import load
from wahealth.simulate.replay import Replay

SCENARIOS = Path(__file__).parent / "scenarios"
EXPECTED = SCENARIOS / "expected"
_START = "2026-01-01T"


def write_all() -> None:
    """What is expected, from what is: to be read before it is committed."""
    for path in sorted(SCENARIOS.glob("*.yaml")):
        (EXPECTED / f"{path.stem}.txt").write_text(timeline(path.stem))


def timeline(name: str) -> str:
    path = SCENARIOS / f"{name}.yaml"
    return "\n".join(_lines(Replay(load(path), path.parent))) + "\n"


def _lines(replay: Replay) -> Iterator[str]:
    before: dict[str, str] = {}
    for entry in replay.timeline():
        now = dict(_words(status_document(entry.says)))
        yield f"{entry.at:g} s{'' if entry.status is not None else '  (no write)'}"
        yield from (f"  {key}: {value}" for key, value in now.items() if before.get(key) != value)
        yield from (f"  {key}: gone" for key in before if key not in now)
        yield from (f"  * {'Warning' if e.warning else 'Normal'} {e.reason}" for e in entry.events)
        before = now


def _words(status: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for field in ("observedGeneration", "mode", "gateway", "clientVersion", "primaryMaster", "lastFailover"):
        if field in status:
            yield field, str(status[field])
    for field in ("connected", "redundancy", "credentials", "cloud"):
        if field in status:
            yield field, " ".join(f"{k}={_time(v)}" for k, v in status[field].items())
    if "primaryMasterSinceTime" in status:
        yield "primaryMasterSinceTime", _time(status["primaryMasterSinceTime"])
    if status.get("connectedCoreapps"):
        yield "connectedCoreapps", " ".join(status["connectedCoreapps"])
    yield from (
        (c["type"], f"{c['status']} {c['reason']} since {_since(c)}: {c['message']}") for c in status["conditions"]
    )
    for entry in status.get("history", []):
        yield f"history {_time(entry['time'])}", " ".join(_time(v) for k, v in entry.items() if k != "time")
    for node in status.get("topology", {}).get("nodes", []):
        yield f"node {node['name']}", " ".join(_time(v) for k, v in node.items() if k != "name")
    for endpoint in status.get("endpoints", []):
        yield (
            f"endpoint {endpoint['pod']}",
            " ".join(f"{k}={_time(v)}" for k, v in endpoint.items() if k not in {"pod", "address"}),
        )


def _since(condition: dict[str, Any]) -> str:
    return f"{_time(condition['lastTransitionTime'])} generation {condition.get('observedGeneration', '-')}"


def _time(value: object) -> str:
    """Times of the first simulated day in seconds since the start."""
    text = str(value)
    if not text.startswith(_START):
        return text
    hours, minutes, seconds = (int(part) for part in text.removeprefix(_START).rstrip("Z").split(":"))
    return f"@{hours * 3600 + minutes * 60 + seconds}"


if __name__ == "__main__":
    write_all()
