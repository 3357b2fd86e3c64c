"""Resources whose verdicts are to survive an upgrade, and what the API server saw of them."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from support.clients import FAST, OPERATOR, simulated
from wahealth.playground import manifests
from wahealth.playground.environment import Environment
from wahealth.playground.manifests import ClientManifests, Document

PERIOD = 5  # seconds
EACH = 10  # resources that ask one client
SPACES = 5
_PROBE = {"probe": {"periodSeconds": PERIOD, "failureThreshold": 2}}
_STATES: tuple[tuple[str, int, int, str, dict[str, Any]], ...] = (
    ("ha", 2, 2, manifests.GOOD_KEY, {"shards": 1}),
    ("single", 1, 0, manifests.GOOD_KEY, {}),
    ("down", 1, 0, manifests.GOOD_KEY, {"gateway_status": "disconnected"}),
    ("unregistered", 1, 0, manifests.GOOD_KEY, {"registered": False}),
    ("silent", 1, 0, manifests.GOOD_KEY, {"refuse": True}),
    ("badkey", 1, 0, "too-short", {}),
)
Name = tuple[str, str]  # namespace and name


def clients(resources: int) -> list[ClientManifests]:
    """In turns healthy and not."""
    states = itertools.islice(itertools.cycle(_STATES), -(-resources // EACH))
    return [
        simulated(f"fleet-{n % SPACES}", f"{state}-{n:03}", coreapps, masters, 1, key, {**FAST, **settings}, _PROBE)
        for n, (state, coreapps, masters, key, settings) in enumerate(states)
    ]


def create(environment: Environment, resources: int) -> None:
    """So many resources, each ten of which ask the same client."""
    found = clients(resources)
    environment.add(*found)
    environment.apply(itertools.islice(_others(found, environment.port), resources - len(found)))


def _others(found: Iterable[ClientManifests], port: int) -> Iterator[Document]:
    for client in found:
        one = manifests.resource(client, port)
        for number in range(1, EACH):
            yield one | {"metadata": one["metadata"] | {"name": f"{client.name}-{number}"}}


class Seen(NamedTuple):
    """All resources at one moment."""

    statuses: dict[Name, Document]
    events: Counter[str]  # by uid of the event: how often it happened

    @classmethod
    def of(cls, environment: Environment) -> Seen:
        found = {
            (one["metadata"]["namespace"], one["metadata"]["name"]): one.get("status", {})
            for one in environment.clients()
        }
        events = Counter({one["metadata"]["uid"]: one.get("count") or 1 for one in environment.events()})
        return cls(found, events)

    def verdicts(self) -> dict[Name, dict[str, tuple[str, str, str]]]:
        """By resource and type of condition: status, reason, and since when."""
        return {
            name: {
                c["type"]: (c["status"], c["reason"], c.get("lastTransitionTime", ""))
                for c in status.get("conditions", ())
            }
            for name, status in self.statuses.items()
        }

    def judged(self) -> bool:
        """Whether each has a verdict that is not about to change."""
        waiting = {"WaitingForOperator", "GracePeriod", ""}
        ready = [verdict.get("Ready", ("", "", ""))[1] for verdict in self.verdicts().values()]
        return bool(ready) and not waiting & set(ready)


def lost(before: Seen, after: Seen) -> list[Name]:
    """Resources whose verdict is another one, or is said to be newer than it is."""
    now = after.verdicts()
    return [name for name, verdict in before.verdicts().items() if now.get(name) != verdict]


def posted(before: Seen, after: Seen) -> int:
    """Events since then, those that happened again included."""
    return (after.events - before.events).total()


def changed(before: Seen, after: Seen) -> set[Name]:
    """Resources whose status says something else."""
    return {name for name, status in before.statuses.items() if after.statuses.get(name) != status}


class Writes(NamedTuple):
    """Status writes of the operator."""

    of_each: Counter[Name]
    most_in_a_second: int

    @classmethod
    def since(cls, environment: Environment, moment: datetime) -> Writes:
        ours = [
            entry
            for entry in environment.audit()
            if entry["user"]["username"] == OPERATOR
            and entry["verb"] in {"patch", "update"}
            and entry["objectRef"].get("subresource") == "status"
            and datetime.fromisoformat(entry["requestReceivedTimestamp"]) >= moment
        ]
        seconds = Counter(entry["requestReceivedTimestamp"][:19] for entry in ours)
        names = Counter((entry["objectRef"]["namespace"], entry["objectRef"]["name"]) for entry in ours)
        return cls(names, max(seconds.values(), default=0))
