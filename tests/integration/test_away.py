"""What changes while nobody looks: an operator that was away finds it in one pass, and nothing waited for it to come
back. Rows A24 to A27, A34 of the fault matrix.
"""

from __future__ import annotations

import time
from typing import Any

from support.clients import PERIOD, simulated
from support.storm import IMPATIENT, SETTINGS, SPACE, STATUS, Storm
from wahealth.playground.environment import until
from wahealth.playground.manifests import GOOD_KEY, ClientManifests

GONE, CHANGED, ENDING = "storm-gone", "storm-changed", "storm-ending"


def lone(namespace: str, name: str) -> ClientManifests:
    return simulated(namespace, name, 1, 0, 1, GOOD_KEY, SETTINGS, {"probe": IMPATIENT})


def status(storm: Storm, namespace: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = storm.environment.client(namespace, name)["status"]
    return found


def connected(storm: Storm, client: ClientManifests) -> None:
    until(lambda: status(storm, client.namespace, client.name).get("gateway") == "Connected", f"{client.name} is", 90)


def test_an_operator_that_was_away_finds_all_in_one_pass(storm: Storm) -> None:
    gone, suspended, upgraded = lone(GONE, "gone"), lone(CHANGED, "suspended"), lone(CHANGED, "upgraded")
    storm.environment.add(gone, suspended, upgraded)
    for client in (gone, suspended, upgraded):
        connected(storm, client)
    storm.environment.stop_operator()
    storm.flip()  # another version, another life of a resource, another pod
    storm.kubectl("delete", "namespace", GONE, "--timeout=90s")  # hangs if a finalizer of ours held it
    storm.kubectl("patch", "wac", "suspended", "-n", CHANGED, "--type=merge", "-p", '{"spec": {"suspend": true}}')
    storm.environment.set_client(CHANGED, "upgraded", version="v2.99.0")
    time.sleep(5)
    began = time.monotonic()
    storm.start()
    storm.settled()
    until(lambda: status(storm, CHANGED, "upgraded").get("clientVersion") == "v2.99.0", "the new version is seen", 90)
    until(lambda: "Ready" not in str(status(storm, CHANGED, "suspended").get("conditions")), "it is suspended", 90)
    time.sleep(3 * PERIOD)
    writes = storm.writes_of_each(began)
    assert all(times <= 1 for times in writes.values()), writes
    assert not any(f"/{GONE}/" in path for path in writes)


def test_a_namespace_that_ends_gets_no_complaint_and_no_more_questions(storm: Storm) -> None:
    """Held by a finalizer of somebody else for a while, as happens: nothing new may be made in it."""
    ending = lone(ENDING, "ending")
    storm.environment.add(ending)
    connected(storm, ending)
    finalizer = '{"metadata": {"finalizers": ["example.com/held"]}}'
    storm.kubectl("patch", "configmap", "waweb-ca", "-n", ENDING, "--type=merge", "-p", finalizer)
    lines = len(storm.log())
    storm.kubectl("delete", "namespace", ENDING, "--wait=false")
    until(lambda: not storm.environment.clients(ENDING), "its resources are gone", 120)
    ended = time.monotonic()
    time.sleep(3 * PERIOD)
    assert storm.operator.is_alive()
    assert storm.complaints(storm.log()[lines:]).total() <= 2
    late = [one for one in storm.proxy.since(ended + PERIOD) if f"/{ENDING}/" in one.path and one.writes]
    assert late == []
    storm.kubectl(
        "patch", "configmap", "waweb-ca", "-n", ENDING, "--type=merge", "-p", '{"metadata": {"finalizers": null}}'
    )
    storm.kubectl("wait", "--for=delete", f"namespace/{ENDING}", "--timeout=90s")


def test_a_resource_made_anew_under_its_name_begins_anew(storm: Storm) -> None:
    before = storm.environment.client(SPACE, "single")
    assert before["status"]["gateway"] == "Connected"
    storm.begin_anew("single")
    until(lambda: status(storm, SPACE, "single")["gateway"] == "Connected", "a verdict", 90)
    after = storm.environment.client(SPACE, "single")
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    ready = {one["type"]: one["lastTransitionTime"] for one in after["status"]["conditions"]}["Ready"]
    assert ready >= after["metadata"]["creationTimestamp"]


def test_a_client_that_is_deleted_in_the_middle_of_a_question_is_written_no_more(storm: Storm) -> None:
    slow = lone("storm-slow", "slow")
    storm.environment.add(slow)
    connected(storm, slow)
    storm.environment.set_client("storm-slow", "slow", delay=PERIOD * 0.8)
    time.sleep(2 * PERIOD)  # most of the time it is being asked
    lines = len(storm.log())
    storm.kubectl("delete", "wac", "slow", "-n", "storm-slow")
    began = time.monotonic()
    time.sleep(4 * PERIOD)
    writes = [one for one in storm.proxy.since(began) if one.resource == STATUS and "/slow/" in one.path]
    assert writes == []
    assert storm.complaints(storm.log()[lines:]).total() == 0
