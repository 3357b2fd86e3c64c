"""WhatsAppClients as they stand in a cluster: whatever the operator writes in the scenarios, and what it does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from wahealth.api.crd import structural_schema
from wahealth.api.v1alpha1 import API_VERSION, KIND
from wahealth.simulate.parse import load
from wahealth.simulate.replay import Replay

TESTS = Path(__file__).parents[2]
SCENARIOS = sorted((TESTS / "scenarios").glob("*.yaml"))
Object = dict[str, Any]


@dataclass(frozen=True)
class Written:
    """A status write of a scenario, and the generation that the resource had then."""

    scenario: str
    at: float
    generation: int
    status: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.scenario} at {self.at:g} s"


@cache
def written(scenario: Path) -> tuple[Written, ...]:
    return tuple(_writes(scenario))


def _writes(path: Path) -> Iterator[Written]:
    scenario = load(path)
    for entry in Replay(scenario, path.parent).timeline():
        if entry.status is not None:
            edits = sum(bool(step.client) for step in scenario.steps if step.at <= entry.at)
            yield Written(path.stem, entry.at, 1 + edits, entry.status)


def resource(status: dict[str, Any], generation: int, **metadata: Any) -> Object:
    about = {"name": "support", "namespace": "acme", "generation": generation, **metadata}
    return {"apiVersion": API_VERSION, "kind": KIND, "metadata": about, "status": status}


def fresh() -> Object:
    """As the API server makes it: the schema's default status."""
    return resource(structural_schema()["properties"]["status"]["default"], 1)


def at(scenario: str, seconds: float) -> Object:
    """The resource as of the write that the scenario makes then."""
    found = [w for w in written(TESTS / "scenarios" / f"{scenario}.yaml") if w.at == seconds]
    assert len(found) == 1, f"{scenario} writes no status at {seconds:g} s"
    return resource(found[0].status, found[0].generation)


def edited(before: Object) -> Object:
    """A moment after an edit: the operator has not seen it."""
    return resource(before["status"], before["metadata"]["generation"] + 1)


def deleting(before: Object) -> Object:
    """Held by a finalizer of somebody else."""
    metadata = {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["example.com/held"]}
    return resource(before["status"], before["metadata"]["generation"], **metadata)
