"""What `kubectl wa drain` says of documents: what each client loses, and whether that is safe."""

from __future__ import annotations

from typing import Any

import pytest

from support.looked import NOW, client, condition, healthy, node, words
from wahealth.wa.budgets import selects
from wahealth.wa.cluster import Part
from wahealth.wa.drain import Asked, Sweep, document, lines, swept
from wahealth.wa.freshness import Operators, Watch
from wahealth.wa.loss import Level
from wahealth.wa.problem import Unusable

Document = dict[str, Any]
HELD = Operators((Watch("wahealth-7c9d-x", 2, 15),))
REFUSED = Part(missing="you may not look: ask for that right")


def pod(name: str, owner: str = "ReplicaSet", namespace: str = "acme", phase: str = "Running") -> Document:
    owners = [{"kind": owner}]
    metadata = {"namespace": namespace, "name": name, "labels": {"app": name[:4]}, "ownerReferences": owners}
    return {"metadata": metadata, "status": {"phase": phase}}


def budget(allowed: int, name: str = "one", **labels: str) -> Document:
    return {
        "metadata": {"namespace": "acme", "name": name},
        "spec": {"selector": {"matchLabels": labels}},
        "status": {"disruptionsAllowed": allowed},
    }


def drained(*documents: Document, on: str = "n1", pods: tuple[Document, ...] | Part = (), **more: Any) -> Sweep:
    machines = tuple(on.split(","))
    parts: dict[str, Any] = {
        "operators": HELD,
        "budgets": Part(),
        "pods": (pods if isinstance(pods, Part) else Part(pods), *(Part() for _ in machines[1:])),
        "nodes": tuple(Part(({"kind": "Node"},)) for _ in machines),
        **more,
    }
    return swept(Asked(machines, tuple(client(each) for each in documents), now=NOW, **parts))


def single(**status: Any) -> Document:
    return healthy(mode="Single", topology={"nodes": [node("core-0", "Coreapp", "Active", nodeName="n1")]}, **status)


def of(mode: str, expected: int, *nodes: Document, tolerable: int = 0) -> Document:
    connected = {"current": expected, "expected": expected, "summary": f"{expected}/{expected}"}
    redundancy = {"coreapps": 2, "masters": 2, "tolerableFailures": tolerable}
    return healthy(mode=mode, connected=connected, topology={"nodes": list(nodes)}, redundancy=redundancy)


def core(name: str, machine: str, verdict: str = "Active") -> Document:
    return node(name, "Coreapp", verdict, nodeName=machine)


@pytest.mark.parametrize(
    ("document", "on", "level", "code", "says"),
    [
        (healthy(), "n3", None, 0, ""),
        (healthy(), "n1", Level.FAILOVER, 0, "core-0 goes (core-0 active): core-1 can take over"),
        (healthy(), "n1", Level.FAILOVER, 0, "master-0 goes, which is the primary: master-1 can take over"),
        (healthy(), "n2", Level.FINE, 0, "core-1 goes, which is a spare"),
        (healthy(), "n2", Level.FINE, 0, "master-1 goes, and master-0 stays"),
        (healthy(), "n1,n2", Level.OUTAGE, 1, "core-0, core-1 go, and no coreapp is left"),
        (single(), "n1", Level.OUTAGE, 1, "its only node core-0 goes"),
        (
            of("Multiconnect", 2, core("a", "n1"), core("b", "n2"), core("c", "n1", "Standby"), tolerable=1),
            "n1",
            Level.LESS,
            1,
            "a, c go, and 1 of 2 wanted coreapps are left",
        ),
        (
            of("Multiconnect", 2, core("a", "n1"), core("b", "n2"), core("c", "n2", "Standby"), tolerable=1),
            "n1",
            Level.FAILOVER,
            0,
            "a goes (a active): c can take over",
        ),
        (
            of("HighAvailability", 1, core("a", "n1"), core("b", "n2", "Faulty")),
            "n1",
            Level.OUTAGE,
            1,
            "a goes, and no coreapp is left",
        ),
        (of("HighAvailability", 1, core("a", "n2"), core("b", "n1", "Faulty")), "n1", Level.FINE, 0, "b goes"),
    ],
)
def test_what_a_client_loses(document: Document, on: str, level: Level | None, code: int, says: str) -> None:
    found = drained(document, on=on)
    assert [loss.level for loss in found.losses] == ([level] if level else [])
    assert found.code == code
    assert says in words(lines(found, 200))


def test_failures_that_are_tolerated_before_and_after() -> None:
    (lost,) = drained(healthy()).losses
    assert (lost.before, lost.after) == (1, 0)


def test_web_pods_are_found_by_their_pods() -> None:
    web = (pod("support-web-0"), pod("support-web-1"))
    assert "support-web-0 goes, and 1 web pod stays." in words(lines(drained(healthy(), pods=web[:1], on="n3"), 200))
    found = drained(healthy(), pods=web, on="n3")
    assert found.code == 1
    assert "no web pod is left that answers." in words(lines(found, 200))


