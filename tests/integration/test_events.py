"""Events as people read them with the real kubectl, and as collectors read them: order, age, count, length."""

from __future__ import annotations

import asyncio
import json
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml

from wahealth.core.events.event import Event
from wahealth.kube.apiserver.api import ApiServer
from wahealth.kube.apiserver.session import signed_in
from wahealth.kube.events import CONTROLLER, Recorder, Subject
from wahealth.playground.cluster.control_plane import ControlPlane

SPACE = "events"
DOWN = Event(warning=True, reason="GatewayDisconnected", note="The client is not connected.")
MOVED = Event(warning=False, reason="FailoverCompleted", note="coreapp-1 took over.")
UP = Event(warning=False, reason="Connected", note="1 of 1 is connected.")
Document = dict[str, Any]


@pytest.fixture
def subject(plane: ControlPlane, request: pytest.FixtureRequest) -> Subject:
    """A ConfigMap of a test's own: an event may regard anything."""
    name = f"of-{zlib.crc32(request.node.name.encode())}"
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}}
    one = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": SPACE}}
    plane.kubectl("apply", "-f", "-", input=yaml.safe_dump_all([space, one]))
    found = plane.read(f"/api/v1/namespaces/{SPACE}/configmaps/{name}")
    return Subject("v1", "ConfigMap", SPACE, name, found["metadata"]["uid"])


def tell(plane: ControlPlane, subject: Subject, *told: tuple[Event, float]) -> None:
    """By one process: each event, and how many seconds ago it was."""

    async def run() -> None:
        async with ApiServer(await signed_in(plane.kubeconfig)) as api:
            recorder = Recorder(api)
            for event, ago in told:
                await recorder.post(subject, event, datetime.now(UTC) - timedelta(seconds=ago))

    asyncio.run(run())


def kept(plane: ControlPlane, subject: Subject) -> dict[str, Document]:
    """By reason, as the core API shows them."""
    items = plane.read(f"/api/v1/namespaces/{SPACE}/events")["items"]
    return {one["reason"]: one for one in items if one["involvedObject"]["uid"] == subject.uid}


def rows(printed: str) -> list[list[str]]:
    return [line.split() for line in printed.splitlines()]


def told_as_a_story(plane: ControlPlane, subject: Subject) -> None:
    tell(plane, subject, (DOWN, 1800), (MOVED, 1200), (UP, 900), (DOWN, 600))


def test_describe_tells_them_in_order_with_age_and_count(plane: ControlPlane, subject: Subject) -> None:
    told_as_a_story(plane, subject)
    printed = plane.kubectl("describe", "configmap", subject.name, "-n", SPACE)
    events = rows(printed.partition("Events:")[2])[3:]
    assert [row[1] for row in events] == ["FailoverCompleted", "Connected", "GatewayDisconnected"]
    assert events[0][2:4] == ["20m", "wahealth.io/operator"]
    assert events[2][2:7] == ["10m", "(x2", "over", "30m)", "wahealth.io/operator"]


def test_kubectl_events_tells_them_in_order_with_age_and_count(plane: ControlPlane, subject: Subject) -> None:
    told_as_a_story(plane, subject)
    events = rows(plane.kubectl("events", f"--for=configmap/{subject.name}", "-n", SPACE))[1:]
    assert [" ".join(row[:4]) for row in events[:2]] == [
        f"20m Normal FailoverCompleted ConfigMap/{subject.name}",
        f"15m Normal Connected ConfigMap/{subject.name}",
    ]
    assert " ".join(events[2][:6]) == "10m (x2 over 30m) Warning GatewayDisconnected"


def test_get_events_can_sort_them_and_shows_age_and_count(plane: ControlPlane, subject: Subject) -> None:
    told_as_a_story(plane, subject)
    of_it = f"--field-selector=involvedObject.name={subject.name}"
    printed = plane.kubectl("get", "events", "-n", SPACE, of_it, "--sort-by=.lastTimestamp")
    assert [row[:3] for row in rows(printed)[1:]] == [
        ["20m", "Normal", "FailoverCompleted"],
        ["15m", "Normal", "Connected"],
        ["10m", "Warning", "GatewayDisconnected"],
    ]
    wide = plane.kubectl("get", "events", "-n", SPACE, of_it, "--sort-by=.lastTimestamp", "-o", "wide")
    assert rows(wide)[-1][-3:-1] == ["30m", "2"]


def test_they_have_what_collectors_go_by(plane: ControlPlane, subject: Subject) -> None:
    """OpenTelemetry's receiver takes `eventTime` before `lastTimestamp`, and drops what is older than its own start;
    kubernetes-event-exporter drops what has no `lastTimestamp`; both name the source."""
    told_as_a_story(plane, subject)
    again = kept(plane, subject)["GatewayDisconnected"]
    assert again["eventTime"] is None
    assert "series" not in again
    assert again["firstTimestamp"] < again["lastTimestamp"]
    assert again["count"] == 2
    assert again["source"] == {"component": CONTROLLER}
    assert again["reportingComponent"] == CONTROLLER
    assert again["reportingInstance"].startswith("wahealth-")
    path = f"/apis/events.k8s.io/v1/namespaces/{SPACE}/events/{again['metadata']['name']}"
    newer = plane.read(path)
    assert newer["deprecatedCount"] == 2
    assert newer["note"] == DOWN.note


def test_another_process_goes_on_counting(plane: ControlPlane, subject: Subject) -> None:
    for ago in (1800, 1200, 600):
        tell(plane, subject, (DOWN, ago))
    (one,) = kept(plane, subject).values()
    assert one["count"] == 3


def test_an_event_of_an_earlier_version_is_gone_on_with(plane: ControlPlane, subject: Subject) -> None:
    """It was posted as events.k8s.io/v1, under the same name, and counted in a series."""
    tell(plane, subject, (DOWN, 0))
    name = kept(plane, subject)["GatewayDisconnected"]["metadata"]["name"]
    plane.kubectl("delete", "event", name, "-n", SPACE)
    began, last = "2026-01-02T03:04:05.678901Z", "2026-01-02T03:09:05.678901Z"
    earlier = {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": SPACE},
        "eventTime": began,
        "series": {"count": 4, "lastObservedTime": last},
        "type": "Warning",
        "reason": DOWN.reason,
        "note": DOWN.note,
        "action": "Probed",
        "regarding": {"apiVersion": "v1", "kind": "ConfigMap", "name": subject.name, "namespace": SPACE},
        "reportingController": CONTROLLER,
        "reportingInstance": "wahealth-before",
    }
    earlier["regarding"] = {**earlier["regarding"], "uid": subject.uid}  # type: ignore[dict-item]
    plane.kubectl("create", "-f", "-", input=json.dumps(earlier))
    tell(plane, subject, (DOWN, 60), (DOWN, 0))
    (one,) = kept(plane, subject).values()
    assert one["count"] == 6
    assert one["eventTime"] is None
    assert "series" not in one
    assert one["firstTimestamp"] == "2026-01-02T03:04:05Z"
    assert one["lastTimestamp"] > one["firstTimestamp"]


@pytest.mark.parametrize(("character", "kept_characters"), [("a", 1024), ("é", 512), ("€", 341), ("😀", 256)])
def test_a_note_is_cut_by_bytes_and_never_within_a_character(
    plane: ControlPlane, subject: Subject, character: str, kept_characters: int
) -> None:
    tell(plane, subject, (Event(warning=True, reason="Long", note=character * 2000), 0))
    assert kept(plane, subject)["Long"]["message"] == character * kept_characters
