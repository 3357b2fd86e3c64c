"""Where waweb answers: a Service by its pods or as one, a host outside of the cluster, plain HTTP."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import yaml

from support.clients import CANARY, FAST, WaitFor, conditions, simulated
from support.worlds import OUTSIDE
from wahealth.playground import manifests
from wahealth.playground.environment import Environment, until

CLIENT = simulated("targets", "shop", 1, 0, 2, CANARY, FAST)
SERVICE = {"name": "shop-web"}


@pytest.fixture(scope="module")
def added(environment: Environment) -> None:
    environment.add(CLIENT)


@pytest.fixture(autouse=True)
def undisturbed(environment: Environment, added: None) -> None:
    """Whatever the test before has left."""
    environment.plane.kubectl("replace", "-f", "-", input=yaml.safe_dump(manifests.resource(CLIENT, environment.port)))
    environment.plane.kubectl("scale", "deployment", "shop-web", "-n", "targets", f"--replicas={CLIENT.webs}")
    environment.apply([service(environment)])
    until(lambda: len(addresses(environment)) == CLIENT.webs, "the web pods", 60)


def service(environment: Environment, **more: Any) -> dict[str, Any]:
    selector = {manifests.CLIENT_LABEL: CLIENT.name, manifests.ROLE_LABEL: "web"}
    spec = {"selector": selector, "ports": [{"port": 443, "targetPort": environment.port}]} | more
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "shop-web", "namespace": "targets"},
        "spec": spec,
    }


def ask(environment: Environment, target: dict[str, Any], tls: bool = True) -> int:
    """The new generation of the resource with that target."""
    resource = manifests.resource(CLIENT, environment.port)
    resource["spec"]["target"] = target
    if not tls:
        del resource["spec"]["tls"]
    environment.plane.kubectl("replace", "-f", "-", input=yaml.safe_dump(resource))
    return int(environment.client("targets", "shop")["metadata"]["generation"])


def endpoints(status: dict[str, Any]) -> dict[str, str]:
    return {endpoint["pod"]: endpoint["address"] for endpoint in status["endpoints"]}


def addresses(environment: Environment) -> dict[str, str]:
    webs = [pod for pod in environment.pods("targets") if pod["metadata"]["labels"][manifests.ROLE_LABEL] == "web"]
    return {pod["metadata"]["name"]: pod["status"]["podIP"] for pod in webs}


def test_the_pods_behind_a_service(environment: Environment, wait_for: WaitFor) -> None:
    now = ask(environment, {"service": SERVICE})
    assert endpoints(wait_for("targets", "shop", ready="Available", observedGeneration=now)) == addresses(environment)


def test_a_service_as_one(environment: Environment, wait_for: WaitFor) -> None:
    now = ask(environment, {"service": SERVICE, "scope": "Service"})
    status = wait_for("targets", "shop", ready="Available", observedGeneration=now)
    assert endpoints(status) == {"shop-web": "shop-web.targets.svc"}


def test_a_service_that_leads_out(environment: Environment, wait_for: WaitFor) -> None:
    ask(environment, {"service": SERVICE})
    outside = {"type": "ExternalName", "externalName": "evil.example.com", "selector": None, "ports": None}
    environment.plane.kubectl("delete", "service", "shop-web", "-n", "targets")
    status = wait_for("targets", "shop", ready="TargetNotFound")
    environment.apply([service(environment, **outside)])
    status = wait_for("targets", "shop", ready="TargetForbidden")
    assert "ExternalName" in message(status)
    environment.plane.kubectl("delete", "service", "shop-web", "-n", "targets")
    environment.apply([service(environment)])
    wait_for("targets", "shop", ready="Available")


def test_a_host_outside_of_the_cluster(environment: Environment, wait_for: WaitFor) -> None:
    with waweb(environment, OUTSIDE) as server:
        now = ask(environment, {"url": f"https://{OUTSIDE}:{server.server_port}"})
        status = wait_for("targets", "shop", ready="Available", observedGeneration=now)
        assert endpoints(status) == {f"{OUTSIDE}:{server.server_port}": OUTSIDE}


def test_a_host_that_is_not_admitted(environment: Environment, wait_for: WaitFor) -> None:
    ask(environment, {"url": "https://metadata.example.com"})
    status = wait_for("targets", "shop", ready="TargetForbidden")
    assert "metadata.example.com" in message(status)
    assert "--allow-url-hosts" in message(status)


def test_plain_http_to_another_path_is_said(environment: Environment, wait_for: WaitFor) -> None:
    environment.plane.kubectl("scale", "deployment", "shop-web", "-n", "targets", "--replicas=1")
    until(lambda: len(addresses(environment)) == 1, "one web pod", 30)
    (one,) = addresses(environment).values()
    with waweb(environment, one, tls=False, path="/proxied/v1/health") as server:
        workload = {"name": "shop-web", "port": server.server_port}
        now = ask(environment, {"workload": workload, "scheme": "HTTP", "path": "/proxied/v1/health"}, tls=False)
        status = wait_for("targets", "shop", ready="Available", observedGeneration=now)
        assert conditions(status)["Accepted"] == ("True", "Accepted")
        assert "goes to whoever answers: spec.target.scheme is HTTP" in message(status)


def message(status: dict[str, Any]) -> str:
    return next(str(c["message"]) for c in status["conditions"] if c["type"] == "Accepted")


@contextmanager
def waweb(environment: Environment, host: str, tls: bool = True, path: str = "/v1/health") -> Iterator[Any]:
    """A single instance that is connected, at a place of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            knows = self.headers["Authorization"] == f"Apikey {CANARY}" and self.path == path
            body = json.dumps({"health": {"gateway_status": "connected"}}).encode() if knows else b""
            self.send_response(200 if knows else 401)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((host, 0), Handler)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(environment.plane.directory / "waweb.crt", environment.plane.directory / "waweb.key")
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
