"""A status into which somebody else wrote: whatever stands there, the next write mends it."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml

from support.builders import CONNECTED, DISCONNECTED, START, Story, answer, core, facts, primary, resource, single
from wahealth.api.convert import status_document, written_status
from wahealth.api.left_standing import left_standing
from wahealth.core.status import ConditionType, Credentials, Failover, FailoverKind, KeyInUse, Status
from wahealth.core.status_diff import MOST_AHEAD, status_to_write
from wahealth.kube.apiserver.api import APPLY, JSON_PATCH, encoded
from wahealth.kube.cluster import Cluster
from wahealth.kube.entry import entry_of

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
HA = facts(answer(primary("m0"), core("c0", CONNECTED), core("c1")))


def as_of(status: Status, time: datetime) -> Status:
    """Every time in it is this one."""
    return status._replace(
        conditions=tuple(c._replace(last_transition_time=time) for c in status.conditions),
        nodes=tuple(node._replace(since_time=time) for node in status.nodes),
        endpoints=tuple(endpoint._replace(since_time=time) for endpoint in status.endpoints),
        primary_master_since_time=time,
        last_failover=Failover(time, FailoverKind.ACTIVE_COREAPP, "c1", "c0", 3),
        credentials=Credentials(KeyInUse.CURRENT, time),
    )


def test_a_time_that_no_clock_of_ours_wrote_is_mended_while_it_runs() -> None:
    story = Story().rounds(5, HA)
    good = story.written
    story.written = as_of(good, NEVER)
    story.rounds(3, HA)
    assert story.written.last_failover is None
    assert "9999" not in json.dumps(status_document(story.written))
    assert [c._replace(last_transition_time=None) for c in story.written.conditions] == [
        c._replace(last_transition_time=None) for c in good.conditions
    ]
    assert len(story.writes) == 2


def test_and_by_a_process_that_comes_later() -> None:
    story = Story().rounds(5, HA)
    story.written = as_of(story.written, NEVER)
    story = story.restarted().rounds(3, HA)
    assert "9999" not in json.dumps(status_document(story.written))
    assert len(story.writes) == 1
    story.rounds(20, facts(answer(primary("m0"), core("c0", DISCONNECTED), core("c1"))))
    ready = story.written.condition(ConditionType.READY)
    assert ready is not None
    assert ready.last_transition_time is not None
    assert ready.last_transition_time < START + timedelta(days=1)


def test_while_it_is_suspended_too() -> None:
    story = Story(as_of(Story().rounds(5, HA).written, NEVER))
    story.rounds(2, facts(suspended=True))
    assert "9999" not in json.dumps(status_document(story.written))


def test_the_clock_of_another_replica_may_be_a_little_ahead() -> None:
    shown = Story().rounds(5, HA).written
    ahead = START + MOST_AHEAD / 2
    assert status_to_write(as_of(shown, ahead), as_of(shown, ahead), START) is None


def foreign(status: dict[str, Any]) -> dict[str, Any]:
    """With all that a Single client has not."""
    ghost = {"name": "ghost", "verdict": "Active"}
    more = {"type": "Theirs", "status": "True", "reason": "R", "message": ""}
    stalled = {"type": "Stalled", "status": "True", "reason": "R", "message": ""}
    return {
        **status,
        "primaryMaster": "ghost",
        "clientVersion": "v9",
        "credentials": {**status.get("credentials", {}), "tokenExpiryTime": "9999-12-31T00:00:00Z"},
        "topology": {"nodes": [ghost]},
        "connectedCoreapps": ["ghost"],
        "conditions": [more, stalled, *status["conditions"]],
        "endpoints": [{**status["endpoints"][0], "reason": "Foreign"}, {"pod": "x", "address": "y", "reachable": True}],
        "ofAnotherVersion": True,
    }


def removed(document: dict[str, Any], pointers: list[str]) -> dict[str, Any]:
    """As the API server does it, one after the other."""
    document = json.loads(json.dumps(document))
    for pointer in pointers:
        *way, last = pointer.split("/")[1:]
        inner: Any = document
        for step in way:
            inner = inner[int(step) if isinstance(inner, list) else step]
        del inner[int(last) if isinstance(inner, list) else last]
    return document


def test_what_an_apply_leaves_standing_is_found() -> None:
    ours = status_document(Story().rounds(5, facts(single(CONNECTED))).written)
    assert left_standing(ours, ours) == []
    found = foreign(ours)
    mended = removed({"status": found}, left_standing(ours, found))["status"]
    # What is of no type or field of ours is another's to keep.
    assert mended == {**ours, "conditions": [found["conditions"][0], *ours["conditions"]], "ofAnotherVersion": True}


@pytest.mark.parametrize("whole", [True, False])
def test_it_is_taken_away_with_the_write(whole: bool) -> None:
    class Api:
        def __init__(self) -> None:
            self.sent: list[tuple[str, Any]] = []

        async def patch(self, path: str, body: Any, form: str, **_: str) -> dict[str, Any]:
            self.sent.append((form, body))
            status = foreign(body["status"]) if form == APPLY else {}
            return {"metadata": {"resourceVersion": str(100 + len(self.sent))}, "status": status}

    api = Api()
    ours = status_document(Story().rounds(5, facts(single(CONNECTED))).written)
    cluster = Cluster(api)  # type: ignore[arg-type]
    version = asyncio.run(cluster.apply_status(entry_of(resource()), ours, whole))
    assert [form for form, _ in api.sent] == ([APPLY, JSON_PATCH] if whole else [APPLY])
    assert version == ("102" if whole else "101")
    if whole:
        first, *others = api.sent[1][1]
        assert first == {"op": "replace", "path": "/metadata/resourceVersion", "value": "101"}
        assert {"op": "remove", "path": "/status/primaryMaster"} in others


ODD = ["\U0001f600", "\x7f", "\x85", "\u2028", "\ufeff", "\ufffe", "é", "\U0010ffff", '"\\ud83d"', "\\", "\n"]


@pytest.mark.parametrize("anomalies", ODD, ids=ascii)
def test_whatever_stands_in_it_can_be_written(anomalies: str) -> None:
    """The API server reads what is applied as YAML, which has no escape for two halves of a character."""
    sent = encoded({"status": {"name": f"a{anomalies}b"}})
    assert json.loads(sent) == {"status": {"name": f"a{anomalies}b"}}
    assert yaml.safe_load(sent) == {"status": {"name": f"a{anomalies}b"}}
    assert b"\\ud83d\\u" not in sent


def test_half_a_character_is_replaced() -> None:
    assert json.loads(encoded({"name": "\ud83d"})) == {"name": "\ufffd"}


def test_a_node_of_such_a_name_goes_like_any_other() -> None:
    written = status_document(Story().rounds(5, HA).written)
    written["topology"]["nodes"][0]["name"] = "core-\U0001f600"
    story = Story(written_status({"status": written})).rounds(1, HA)
    assert yaml.safe_load(encoded(status_document(story.written)))
