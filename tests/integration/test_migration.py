"""A client that was stored under an earlier CustomResourceDefinition becomes a number by one edit of its spec."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import yaml

from support.clients import FAST, matches, reasons, simulated
from support.cloud import SimulatedCloud, simulated_cloud
from support.pages import commands, fences
from support.resources import MINIMAL, Resource, crd_before_cloud, numbered
from support.worlds import Worlds, the_key_is_shown_nowhere
from wahealth.api.crd import custom_resource_definition
from wahealth.api.v1alpha1 import KIND
from wahealth.playground import manifests
from wahealth.playground.cluster.control_plane import ControlPlaneFailed
from wahealth.playground.environment import Environment, until
from wahealth.playground.simulator.cloud.settings import TOKEN

PAGE, NAME = "docs/cloud.md", "support"
NAMESPACES = ("patched", "applied", "untouched")


def shown(language: str, part: str) -> str:
    """The fence of the page that has this part."""
    return next(fence.text for fence in fences(PAGE) if fence.language == language and part in fence.text)


PATCH, DIFF = shown("yaml", "workload: null"), shown("text", "+  target")
ID = yaml.safe_load(PATCH)["spec"]["target"]["cloud"]["phoneNumberID"]


class Migrating(NamedTuple):
    """The world with two clients as they were stored, and the simulated Cloud API with their number."""

    world: Environment
    cloud: SimulatedCloud
    stored: dict[str, Resource]  # by namespace

    def client(self, namespace: str) -> Resource:
        return self.world.client(namespace, NAME)

    def waits(self, namespace: str, **wanted: Any) -> Resource:
        """Until the status has these: `ready` is the reason of Ready."""
        what = f"{namespace} with {wanted}"
        until(lambda: matches(self.client(namespace)["status"], wanted), what, 90)
        return self.client(namespace)

    def refused(self, namespace: str) -> int:
        """How often its waweb or the Cloud API was shown a credential that is not theirs."""
        pods = [one for one in self.world.control.get("/").json()["pods"] if one["namespace"] == namespace]
        asked = [*pods, self.cloud.control.get("/").json()["counts"][ID]]
        assert all(one["requests"] for one in asked)
        return sum(one.get("refused", 0) for one in asked)


@pytest.fixture(scope="module")
def migrating(worlds: Worlds) -> Iterator[Migrating]:
    with worlds.own() as world, simulated_cloud("--port=0") as ready:
        ca = world.plane.directory / "cloud-ca.crt"
        ca.write_text(ready["ca"])
        stored = _stored(world)
        world.apply([custom_resource_definition()])
        until(lambda: "cloud" in _taken(world, numbered())["target"], "numbers are known")
        world.start_operator(["--allow-cloud", f"--cloud-origin={ready['url']}", f"--egress-ca-file={ca}"])
        with httpx.Client(base_url=ready["control"], trust_env=False) as control:
            cloud = SimulatedCloud(ready["url"], control, control)
            cloud.set(f"numbers/{ID}", status="CONNECTED")
            yield Migrating(world, cloud, stored)
        the_key_is_shown_nowhere(world)


def _stored(world: Environment) -> dict[str, Resource]:
    world.apply([crd_before_cloud()])
    until(lambda: "periodSeconds" in _taken(world, MINIMAL)["probe"], "the earlier schema is in force")
    clients = tuple(simulated(namespace, NAME, settings={"shards": 1, **FAST}) for namespace in NAMESPACES)
    world.apply(manifests.namespaces(clients, world.ca))
    world.apply(_leaves_to_defaults(one) for client in clients for one in manifests.objects(client, world.port))
    world.apply(_token(namespace) for namespace in NAMESPACES)
    return {namespace: world.client(namespace, NAME) for namespace in NAMESPACES}


def _leaves_to_defaults(document: Resource) -> Resource:
    """A resource without `probe` and `grace`; any other object as it is."""
    kept = {name: value for name, value in document.get("spec", {}).items() if name not in {"probe", "grace"}}
    return document | {"spec": kept} if document["kind"] == KIND else document


def _taken(world: Environment, resource: Resource) -> Resource:
    """The spec as the API server would store it; nothing of it if it refuses the resource."""
    flags = ("create", "--dry-run=server", "-o", "json", "-f", "-")
    try:
        taken: Resource = json.loads(world.plane.kubectl(*flags, input=yaml.safe_dump(resource)))["spec"]
    except ControlPlaneFailed:
        return {"target": {}, "probe": {}}
    return taken


def _token(namespace: str) -> Resource:
    secret: Resource = yaml.safe_load(shown("yaml", "kind: Secret"))
    secret["metadata"]["namespace"] = namespace
    return secret | {"stringData": {"token": TOKEN}}


def patch(world: Environment, folder: Path) -> None:
    """The merge patch of the page, as the page says it."""
    (folder / "number.yaml").write_text(PATCH)
    [line] = commands(__file__, "docs/cloud.md")
    program, *typed = shlex.split(line.replace("acme", "patched").replace("number.yaml", f"{folder}/number.yaml"))
    assert program == "kubectl"
    world.plane.kubectl(*typed)


def apply(world: Environment, _: Path) -> None:
    """The manifest of the page after the edit, by the tool that has applied the one before."""
    world.apply([yaml.safe_load(_side("+").replace("acme", "applied"))])


def _side(mark: str) -> str:
    """The manifest of the page before (`-`) or after (`+`) the edit."""
    return "\n".join(line[1:] for line in DIFF.splitlines() if line[0] in {" ", mark})


def test_the_manifest_of_the_page_is_a_client_before_the_edit(migrating: Migrating) -> None:
    before = yaml.safe_load(_side("-").replace("acme", "default"))
    assert _taken(migrating.world, before)["target"]["workload"]["name"] == "whatsapp-web-deployment"


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_all_defaults_are_stored(migrating: Migrating, namespace: str) -> None:
    spec = migrating.stored[namespace]["spec"]
    assert spec["probe"] == {"periodSeconds": 30, "failureThreshold": 3, "successThreshold": 1}
    assert spec["target"].keys() == {"workload", "scheme", "path", "scope"}
    assert spec["apiKeyRotation"]["restartPolicy"] == "Never"
    assert spec["pods"] == {"roleLabels": "Disabled", "readinessGates": "Disabled"}


def test_a_stored_default_outlives_a_manifest_that_never_named_it(migrating: Migrating) -> None:
    """So the page names a period."""
    after = yaml.safe_load(_side("+").replace("acme", "untouched"))
    del after["spec"]["probe"]
    flags = ("apply", "--server-side", "--dry-run=server", "-o", "json", "-f", "-")
    taken = json.loads(migrating.world.plane.kubectl(*flags, input=yaml.safe_dump(after)))["spec"]
    assert taken["target"]["cloud"]
    assert taken["probe"]["periodSeconds"] == 30


@pytest.mark.parametrize(("namespace", "edit"), [("patched", patch), ("applied", apply)])
def test_one_edit_makes_it_a_number(
    migrating: Migrating, namespace: str, edit: Callable[[Environment, Path], None], tmp_path: Path
) -> None:
    before = migrating.waits(namespace, ready="Available", mode="HighAvailability")
    assert before["spec"] == migrating.stored[namespace]["spec"]
    until(lambda: _age(before) > 2, "a new time could be told from these")
    edit(migrating.world, tmp_path)
    after = migrating.waits(namespace, ready="Available", mode="CloudAPI")
    for name in ("name", "uid", "creationTimestamp"):
        assert after["metadata"][name] == before["metadata"][name]
    assert _since(after).items() >= _since(before).items()
    assert after["status"]["cloud"]["periodSeconds"] == 300
    assert {"ModeDetected", "GatewayConnected"} <= set(reasons(migrating.world, NAME, namespace))
    assert migrating.refused(namespace) == 0


def _since(client: Resource) -> dict[str, tuple[str, str]]:
    """By type of condition: what it is and since when."""
    return {one["type"]: (one["status"], one["lastTransitionTime"]) for one in client["status"]["conditions"]}


def _age(client: Resource) -> float:
    """Seconds since the newest of its conditions' times."""
    times = [datetime.fromisoformat(since) for _, since in _since(client).values()]
    return (datetime.now(UTC) - max(times)).total_seconds()