def test_what_a_drain_leaves_there_is_not_lost() -> None:
    pods = (pod("support-web-0", "DaemonSet"), pod("support-web-1", phase="Succeeded"))
    assert drained(healthy(), pods=pods, on="n3").losses == ()


def test_nodes_without_a_name_of_their_machine_are_found_by_their_pods() -> None:
    document = of("HighAvailability", 1, node("core-0", "Coreapp", "Active"), node("core-1", "Coreapp", "Standby"))
    (lost,) = drained(document, pods=(pod("core-0"),)).losses
    assert lost.level is Level.FAILOVER


def test_budgets_that_block_and_pods_without_one() -> None:
    pods = (pod("core-0"), pod("master-0"), pod("support-web-0"))
    found = drained(
        healthy(),
        pods=pods,
        budgets=Part((budget(0, app="core"), budget(1, "two", app="mast"), budget(0, app="other"))),
    )
    assert found.budgets.blocking == ("PodDisruptionBudget acme/one lets none go at once, so the drain waits",)
    assert found.budgets.uncovered == ("acme/support-web-0",)


@pytest.mark.parametrize(
    ("selector", "is_selected"),
    [
        ({}, True),
        ({"matchLabels": {"a": "b"}}, True),
        ({"matchLabels": {"a": "c"}}, False),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}, True),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["b"]}]}, False),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, False),
        ({"matchExpressions": [{"key": "a", "operator": "Later"}]}, False),
    ],
)
def test_what_a_budget_selects(selector: Document, is_selected: bool) -> None:
    assert selects(selector, {"a": "b"}) is is_selected


def test_what_cannot_be_seen_cannot_be_told() -> None:
    assert drained(healthy(), pods=(), on="n3").code == 0
    for missing in ({"pods": REFUSED}, {"operators": Operators(missing=REFUSED.missing)}):
        found = drained(healthy(), on="n3", **missing)
        assert found.code == 2
        assert "Not known: you may not look: ask for that right." in words(lines(found, 200))
    assert drained(single(), pods=REFUSED).code == 1  # what is known is bad enough
    assert drained(healthy(), on="n3", budgets=REFUSED).code == 0  # that hinders a drain, and no client


def test_a_client_that_nobody_looks_at_is_unclear() -> None:
    found = drained(healthy(), operators=Operators((Watch("gone", 900, 15),)))
    assert ([loss.level for loss in found.losses], found.code) == ([Level.UNCLEAR], 2)
    assert "none of them would fail, of 1 nobody can tell" in words(lines(found, 200))


def test_pods_of_which_no_status_says_whose_they_are() -> None:
    alone = healthy(mode="Single", topology=None, endpoints=[])
    assert drained(alone, pods=(pod("some-pod"),)).code == 2
    assert drained(alone, pods=(pod("some-pod", namespace="other"),)).code == 0
    number = healthy(topology=None, endpoints=[], conditions=[condition("Ready", "True", "Available", "It is.")])
    number["spec"]["target"] = {"cloud": {"provider": "Graph"}}
    assert drained(number, pods=(pod("some-pod"),)).code == 0


def test_a_node_that_does_not_exist_is_no_empty_one() -> None:
    with pytest.raises(Unusable, match="there is no node n9: see kubectl get nodes"):
        drained(healthy(), on="n9", nodes=(Part(),))
    assert drained(healthy(), on="n9", nodes=(REFUSED,)).code == 2
    assert drained(healthy(), on="n1", nodes=(REFUSED,)).code == 0


def test_the_worst_comes_first_and_programs_get_the_same() -> None:
    fine = healthy("fine", topology={"nodes": [core("x", "n1", "Standby"), core("y", "n2")]})
    found = document(drained(fine, single()))
    assert [each["becomes"] for each in found["clients"]] == ["OUTAGE", "FINE"]
    assert (found["safe"], found["nodes"]) == (False, ["n1"])


@pytest.mark.parametrize(
    ("documents", "on", "more", "ends"),
    [
        ((healthy(),), "n1", {}, "  Next: Drain.\n        kubectl drain n1 --ignore-daemonsets"),
        ((single(),), "n1", {}, "do without this node first.\n        kubectl wa status support -n acme"),
        ((healthy(),), "n1,n2", {}, "ask for one alone.\n        kubectl wa drain n1"),
        ((healthy(),), "n1", {"operators": Operators(missing="nobody knows")}, "\n        kubectl wa drain n1"),
    ],
)
def test_it_ends_with_what_to_do(documents: tuple[Document, ...], on: str, more: dict[str, Any], ends: str) -> None:
    assert words(lines(drained(*documents, on=on, **more), 100)).endswith(ends)


def test_of_many_that_go_on_a_few_are_shown_and_all_that_would_fail() -> None:
    fine = [healthy(f"fine-{n}") for n in range(20)]
    failing = [{**single(), "metadata": {**single()["metadata"], "name": f"down-{n}"}} for n in range(8)]
    shown = words(lines(drained(*fine, *failing), 100))
    assert shown.count("OUTAGE") == 8
    assert "fine-" not in shown
    assert "20 more clients lose something and go on (-o json lists them)." in shown
    assert words(lines(drained(*fine), 100)).count("FAILOVER") == 6
