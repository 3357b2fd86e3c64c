"""Each manifest that people copy for their clients, applied as it is, and doing what its comment says."""

from __future__ import annotations

import json
import select
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from support.clients import CANARY, FAST, PROBE, WaitFor, conditions, reasons, simulated
from support.worlds import OUTSIDE
from wahealth.playground import manifests
from wahealth.playground.environment import Environment, until
from wahealth.playground.manifests import ClientManifests

EXAMPLES = Path(__file__).parents[2] / "manifests" / "examples"
USER, PASSWORD = "monitoring", f"{CANARY} {CANARY}"

Change = Callable[[dict[str, Any]], None]


def with_example(environment: Environment, example: str, client: ClientManifests, *changes: Change) -> None:
    """The client's objects under the names of the manifest, and the manifest; waweb listens on another port here."""
    namespace = client.namespace
    environment.apply(manifests.namespaces((client,), environment.ca))
    secrets = {"web-api-key": {"WA_API_KEY": CANARY}, "web-user": {"username": USER, "password": PASSWORD}}
    environment.apply(_secret(namespace, name, entries) for name, entries in secrets.items())
    for role, replicas in client.workloads.items():
        deployment = manifests.deployment(client, role, replicas, environment.port)
        deployment["metadata"]["name"] = f"whatsapp-{role}-deployment"
        for container in deployment["spec"]["template"]["spec"]["containers"]:
            for variable in container.get("env", ()):
                variable["valueFrom"]["secretKeyRef"]["name"] = "web-api-key"
        environment.apply([deployment])
    manifest = yaml.safe_load((EXAMPLES / f"{example}.yaml").read_text())
    assert manifest["metadata"]["name"] == client.name
    if workload := manifest["spec"]["target"].get("workload"):
        workload["port"] = environment.port
    manifest["spec"]["probe"] = PROBE
    for change in changes:
        change(manifest["spec"])
    environment.plane.kubectl("apply", "-n", namespace, "-f", "-", input=yaml.safe_dump(manifest))


def _secret(namespace: str, name: str, entries: dict[str, str]) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": entries}


def scale(environment: Environment, namespace: str, role: str, replicas: int) -> None:
    name = f"whatsapp-{role}-deployment"
    environment.plane.kubectl("scale", "deployment", name, "-n", namespace, f"--replicas={replicas}")


def test_a_single_instance(environment: Environment, wait_for: WaitFor) -> None:
    with_example(environment, "client-single", simulated("ex-single", "helpdesk", 1, 0, 1, CANARY, FAST))
    status = wait_for("ex-single", "helpdesk", ready="Available", mode="Single", gateway="Connected")
    assert conditions(status)["RedundancySatisfied"] == ("True", "NotApplicable")


def test_high_availability(environment: Environment, wait_for: WaitFor) -> None:
    client = simulated("ex-ha", "support", 2, 2, 1, CANARY, {"shards": 1, **FAST})
    with_example(environment, "client-high-availability", client)
    wait_for("ex-ha", "support", ready="Available", mode="HighAvailability")

    def with_spare() -> bool:
        found = conditions(environment.client("ex-ha", "support")["status"])
        return found["RedundancySatisfied"][0] == "True"

    until(with_spare, "a spare", 60)
    scale(environment, "ex-ha", "coreapp", 1)

    def without_spare() -> bool:
        found = conditions(environment.client("ex-ha", "support")["status"])
        return found["RedundancySatisfied"][0] == "False" and found["Ready"][0] == "True"

    until(without_spare, "no spare, and still ready", 60)


def test_multiconnect(environment: Environment, wait_for: WaitFor) -> None:
    settings = {"shards": 4, "multiconnect": True, **FAST}
    client = simulated("ex-mc", "marketing", 5, 2, 1, CANARY, settings)
    with_example(environment, "client-multiconnect", client)
    status = wait_for("ex-mc", "marketing", ready="Available", gateway="Connected", seconds=60)
    assert status["connected"]["summary"] == "4/4"
    scale(environment, "ex-mc", "coreapp", 3)
    status = wait_for("ex-mc", "marketing", gateway="PartiallyConnected", seconds=120)
    assert conditions(status)["Available"][0] == "True"
    assert conditions(status)["Ready"][0] == "True"


