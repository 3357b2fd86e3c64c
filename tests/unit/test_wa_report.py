"""`kubectl wa report`: nothing that a user wrote is in it, and its scenario leads to the same verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from support.looked import NOW, ago, condition, healthy, look, node, resource, state
from wahealth.api.convert import status_document
from wahealth.api.crd import custom_resource_definition
from wahealth.core.status import ConditionType, Status
from wahealth.simulate.parse import load
from wahealth.simulate.replay import Replay
from wahealth.simulate.scenario import Scenario
from wahealth.wa.client import client_of
from wahealth.wa.cluster import Part
from wahealth.wa.freshness import Operators, Watch
from wahealth.wa.looking import Look
from wahealth.wa.report import document

SCENARIOS = sorted((Path(__file__).parents[1] / "scenarios").glob("*.yaml"))


def final_of(path: Path) -> Status:
    replay = Replay(load(path), path.parent)
    for _ in replay.timeline():
        pass
    return replay.final


def replayed(found: Look, folder: Path) -> Status:
    path = folder / "report.yaml"
    path.write_text(yaml.safe_dump(document(found, "0.1.0", "v1.37.2")))
    return final_of(path)


def last_client(scenario: Scenario) -> dict[str, Any]:
    *_, last = scenario.clients()
    return last.resource


@pytest.mark.parametrize("path", SCENARIOS, ids=[path.stem for path in SCENARIOS])
def test_the_scenario_of_a_report_leads_to_the_verdict_that_it_reports(path: Path, tmp_path: Path) -> None:
    final = final_of(path)
    written = {**last_client(load(path)), "status": status_document(final)}
    found = Look(client_of(written), Operators(), Part(), Part(), NOW)
    assert verdict(replayed(found, tmp_path)) == verdict(final)


def verdict(status: Status) -> tuple[str, str] | None:
    ready = status.condition(ConditionType.READY)
    return (ready.status.value, ready.reason) if ready else None


# --- what is in it ---------------------------------------------------------------------------------------------------

CANARY = "canary"


def grown(schema: dict[str, Any], words: bool) -> Any:
    """A value of a schema with a canary in each field that a user may write; `words`: closed sets hold their words."""
    match schema.get("type"):
        case "object":
            fields = {name: grown(inner, words) for name, inner in schema.get("properties", {}).items()}
            return {**fields, CANARY: CANARY}
        case "array":
            return [grown(schema["items"], words)]
        case "integer" | "number":
            return 7
        case "boolean":
            return True
        case _:
            if words and "enum" in schema:
                return schema["enum"][0]
            return ago(60) if words and schema.get("format") == "date-time" else f"{CANARY}-of-a-user"


def canaries(words: bool, without: str) -> Look:
    version = custom_resource_definition()["spec"]["versions"][0]
    fields = version["schema"]["openAPIV3Schema"]["properties"]
    metadata = dict.fromkeys(("name", "namespace", "uid", "creationTimestamp"), CANARY)
    labelled = {**metadata, "labels": {CANARY: CANARY}, "annotations": {CANARY: CANARY}}
    written = {"metadata": labelled, **{part: grown(fields[part], words) for part in ("spec", "status")}}
    written["spec"]["target"].pop(without, None)
    event = dict.fromkeys(("type", "reason", "message", "firstTimestamp", "lastTimestamp", CANARY), CANARY)
    waiting = {"state": {"waiting": {"reason": CANARY, "message": CANARY}}, "name": CANARY, "restartCount": 3}
    pod = {"metadata": labelled, "status": {"phase": CANARY, "containerStatuses": [waiting], CANARY: CANARY}}
    watches = Operators((Watch(CANARY, 2, 15),))
    return Look(client_of(written), watches, Part((event,)), Part((pod,)), NOW)


@pytest.mark.parametrize("words", [True, False])
@pytest.mark.parametrize("without", ["", "cloud"])
def test_nothing_that_a_user_wrote_is_in_it(words: bool, without: str) -> None:
    seen = canaries(words, without)
    text = yaml.safe_dump(document(seen, "0.1.0", CANARY))
    assert CANARY not in text
    hidden = seen._replace(events=Part(missing=CANARY), pods=Part(missing=CANARY), operators=Operators(missing=CANARY))
    assert CANARY not in yaml.safe_dump(document(hidden, "0.1.0", CANARY))


def test_what_belongs_together_has_the_same_name(tmp_path: Path) -> None:
    pod = {"metadata": {"name": "core-1"}, "status": {"phase": "Running", "containerStatuses": [{"restartCount": 4}]}}
    event = {"type": "Warning", "reason": "FailoverStalled", "message": "x", "count": 2, "lastTimestamp": ago(5)}
    found = document(look(resource(), pods=Part((pod,)), events=Part((event,))), "0.1.0", "v1.37.2")
    report = found["report"]
    assert report["pods"] == [{"pod": "coreapp-1", "phase": "Running", "ready": False, "restarts": 4}]
    assert [each["name"] for each in report["status"]["nodes"]] == ["coreapp-0", "coreapp-1", "master-0", "master-1"]
    assert report["events"] == [{"type": "Warning", "reason": "FailoverStalled", "count": 2, "last": ago(5)}]
    assert report["versions"] == {"wahealth": "0.1.0", "kubernetes": "v1.37.2", "client": "v2.53.1"}
    assert (report["verdict"], report["reason"]) == ("DOWN", "Disconnected")
    assert "coreapp-1" in yaml.safe_dump(found["steps"])
    assert verdict(replayed(look(resource()), tmp_path)) == ("False", "Disconnected")


@pytest.mark.parametrize(
    "document_of",
    [
        healthy(),
        resource(),
        resource(conditions=[]),
        resource(topology={"nodes": [node("a", "later_role", "Later", gatewayStatus="Later")]}),
        resource(conditions=[condition("Later", "Later", "Later", "x")], history=[state(5, "Later", "Later")]),
        {"metadata": {"name": "x"}},
    ],
)
def test_every_report_is_a_scenario(document_of: dict[str, Any], tmp_path: Path) -> None:
    replayed(look(document_of), tmp_path)
