"""Many clients at once, a few of them not well: for pictures and measurements."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from support.apiserver import CLIENTS, LEASES, ApiServer, listed
from support.looked import NOW, Document, ago, condition, healthy, lease, resource

_TIME = re.compile(r'"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"')
_TEAMS = ("billing", "care", "claims", "delivery", "logistics", "marketing", "orders", "returns", "sales", "stores")
_USES = ("alerts", "booking", "campaigns", "chat", "desk", "loyalty", "notices", "reminders", "support", "surveys")


def fleet(count: int, namespaces: int, ill: float = 0.02) -> Iterator[Document]:
    """The same clients each time, with times that end now; `ill`: the share of those that are not well."""
    chance = random.Random(11)
    for number in range(count):
        namespace = _TEAMS[number % namespaces] if namespaces <= len(_TEAMS) else f"team-{number % namespaces:03}"
        name = f"{_USES[number // namespaces % len(_USES)]}-{number // namespaces:03}"
        found = _ill(chance, name, namespace) if chance.random() < ill else healthy(name, namespace)
        found["metadata"] |= {"uid": f"uid-{number}", "resourceVersion": str(number + 1)}
        yield current(found)


def _ill(chance: random.Random, name: str, namespace: str) -> Document:
    spares = condition("RedundancySatisfied", "False", "NoSpareCoreapp", "No spare coreapp is left.", 7000)
    key = "The client refuses the API key: correct the Secret, or the key of the client."
    match chance.randrange(6):
        case 0 | 1:
            return resource(name, namespace)
        case 2 | 3:
            found = healthy(name, namespace)
            found["status"]["conditions"][3] = spares
            return found
        case 4:
            unknown = [condition("Ready", "Unknown", "CredentialsUnknown", key, 5000)]
            return healthy(name, namespace, gateway="Unknown", conditions=unknown)
        case _:
            found = healthy(name, namespace)
            found["spec"]["suspend"] = True
            return found


def holds(server: ApiServer, *clients: Document) -> None:
    """Lets a scripted API server hold exactly these, an operator that looks, and the events of a night."""

    def answer(query: Mapping[str, str]) -> Any:
        if "watch" in query:
            return b""
        begin, limit = int(query.get("continue", "0")), int(query["limit"])
        page = listed(*clients[begin : begin + limit], more=str(begin + limit) if begin + limit < len(clients) else "")
        page["metadata"]["resourceVersion"] = "1"
        return page

    server.replies |= {f"{CLIENTS}/whatsappclients": answer, LEASES: lambda _: listed(current(lease()))}
    for each in clients:
        namespace, name = each["metadata"]["namespace"], each["metadata"]["name"]
        server.replies[f"{CLIENTS}/namespaces/{namespace}/whatsappclients/{name}"] = each
        server.replies[f"/api/v1/namespaces/{namespace}/events"] = lambda _: current(listed(*EVENTS))


def event(kind: str, reason: str, seconds: float, message: str, count: int = 1) -> Document:
    return {"type": kind, "reason": reason, "message": message, "count": count, "lastTimestamp": ago(seconds)}


EVENTS = (
    event("Warning", "FailoverStalled", 800, "Nobody took over from an active node: look at the masters.", 3),
    event("Warning", "GatewayDisconnected", 838, "No coreapp is connected to the WhatsApp servers."),
    event("Normal", "FailoverCompleted", 880, "core-1 took over from core-0 within 12 s."),
    event("Normal", "GatewayConnected", 880 + 25 * 86400, "The client is connected to the WhatsApp servers."),
)


def current(found: Document) -> Document:
    """The document with all its times moved so that they end now."""
    later = datetime.now(UTC) - NOW

    def moved(match: re.Match[str]) -> str:
        return f'"{(datetime.fromisoformat(match[1]) + later).strftime("%Y-%m-%dT%H:%M:%SZ")}"'

    document: Document = json.loads(_TIME.sub(moved, json.dumps(found)))
    return document
