"""All that is asked about one client: the resource, and the parts that make its screen better."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from wahealth.wa import document as read
from wahealth.wa.client import KIND, WELL, Client, client_of
from wahealth.wa.cluster import EVENTS, PODS, Cluster, Part
from wahealth.wa.document import Document
from wahealth.wa.freshness import Operators, Watch, Where, operators
from wahealth.wa.verdict import Verdict, verdict

_MOST_PODS = 8  # asked for: those of nodes and endpoints that are not well


class Look(NamedTuple):
    """What was seen, and when by the API server's clock."""

    client: Client
    operators: Operators
    events: Part
    pods: Part
    now: datetime

    @property
    def watch(self) -> Watch | None:
        """Who looks after the client; None if that cannot be told."""
        return self.operators.of(self.client.uid)

    @property
    def verdict(self) -> Verdict:
        return verdict(self.client, self.watch, self.now)

    @property
    def missing(self) -> list[str]:
        """Why parts are missing, each said once."""
        return list(dict.fromkeys(filter(None, (self.operators.missing, self.events.missing, self.pods.missing))))


async def look(cluster: Cluster, namespace: str, name: str, where: Where) -> Look:
    """Asks for everything at once, and then for the pods of what is not well. Raises `Unusable`."""
    selector = f"involvedObject.kind={KIND},involvedObject.name={name}"
    document, leases, events = await asyncio.gather(
        cluster.client(namespace, name),
        operators(cluster, where),
        cluster.part(EVENTS, namespace, fieldSelector=selector),
    )
    client = client_of(document)
    return Look(client, leases, _of_this(events, client), await _pods(cluster, client), cluster.now)


def _of_this(events: Part, client: Client) -> Part:
    """Without the events of an earlier resource of the same name; the newest first."""
    own = (each for each in events.objects if read.text(each, "involvedObject", "uid") in {"", client.uid})
    return events._replace(objects=tuple(sorted(own, key=_order, reverse=True)))


def seen_at(event: Document) -> datetime | None:
    """When an event was posted last."""
    return read.time(event, "lastTimestamp") or read.time(event, "eventTime")


def _order(event: Document) -> str:
    seen = seen_at(event)
    return seen.isoformat() if seen else ""


async def _pods(cluster: Cluster, client: Client) -> Part:
    """The pods of nodes and endpoints that are not well, as far as they still exist."""
    parts = await asyncio.gather(*(cluster.one(PODS, client.namespace, pod) for pod in ill_pods(client)[:_MOST_PODS]))
    found = tuple(pod for part in parts for pod in part.objects)
    return Part(found, next((part.missing for part in parts if part.missing), ""))


def ill_pods(client: Client) -> list[str]:
    """The names of the pods that are worth a look."""
    if client.is_number:
        return []
    target = read.inner(client.spec, "target")
    nodes: Iterable[str] = (node.pod for node in client.nodes if node.verdict not in WELL)
    endpoints: Iterable[str] = (each.pod for each in client.endpoints if not each.reachable and "url" not in target)
    return list(dict.fromkeys(name for name in (*endpoints, *nodes) if name))


def pod_state(pod: Document) -> str:
    """The state of a pod in the words of `kubectl get pods`, with restarts; empty if nothing is remarkable."""
    if read.text(pod, "metadata", "deletionTimestamp"):
        return "Terminating"
    containers = read.objects(pod, "status", "containerStatuses")
    waiting = next(filter(None, (read.text(each, "state", "waiting", "reason") for each in containers)), "")
    restarts = sum(read.whole(each, "restartCount") or 0 for each in containers)
    ready = all(read.truth(each, "ready") for each in containers)
    phase = read.text(pod, "status", "phase")
    state = waiting or (phase if phase != "Running" else "" if ready else "not ready")
    return ", ".join(filter(None, (state, f"{restarts} restarts" if restarts > 1 else "")))
