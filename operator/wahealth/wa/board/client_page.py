"""The page of one client, for the browser to draw: the same words as `kubectl wa status`, from the same tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from wahealth.wa import document as read
from wahealth.wa import history, rows
from wahealth.wa.board.runbooks import FOLDER, runbook
from wahealth.wa.client import WELL, Client, Endpoint, Node, State
from wahealth.wa.freshness import NOBODY_LOOKS
from wahealth.wa.looking import Look, pod_state, seen_at
from wahealth.wa.remedies import command
from wahealth.wa.screen import capital
from wahealth.wa.verdict import Word, besides

_MOST_NODES, _MOST_EVENTS = 24, 20
_SHAPES = {
    "Active": "active",
    "Standby": "standby",
    "Starting": "doubtful",
    "Limited": "doubtful",
    "Unknown": "unknown",
}
_WORST = ("faulty", "doubtful", "unknown", "active", "standby")


def document(look: Look, runbooks: str) -> dict[str, Any]:
    """All that the page shows. `runbooks`: the URL where the runbooks are published; empty if it is not known."""
    client, told = look.client, look.verdict
    return {
        "namespace": client.namespace,
        "name": client.name,
        "verdict": told.word.value,
        "since": _seconds(told.since),
        "lastSeenBy": look.watch.holder if told.reason == NOBODY_LOOKS and look.watch else "",
        "reason": told.reason,
        "why": told.means,
        "next": f"{capital(told.step)}." if told.step else "",
        "command": command(told.reason, client, look.operators.namespace),
        "also": [*(each.message for each in besides(client, told)), *_behind(client, told.word)],
        "mode": client.mode,
        "version": read.text(client.status, "clientVersion"),
        "connected": client.connected,
        "credential": rows.credential(look),
        "asked": rows.freshness(look),
        "topology": list(_topology(look)),
        "history": [_state(client, each, n, look.now) for n, each in enumerate(client.history)],
        "events": [_event(each) for each in look.events.objects[:_MOST_EVENTS]],
        "notShown": [f"{capital(each)}." for each in look.missing],
        "runbook": _runbook(runbook(client, told), runbooks),
        "now": look.now.timestamp(),
    }


def _behind(client: Client, word: Word) -> list[str]:
    is_told = client.is_behind and word is not Word.SUSPENDED
    return ["This is about the spec before its last change."] if is_told else []


def _runbook(name: str, published: str) -> dict[str, str] | None:
    if not name:
        return None
    return {
        "name": name,
        "url": f"{published.rstrip('/')}/{name}.md" if published else "",
        "file": f"{FOLDER}/{name}.md",
    }


def _topology(look: Look) -> Iterable[dict[str, Any]]:
    """The rows that are drawn, those that carry messages above those that lead."""
    client = look.client
    states = {read.text(pod, "metadata", "name"): pod_state(pod) for pod in look.pods.objects}
    if client.endpoints:
        title = "Probed" if client.is_number else "Web"
        yield _row("web", title, [_endpoint(each, states) for each in client.endpoints])
    known = {role for _, roles in rows.ROLES for role in roles}
    for name, roles in (("nodes", None), *rows.ROLES):
        nodes = [node for node in client.nodes if (node.role in roles if roles else node.role not in known)]
        if nodes:
            title = ("Node" if len(nodes) == 1 else "Nodes") if roles is None else capital(name)
            yield _row(name, title, [_node(look, node, states) for node in nodes])


def _row(kind: str, title: str, items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    worst = sorted(items, key=lambda item: _WORST.index(item["shape"]))
    return {"kind": kind, "title": title, "count": len(items), "items": worst[:_MOST_NODES]}


def _endpoint(endpoint: Endpoint, states: dict[str, str]) -> dict[str, Any]:
    well = endpoint.reachable and endpoint.accepted is not False
    why = "credential refused" if endpoint.reachable else endpoint.reason or "does not answer"
    return {
        "name": endpoint.pod,
        "shape": "active" if well else "faulty",
        "words": "answers" if well else why,
        "since": None if well else _seconds(endpoint.since),
        "more": "" if well else states.get(endpoint.pod, ""),
        "flows": well,
    }


def _node(look: Look, node: Node, states: dict[str, str]) -> dict[str, Any]:
    primary = node.role == "PrimaryMaster"
    since = read.time(look.client.status, "primaryMasterSinceTime") if primary else node.since
    gateway = f"answers {node.gateway.lower()}" if node.gateway and node.verdict not in WELL else ""
    more = (gateway, states.get(node.pod, ""), f"on {node.machine}" if node.machine else "")
    shape = _SHAPES.get(node.verdict, "faulty")
    return {
        "name": node.name,
        "shape": "active" if primary and shape == "standby" else shape,
        "words": "primary" if primary and node.verdict in WELL else node.verdict.lower(),
        "since": _seconds(since),
        "more": ", ".join(filter(None, more)),
        "flows": node.verdict == "Active",
    }


def _state(client: Client, state: State, number: int, now: datetime) -> dict[str, Any]:
    ended = client.history[number - 1].time if number else now
    return {
        "time": _seconds(state.time),
        "end": _seconds(ended),
        "ready": state.ready,
        "reason": state.reason,
        "gateway": state.gateway,
        "connected": state.connected,
        "carried": list(state.coreapps),
        "note": " ".join(filter(None, (state.note, history.failover(client, state)))),
    }


def _event(event: read.Document) -> dict[str, Any]:
    return {
        "time": _seconds(seen_at(event)),
        "type": read.text(event, "type"),
        "reason": read.text(event, "reason"),
        "message": read.text(event, "message", longest=1024),
        "count": read.whole(event, "count") or 1,
    }


def _seconds(time: datetime | None) -> int | None:
    return int(time.timestamp()) if time else None