def test_an_external_client_that_is_logged_in_at(environment: Environment, wait_for: WaitFor) -> None:
    settings = {**FAST, "username": USER, "password": PASSWORD}
    client = simulated("ex-url", "archive", 1, 0, 1, CANARY, settings)

    def outside(spec: dict[str, Any]) -> None:
        spec["target"]["url"] = f"https://{OUTSIDE}:{port}"

    with relay() as (port, lead_to):
        with_example(environment, "client-external-url", client, outside)
        lead_to((web_address(environment, "ex-url"), environment.port))
        status = wait_for("ex-url", "archive", ready="Available", gateway="Connected", seconds=60)
        assert status["credentials"]["tokenExpiryTime"]
        assert [endpoint["pod"] for endpoint in status["endpoints"]] == [f"{OUTSIDE}:{port}"]


def web_address(environment: Environment, namespace: str) -> str:
    def address() -> str:
        webs = [pod for pod in environment.pods(namespace) if pod["metadata"]["labels"][manifests.ROLE_LABEL] == "web"]
        return "".join(pod["status"].get("podIP", "") for pod in webs)

    return str(until(address, "the address of the web pod", 30))


@contextmanager
def relay() -> Iterator[tuple[int, Callable[[tuple[str, int]], None]]]:
    """A host outside of the cluster that is a pod in truth: its port, and how it is told which."""
    targets: list[tuple[str, int]] = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection(targets[-1]) as onward:
                other = {self.request: onward, onward: self.request}
                while True:
                    for ready in select.select([*other], [], [])[0]:
                        if not (data := ready.recv(65536)):
                            return
                        other[ready].sendall(data)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server((OUTSIDE, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1], targets.append
        server.shutdown()
        thread.join()


def test_a_rotation_of_the_key(environment: Environment, wait_for: WaitFor) -> None:
    client = simulated("ex-rotation", "sales", 1, 0, 1, CANARY, FAST)
    with_example(environment, "client-key-rotation", client)
    wait_for("ex-rotation", "sales", ready="Available")
    patch = json.dumps({"stringData": {"WA_API_KEY": f"{CANARY}-2"}})
    environment.plane.kubectl("patch", "secret", "web-api-key", "-n", "ex-rotation", "-p", patch)
    told = "WebRestartTriggered"
    until(lambda: told in reasons(environment, "sales", "ex-rotation"), "the restart is told", 60)

    def in_use() -> bool:
        found = environment.client("ex-rotation", "sales")["status"]
        return found["credentials"].get("keyInUse") == "Current" and "RestartRequired" not in conditions(found)

    until(in_use, "the new key is in use", 60)
    assert "GatewayDisconnected" not in reasons(environment, "sales", "ex-rotation")


def test_maintenance(environment: Environment, wait_for: WaitFor) -> None:
    client = simulated("ex-maintenance", "support", 1, 0, 1, CANARY, FAST)
    with_example(environment, "client-maintenance", client)

    def patched(suspend: bool) -> None:
        body = json.dumps({"spec": {"suspend": suspend}})
        environment.plane.kubectl("patch", "wac", "support", "-n", "ex-maintenance", "--type=merge", "-p", body)

    def suspended() -> dict[str, Any] | None:
        status: dict[str, Any] = environment.client("ex-maintenance", "support")["status"]
        return status if "Suspended" in conditions(status) else None

    until(suspended, "it says that it is suspended", 30)
    patched(suspend=False)
    wait_for("ex-maintenance", "support", ready="Available")
    patched(suspend=True)
    status = until(suspended, "suspended again", 30)
    assert status["gateway"] == "Connected"  # the last status stands


def test_each_example_of_a_client_is_tried() -> None:
    tried = {"single", "high-availability", "multiconnect", "external-url", "key-rotation", "maintenance"}
    assert {path.stem.removeprefix("client-") for path in EXAMPLES.glob("client-*.yaml")} == tried
