"""What changes while nobody looks: an operator that was away finds it in one pass, and nothing waited for it to come
back. Rows A24 to A27, A34 of the fault matrix.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from support.storm import CLIENTS, SETTINGS, SPACE, STATUS, Storm, weathered
from wahealth.playground.environment import until
from wahealth.playground.world import GOOD_KEY, SimulatedClient

OTHER = "storm-gone"
MANY = tuple(
    SimulatedClient(f"{OTHER}-{i % 2}", f"c{i}", 1, 0, 1, GOOD_KEY, SETTINGS, {"probe": {"periodSeconds": 5}})
    for i in range(4)
)


@pytest.fixture(scope="module")
def storm() -> Iterator[Storm]:
    with weathered(*CLIENTS, *MANY) as storm:
        storm.environment.apply([storm.twice()])
        storm.start()
        storm.learn()
        yield storm


def test_an_operator_that_was_away_finds_all_in_one_pass(storm: Storm) -> None:
    storm.environment.stop_operator()
    storm.flip()  # another version, another life of a resource, another pod
    storm.kubectl("delete", "namespace", f"{OTHER}-0", "--timeout=60s")  # hangs if a finalizer of ours held it
    storm.kubectl("patch", "wac", "c1", "-n", f"{OTHER}-1", "--type=merge", "-p", '{"spec": {"suspend": true}}')
    storm.environment.set_client(f"{OTHER}-1", "c3", version="v2.99.0")
    time.sleep(5)
    began = time.monotonic()
    storm.start()
    storm.settled(40)
    until(lambda: _status(storm, "c3").get("clientVersion") == "v2.99.0", "the third of the others", 30)
    until(
        lambda: "Ready" not in str(_status(storm, "c1").get("conditions")), "the first of the others is suspended", 30
    )
    time.sleep(6)
    writes = storm.writes_of_each(began)
    assert all(times <= 1 for times in writes.values()), writes
    assert not any(f"{OTHER}-0" in path for path in writes)


def _status(storm: Storm, name: str) -> dict[str, object]:
    status: dict[str, object] = storm.environment.client(f"{OTHER}-1", name)["status"]
    return status


def test_a_namespace_that_ends_gets_no_complaint_and_no_more_questions(storm: Storm) -> None:
    """Held by a finalizer of somebody else for a while, as happens: nothing new may be made in it."""
    finalizer = '{"metadata": {"finalizers": ["example.com/held"]}}'
    storm.kubectl("patch", "configmap", "waweb-ca", "-n", f"{OTHER}-1", "--type=merge", "-p", finalizer)
    lines, began = len(storm.log()), time.monotonic()
    storm.kubectl("delete", "namespace", f"{OTHER}-1", "--wait=false")
    until(lambda: not storm.kubectl("get", "wac", "-n", f"{OTHER}-1", "-o", "name"), "its resources are gone", 60)
    time.sleep(8)
    assert storm.operator.is_alive()
    assert storm.complaints(storm.log()[lines:]).total() <= 2
    late = [one for one in storm.proxy.since(began + 20) if f"/{OTHER}-1/" in one.path and one.writes]
    assert late == []
    storm.kubectl(
        "patch", "configmap", "waweb-ca", "-n", f"{OTHER}-1", "--type=merge", "-p", '{"metadata": {"finalizers": null}}'
    )
    storm.kubectl("wait", "--for=delete", f"namespace/{OTHER}-1", "--timeout=60s")


def test_a_resource_made_anew_under_its_name_begins_anew(storm: Storm) -> None:
    before = storm.environment.client(SPACE, "single")
    assert before["status"]["gateway"] == "Connected"
    storm.kubectl("delete", "wac", "single", "-n", SPACE)
    again = {field: before[field] for field in ("apiVersion", "kind", "spec")}
    storm.environment.apply([{**again, "metadata": {"name": "single", "namespace": SPACE}}])
    until(lambda: storm.environment.client(SPACE, "single")["status"]["gateway"] == "Connected", "a verdict", 30)
    after = storm.environment.client(SPACE, "single")
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    ready = {one["type"]: one["lastTransitionTime"] for one in after["status"]["conditions"]}["Ready"]
    assert ready >= after["metadata"]["creationTimestamp"]


def test_a_client_that_is_deleted_in_the_middle_of_a_question_is_written_no_more(storm: Storm) -> None:
    storm.environment.set_client(SPACE, "single", delay=3)
    time.sleep(6)
    lines = len(storm.log())
    storm.kubectl("delete", "wac", "single", "-n", SPACE)
    began = time.monotonic()
    time.sleep(8)
    writes = [one for one in storm.proxy.since(began) if one.resource == STATUS and "/single/" in one.path]
    assert writes == []
    assert storm.complaints(storm.log()[lines:]).total() == 0
