"""A fleet as an operator has told it: stories are replayed, end now, and stand on a real API server.

Nothing is asked, so a thousand clients cost a thousand writes. Seven of them are broken, one had a failover two nights
ago, and all run on twenty nodes.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from wahealth.api.convert import status_document
from wahealth.api.v1alpha1 import API_VERSION, KIND, PLURAL
from wahealth.kube.apiserver.api import MERGE, ApiError, ApiServer
from wahealth.kube.apiserver.session import signed_in
from wahealth.simulate.replay import START, Replay
from wahealth.simulate.scenario import Scenario

Document = dict[str, Any]
NODES = 20
MINUTE, DAY = 60, 86400
SPACES = ("acme", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa")
WORDS = ("support", "sales", "alerts", "billing", "orders", "care", "travel", "booking", "claims", "news")
HOLDER = "wahealth-operator-6d5f7c9b4-x2x7q"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/wahealth-system/leases"
_TIME = re.compile(r"2026-01-\d\dT\d\d:\d\d:\d\dZ")
_EVENTS = 1800  # seconds before now that events are kept for: an hour, less the time to look at them


class Told(NamedTuple):
    """A client with its status, and the events about it."""

    document: Document
    events: tuple[Document, ...] = ()


# --- stories ---------------------------------------------------------------------------------------------------------


def high_availability(active: str = "core-0", without: Sequence[str] = ()) -> Document:
    """What the web pods answer; `active` may be none of them."""
    nodes = {f"10.0.0.{n}:thename-master-{n}": role for n, role in enumerate(("primary_master", "secondary_master"))}
    nodes |= {f"10.0.0.1{n}:thename-core-{n}": "coreapp" for n in range(2) if f"core-{n}" not in without}
    health = {
        name: {"role": role, "gateway_status": "connected" if active and name.endswith(active) else "disconnected"}
        for name, role in nodes.items()
    }
    return {f"thename-web-{n}": {"body": {"health": health}} for n in range(2)}


def multiconnect(connected: int) -> Document:
    nodes = {
        "10.0.0.0:thename-master-0": ("primary_master", True),
        "10.0.0.1:thename-master-1": ("secondary_master", False),
    }
    nodes |= {f"10.0.0.1{n}:thename-core-{n}": ("coreapp", n < connected) for n in range(3)}
    health = {
        name: {"role": role, "gateway_status": "connected" if up else "disconnected"}
        for name, (role, up) in nodes.items()
    }
    return {"thename-web-0": {"body": {"health": health}}}


def single(word: str = "connected") -> Document:
    return {"thename-web-0": {"body": {"health": {"gateway_status": word}}}}


def pods(masters: int = 2, coreapps: int = 2) -> Document:
    """The pods of nodes: each on another one."""
    names = [f"master-{n}" for n in range(masters)] + [f"core-{n}" for n in range(coreapps)]
    addresses = [f"10.0.0.{n}" for n in range(masters)] + [f"10.0.0.1{n}" for n in range(coreapps)]
    return {
        f"thename-{name}": {"address": address, "node": f"thenode-{place}"}
        for place, (name, address) in enumerate(zip(names, addresses, strict=True))
    }


def client(steps: list[Document], until: float, **spec: Any) -> Document:
    return {
        "client": {
            "spec": {
                "target": {"workload": {"name": "thename-web"}},
                "auth": {"apiKey": {"secretKeyRef": {"name": "thename-api-key"}}},
                **spec,
            }
        },
        "secrets": {"thename-api-key": {"WA_API_KEY": "a-key-of-enough-characters"}},
        "steps": steps,
        "until": until,
    }


def number(fields: Document, then: Document | None = None) -> Document:
    steps: list[Document] = [{"at": 0, "cloud": {"fields": fields}}]
    steps += [{"at": 3600, "cloud": {"fields": then}}] if then else []
    return {
        "client": {
            "spec": {
                "target": {"cloud": {"phoneNumberID": "106540352242922"}},
                "auth": {"bearerToken": {"secretKeyRef": {"name": "thename-token", "key": "token"}}},
            }
        },
        "secrets": {"thename-token": {"token": "a-token-of-enough-characters"}},
        "steps": steps,
        "until": 7200,
    }


def blocked(code: int) -> Document:
    entities: list[Document] = [
        {"entity_type": kind, "id": str(n), "can_send_message": "AVAILABLE"}
        for n, kind in enumerate(("PHONE_NUMBER", "WABA", "BUSINESS", "APP"))
    ]
    entities[1] |= {"can_send_message": "BLOCKED", "errors": [{"error_code": code}]}
    return {"health_status": {"can_send_message": "BLOCKED", "entities": entities}}


FAILS = 3600  # when what is broken breaks
WELL = {
    "ha": client([{"at": 0, "pods": high_availability(), "nodePods": pods()}], 600),
    "multiconnect": client(
        [{"at": 0, "pods": multiconnect(2), "nodePods": pods(2, 3)}], 600, multiconnect={"shards": 2}
    ),
    "single": client([{"at": 0, "pods": single()}], 600),
    "number": number({}),
}
BROKEN = {
    # A node is lost with the active coreapp; the other takes over and is disconnected a minute later.
    "ha-down": client(
        [
            {"at": 0, "pods": high_availability(), "nodePods": pods()},
            {"at": FAILS, "pods": high_availability("core-1"), "nodePods": {"thename-core-0": None}},
            {"at": FAILS + 60, "pods": high_availability("")},
        ],
        FAILS + 15 * MINUTE,
    ),
    "ban": client([{"at": 0, "pods": single()}, {"at": FAILS, "pods": single("unregistered")}], FAILS + 3 * MINUTE),
    "partly": client(
        [{"at": 0, "pods": multiconnect(2), "nodePods": pods(2, 3)}, {"at": FAILS, "pods": multiconnect(1)}],
        FAILS + 50 * MINUTE,
        multiconnect={"shards": 2},
    ),
    "refused": client(
        [{"at": 0, "pods": single()}, {"at": FAILS, "pods": {"thename-web-0": {"error": "ConnectionRefused"}}}],
        FAILS + 6 * MINUTE,
    ),
    "key": client(
        [{"at": 0, "pods": single()}, {"at": FAILS, "pods": {"thename-web-0": {"status": 401, "text": ""}}}],
        FAILS + 120 * MINUTE,
    ),
    "target": client([{"at": 0, "pods": single()}, {"at": FAILS, "target": None}], FAILS + 25 * MINUTE),
    "payment": number({}, blocked(141006)),
}
# Two nights ago the active coreapp fails; five minutes later the other is connected, and all has been well since.
FAILOVER = client(
    [
        {"at": 0, "pods": high_availability(), "nodePods": pods()},
        {"at": FAILS, "pods": high_availability("")},
        {"at": FAILS + 5 * MINUTE, "pods": high_availability("core-1")},
    ],
    FAILS + 2 * 3600,
)


class Story(NamedTuple):
    """A replayed story, as text in which names and times are still to be put."""

    written: str
    ends: datetime


def replayed(scenario: Document) -> Story:
    replay = Replay(Scenario.model_validate(scenario), Path())
    events = [
        {"at": _whole(START + timedelta(seconds=entry.at)), **event._asdict()}
        for entry in replay.timeline()
        for event in entry.events
    ]
    spec = {**scenario["client"]["spec"]}
    document = {"spec": spec, "status": status_document(replay.final), "events": events}
    return Story(json.dumps(document), START + timedelta(seconds=scenario["until"]))


def told(story: Story, namespace: str, name: str, place: int, now: datetime, ago: float = 0) -> Told:
    """The client of a story that ended `ago` seconds before now. `place`: on which nodes it runs."""
    shift = now - timedelta(seconds=ago) - story.ends
    text = _TIME.sub(lambda found: _whole(datetime.fromisoformat(found[0]) + shift), story.written)
    text = re.sub(r"thenode-(\d+)", lambda found: f"n{(place + 7 * int(found[1])) % NODES + 1}", text)
    read = json.loads(text.replace("thename", name))
    document = {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"namespace": namespace, "name": name},
        "spec": read["spec"],
        "status": read["status"],
    }
    kept = [each for each in read["events"] if (now - datetime.fromisoformat(each["at"])).total_seconds() < _EVENTS]
    return Told(document, tuple(kept))


def fleet(size: int, now: datetime) -> list[Told]:
    """At least a dozen clients that are well, but for the first seven; `beta/sales` had a failover two nights ago."""
    well = [replayed(each) for each in WELL.values()]
    found = [
        told(well[n % len(well)], SPACES[n % len(SPACES)], _name(n), n, now, ago=DAY * (1 + n % 40) + 97 * n)
        for n in range(size)
    ]
    for n, scenario in enumerate(BROKEN.values()):
        found[n] = told(replayed(scenario), SPACES[n % len(SPACES)], _name(n), n, now)
    found[11] = told(replayed(FAILOVER), SPACES[11 % len(SPACES)], _name(11), 11, now, ago=2 * DAY - 7200)
    return found


def _name(n: int) -> str:
    turn = n // len(SPACES)
    return f"{WORDS[turn % len(WORDS)]}" + (f"-{turn // len(WORDS) + 1}" if turn >= len(WORDS) else "")


def _whole(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- onto the API server ---------------------------------------------------------------------------------------------


async def write(kubeconfig: Path, clients: Sequence[Told], at_once: int = 100) -> None:
    """Creates namespaces, clients with their statuses, and events."""
    async with ApiServer(await signed_in(kubeconfig)) as api:
        for namespace in dict.fromkeys(each.document["metadata"]["namespace"] for each in clients):
            await _there(api, "/api/v1/namespaces", {"metadata": {"name": namespace}})
        for first in range(0, len(clients), at_once):
            await asyncio.gather(*(_write(api, each) for each in clients[first : first + at_once]))


async def _there(api: ApiServer, where: str, body: Document) -> None:
    with suppress(ApiError):  # another test has made it
        await api.create(where, body)


async def _write(api: ApiServer, each: Told) -> None:
    document = each.document
    namespace, name = document["metadata"]["namespace"], document["metadata"]["name"]
    where = f"/apis/{API_VERSION}/namespaces/{namespace}/{PLURAL}"
    made = await api.create(where, {key: value for key, value in document.items() if key != "status"})
    status = {**document["status"], "observedGeneration": made["metadata"]["generation"]}
    await api.patch(f"{where}/{name}/status", {"status": status}, MERGE)
    about = {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "namespace": namespace,
        "name": name,
        "uid": made["metadata"]["uid"],
    }
    for event in each.events:
        body = {
            "metadata": {"generateName": f"{name}.", "namespace": namespace},
            "involvedObject": about,
            "type": "Warning" if event["warning"] else "Normal",
            "reason": event["reason"],
            "message": event["note"],
            "firstTimestamp": event["at"],
            "lastTimestamp": event["at"],
            "count": 1,
            "source": {"component": "wahealth"},
        }
        await api.create(f"/api/v1/namespaces/{namespace}/events", body)


@contextmanager
def watched(kubeconfig: Path) -> Iterator[None]:
    """Somebody holds the operator's Lease, and renews it, until the end of the block."""
    done = threading.Event()

    async def keep() -> None:
        async with ApiServer(await signed_in(kubeconfig)) as api:
            body = {"metadata": {"name": "wahealth-operator"}, "spec": _lease()}
            await _there(api, "/api/v1/namespaces", {"metadata": {"name": "wahealth-system"}})
            await _there(api, LEASES, body)
            while not done.is_set():
                await api.patch(f"{LEASES}/wahealth-operator", {"spec": _lease()}, MERGE)
                await asyncio.sleep(1)

    thread = threading.Thread(target=lambda: asyncio.run(keep()))
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _lease() -> Document:
    renewed = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {"holderIdentity": f"{HOLDER}_0123abcd", "leaseDurationSeconds": 15, "renewTime": renewed}
