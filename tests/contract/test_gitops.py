"""GitOps: kstatus (Helm 4), Argo CD and Flux read alike whatever the operator writes, as manifests/gitops says."""

from __future__ import annotations

from itertools import chain
from typing import Any

import pytest
import yaml

from support.gitops import table
from support.gitops.states import SCENARIOS, Object, at, deleting, edited, fresh, resource, written
from support.gitops.tools import GATES, HEALTH, MANIFESTS, NoGo, Said, ask, program


@pytest.fixture(scope="module")
def tools() -> None:
    try:
        program()
    except NoGo as why:
        pytest.skip(str(why))


@pytest.fixture(scope="module")
def said(tools: None) -> dict[str, tuple[Object, Said]]:
    """By a name that leads to its scenario: each status that is written, as it is, after an edit, and being deleted."""
    objects = {"fresh": fresh()}
    for write in chain.from_iterable(written(path) for path in SCENARIOS):
        objects[f"{write}"] = resource(write.status, write.generation)
        about = write.status.get("observedGeneration", write.generation)
        objects[f"{write}, of its own generation"] = resource(write.status, about)
    objects |= {f"{name}, then edited": edited(found) for name, found in objects.items()}
    objects |= {f"{name}, being deleted": deleting(found) for name, found in objects.items()}
    return dict(zip(objects, zip(objects.values(), ask([*objects.values()]), strict=True), strict=True))


def test_the_tools_agree_on_all_that_is_written(said: dict[str, tuple[Object, Said]]) -> None:
    assert [f"{name}: {found}" for name, (_, found) in said.items() if not found.agree] == []


def test_all_that_they_can_say_is_said(said: dict[str, tuple[Object, Said]]) -> None:
    found = [found for _, found in said.values()]
    assert {f.kstatus for f in found} == {"Current", "Failed", "InProgress", "Terminating"}
    assert {f.argocd for f in found} == {"Healthy", "Suspended", "Degraded", "Progressing"}
    for gate in GATES:
        assert {f.flux[gate] for f in found} == {"Current", "Failed", "InProgress"}


def test_argo_cd_always_says_why(said: dict[str, tuple[Object, Said]]) -> None:
    assert [name for name, (_, found) in said.items() if not found.argocd_message] == []


def test_argo_cd_calls_nothing_degraded_that_is_waited_for(said: dict[str, tuple[Object, Said]]) -> None:
    waited_for = {found.argocd for client, found in said.values() if truth(client, "Reconciling") == "True"}
    assert waited_for == {"Progressing"}


def test_a_gate_passes_where_the_next_one_does(said: dict[str, tuple[Object, Said]]) -> None:
    for name, (_, found) in said.items():
        passed = [found.flux[gate] == "Current" for gate in ("configuration", "serving", "redundancy")]
        assert passed == sorted(passed, reverse=True), name


def test_a_gate_fails_on_what_is_stalled_and_on_nothing_else(said: dict[str, tuple[Object, Said]]) -> None:
    for name, (client, found) in said.items():
        metadata, status = client["metadata"], client["status"]
        current = status.get("observedGeneration") == metadata["generation"] and "deletionTimestamp" not in metadata
        stalled = current and truth(client, "Stalled") == "True"
        assert {verdict == "Failed" for verdict in found.flux.values()} == {stalled}, name


def truth(client: Object, type_: str) -> str | None:
    return next((c["status"] for c in client["status"]["conditions"] if c["type"] == type_), None)


@pytest.mark.parametrize(
    ("change", "kstatus", "argocd", "serving"),
    [
        ({"Suspended": "True", "Ready": "Unknown"}, "InProgress", "Suspended", "Current"),
        ({"Suspended": "True", "Ready": None, "Stalled": "True"}, "Failed", "Suspended", "Current"),
        ({"Reconciling": "True"}, "InProgress", "Healthy", "Current"),
        ({"Ready": None}, "Current", "Progressing", "InProgress"),
    ],
)
def test_what_must_not_be_written_is_what_they_disagree_on(
    tools: None, change: dict[str, str | None], kstatus: str, argocd: str, serving: str
) -> None:
    ready = at("single-disconnected", 0)
    kept = [c for c in ready["status"]["conditions"] if c["type"] not in change]
    more = [{"type": type_, "status": value, "reason": "Because"} for type_, value in change.items() if value]
    [found] = ask([resource({**ready["status"], "conditions": [*kept, *more]}, 1)])
    assert (found.kstatus, found.argocd, found.flux["serving"]) == (kstatus, argocd, serving)
    assert not found.agree


