"""`kubectl wa report NAME`: one file for whoever helps, in which nothing is that a user wrote.

It is a scenario, which `wahealth simulate` replays to the same verdict, with what was seen beside it.
"""

from __future__ import annotations

from typing import Any

from wahealth.core.status import FailoverKind
from wahealth.wa import document as read
from wahealth.wa import kept
from wahealth.wa.client import Client, Condition, Endpoint, Node, State
from wahealth.wa.document import Document
from wahealth.wa.freshness import NOBODY_LOOKS
from wahealth.wa.kept import Names, filled, time, version, word, words_of, written
from wahealth.wa.looking import Look
from wahealth.wa.story import scenario

_PHASES = frozenset({"Pending", "Running", "Succeeded", "Failed", "Unknown"})
_WAITING = frozenset(
    {
        *("ContainerCreating", "CrashLoopBackOff", "CreateContainerConfigError", "CreateContainerError"),
        *("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "PodInitializing", "RunContainerError"),
    }
)
_MOST = 20  # events


def document(look: Look, own_version: str, api_version: str) -> dict[str, Any]:
    """The report of what was seen, by `own_version` of this program, at an API server of `api_version`."""
    names, client, told = Names(), look.client, look.verdict
    versions = {
        "wahealth": own_version,
        "kubernetes": version(api_version),
        "client": version(read.text(client.status, "clientVersion")),
    }
    played = scenario(client, names)
    seen = filled(
        made=written(look.now),
        versions=filled(**versions),
        verdict=told.word.value,
        reason=word(told.reason, kept.REASONS | {NOBODY_LOOKS}),
        generation=read.whole(client.document, "metadata", "generation"),
        created=time(client.document, "metadata", "creationTimestamp"),
        status=_status(client, names),
        events=[_event(each) for each in look.events.objects[:_MOST]],
        pods=[_pod(each, client, names) for each in look.pods.objects],
        lease=_lease(look),
        notShown=[
            name
            for name, missing in (
                ("events", look.events.missing),
                ("pods", look.pods.missing),
                ("leases", look.operators.missing),
            )
            if missing
        ],
    )
    return {"report": seen, **played}


def _status(client: Client, names: Names) -> dict[str, Any]:
    status = client.status
    return filled(
        observedGeneration=read.whole(status, "observedGeneration"),
        mode=word(client.mode, kept.MODES),
        gateway=word(client.gateway, kept.GATEWAYS),
        connected=filled(**{key: read.whole(status, "connected", key) for key in ("current", "expected")}),
        redundancy=filled(
            **{key: read.whole(status, "redundancy", key) for key in ("coreapps", "masters", "tolerableFailures")}
        ),
        conditions=[_condition(kind, each) for kind, each in client.conditions.items()],
        nodes=[_node(each, names) for each in client.nodes],
        endpoints=[_endpoint(each, names) for each in client.endpoints],
        lastFailover=filled(
            time=time(status, "lastFailover", "time"),
            kind=word(read.text(status, "lastFailover", "kind"), words_of(FailoverKind)),
            durationSeconds=read.whole(status, "lastFailover", "durationSeconds"),
        ),
        keyInUse=word(read.text(status, "credentials", "keyInUse"), {"Current", "Previous"}),
        tokenExpiryTime=time(status, "credentials", "tokenExpiryTime"),
        certificateExpiryTime=time(status, "tls", "notAfterTime"),
        history=[_state(each) for each in client.history],
    )


def _condition(kind: str, found: Condition) -> dict[str, Any]:
    return filled(
        type=word(kind, kept.TYPES),
        status=word(found.status, kept.STATUSES),
        reason=word(found.reason, kept.REASONS),
        since=written(found.since),
    )


def _node(found: Node, names: Names) -> dict[str, Any]:
    return filled(
        name=names.of("coreapp" if found.role == "Coreapp" else "master", found.name),
        role=word(found.role, kept.ROLES),
        gatewayStatus=word(found.gateway, kept.GATEWAYS),
        verdict=word(found.verdict, kept.VERDICTS),
        since=written(found.since),
        node=names.of("node", found.machine),
    )


def _endpoint(found: Endpoint, names: Names) -> dict[str, Any]:
    return filled(
        pod=names.of("web", found.pod),
        reachable=found.reachable,
        reason=word(found.reason, kept.REASONS),
        keyAccepted=found.accepted,
    )


def _state(found: State) -> dict[str, Any]:
    return filled(
        time=written(found.time),
        ready=word(found.ready, kept.STATUSES),
        reason=word(found.reason, kept.REASONS),
        gateway=word(found.gateway, kept.GATEWAYS),
    )


def _event(found: Document) -> dict[str, Any]:
    return filled(
        type=word(read.text(found, "type"), {"Normal", "Warning"}),
        reason=word(read.text(found, "reason"), kept.REASONS),
        count=read.whole(found, "count"),
        first=time(found, "firstTimestamp"),
        last=time(found, "lastTimestamp"),
    )


def _pod(found: Document, client: Client, names: Names) -> dict[str, Any]:
    name = read.text(found, "metadata", "name")
    node = next((each for each in client.nodes if each.pod == name), None)
    containers = read.objects(found, "status", "containerStatuses")
    waiting = [read.text(each, "state", "waiting", "reason") for each in containers]
    return filled(
        pod=names.of("web", name) if node is None else _node(node, names)["name"],
        phase=word(read.text(found, "status", "phase"), _PHASES),
        waiting=sorted({word(each, _WAITING) for each in waiting if each}),
        ready=all(read.truth(each, "ready") for each in containers),
        restarts=sum(read.whole(each, "restartCount") or 0 for each in containers),
        terminating=bool(read.text(found, "metadata", "deletionTimestamp")) or None,
    )


def _lease(look: Look) -> dict[str, Any]:
    watch = look.watch
    if watch is None:
        return {}
    age = round(watch.age)
    return {"renewedSecondsAgo": age, "durationSeconds": round(watch.duration), "shards": len(look.operators.watches)}