def test_a_verdict_on_an_older_spec_counts_for_nothing(tools: None) -> None:
    """Neither where only the status says how old it is, nor where only its conditions do, which kstatus overlooks."""
    ready = at("single-disconnected", 0)["status"]
    ageless = [{name: value for name, value in c.items() if name != "observedGeneration"} for c in ready["conditions"]]
    by_status, by_conditions = ask(
        [resource({**ready, "conditions": ageless}, 2), resource({**ready, "observedGeneration": 2}, 2)]
    )
    for found in (by_status, by_conditions):
        assert (found.argocd, *found.flux.values()) == ("Progressing", WAITS, WAITS, WAITS)
    assert (by_status.kstatus, by_conditions.kstatus) == (WAITS, PASSES)


WAITS, PASSES, FAILS = "InProgress", "Current", "Failed"


@pytest.mark.parametrize(
    ("state", "configuration", "serving", "redundancy"),
    [
        ("just applied, seen by nobody yet", WAITS, WAITS, WAITS),
        ("new: applied before its Secret", WAITS, WAITS, WAITS),
        ("new: initialises its database", PASSES, WAITS, WAITS),
        ("disconnected", PASSES, WAITS, WAITS),
        ("the key is refused", PASSES, WAITS, WAITS),
        ("serving, a spare is lost", PASSES, PASSES, WAITS),
        ("serving, spares are there", PASSES, PASSES, PASSES),
        ("serving, a single instance", PASSES, PASSES, PASSES),
        ("suspended", PASSES, PASSES, PASSES),
        ("suspended from birth", PASSES, PASSES, PASSES),
        ("edited, not seen yet", WAITS, WAITS, WAITS),
        ("being deleted", WAITS, WAITS, WAITS),
        ("the key is refused for long", FAILS, FAILS, FAILS),
        ("new: the key is too short", FAILS, FAILS, FAILS),
        ("edited, the spec is invalid", FAILS, FAILS, FAILS),
    ],
)
def test_gates(tools: None, state: str, configuration: str, serving: str, redundancy: str) -> None:
    [found] = ask([table.states()[state]])
    assert found.flux == {"configuration": configuration, "serving": serving, "redundancy": redundancy}


def test_accepted_of_a_spec_before_an_edit_opens_no_gate(tools: None) -> None:
    """A new client that is looked at names no generation yet."""
    new = at("uninitialized-new", 0)
    assert "observedGeneration" not in new["status"]
    before, after = ask([new, edited(new)])
    assert (before.flux["configuration"], after.flux["configuration"]) == (PASSES, WAITS)


def test_the_table_in_the_readme(tools: None) -> None:
    """`make gitops-table` writes it anew: read the difference before you commit it."""
    assert table.shown() == table.table()


def test_the_patch_of_argo_cd_holds_the_script() -> None:
    patch = yaml.safe_load((MANIFESTS / "argocd" / "argocd-cm.yaml").read_text())
    assert patch["metadata"] == {"name": "argocd-cm", "namespace": "argocd"}
    assert patch["data"] == {"resource.customizations.health.wahealth.io_WhatsAppClient": HEALTH.read_text()}


def test_the_example_for_flux_waits_at_the_serving_gate() -> None:
    example: dict[str, Any] = yaml.safe_load((MANIFESTS / "flux" / "kustomization.yaml.example").read_text())
    assert example["spec"]["wait"] is True
    assert example["spec"]["healthCheckExprs"] == yaml.safe_load(GATES["serving"].read_text())
