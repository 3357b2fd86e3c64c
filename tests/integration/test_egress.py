"""The operator's own proxy: hosts outside are asked through it, pods never, and its faults are written nowhere."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
import yaml

from integration.test_targets import waweb
from support.clients import CANARY, FAST, PERIOD, WaitFor, conditions, forms_of, simulated
from support.egress import PASSWORD, USER, Egress, Switch, egress, status
from support.worlds import FLAGS, Worlds, the_key_is_shown_nowhere
from support.worlds import OUTSIDE as ELSEWHERE
from wahealth.playground import manifests
from wahealth.playground.environment import Environment, until

OUTSIDE = "waweb.example.com"  # admitted by the flags of all worlds
CLIENT, INSIDE = (simulated("egress", name, 1, 0, 1, CANARY, FAST) for name in ("outside", "inside"))


class Door:
    """The proxy, in a thread of its own."""

    def __init__(self) -> None:
        self.switch, self.proxy = Switch(), Egress()
        self._loop, self._ready, self._end = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._run()))

    async def _run(self) -> None:
        async with egress(self.switch) as self.proxy:
            self._ready.set()
            await self._end.wait()

    def __enter__(self) -> Door:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()
        self._loop.close()


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    with Door() as door:
        yield door


@pytest.fixture(scope="module")
def environment(worlds: Worlds, door: Door) -> Iterator[Environment]:
    """With an operator that has the proxy of its environment, and another one of the usual variables."""
    running = worlds.shared()
    running.stop_operator()
    url = f"http://{quote(USER, '')}:{quote(PASSWORD, '')}@127.0.0.1:{door.proxy.port}"
    running.start_operator(FLAGS, env={"WAHEALTH_EGRESS_PROXY": url, "HTTPS_PROXY": "http://127.0.0.1:9"})
    running.add(CLIENT, INSIDE)
    yield running
    the_key_is_shown_nowhere(running)
    running.stop_operator()  # whoever comes next starts their own


def test_a_host_outside_through_the_proxy_and_pods_beside_it(
    environment: Environment, door: Door, wait_for: WaitFor
) -> None:
    wait_for("egress", "inside", ready="Available")
    assert not _asked(door)
    with waweb(environment, "127.0.0.1") as server:
        door.switch.to = server.server_port
        resource = manifests.resource(CLIENT, environment.port)
        resource["spec"]["target"] = {"url": f"https://{OUTSIDE}"}
        environment.plane.kubectl("replace", "-f", "-", input=yaml.safe_dump(resource))
        status_ = wait_for("egress", "outside", ready="Available", observedGeneration=2)
        assert [(one["pod"], one["address"]) for one in status_["endpoints"]] == [(OUTSIDE, OUTSIDE)]
        assert _asked(door) == {f"CONNECT {OUTSIDE}:443 HTTP/1.1"}
        _its_own_fault_is_written_nowhere(environment, door)
        _a_rule_of_its_own_is_told_of_the_host(environment, door, wait_for)
    _what_signs_in_there_is_shown_nowhere(environment)


def _asked(door: Door) -> set[str]:
    """The request lines, without those for the clients outside that another module may have left in the world."""
    lines = {head.partition(b"\r\n")[0].decode() for head in door.proxy.heads}
    return {line for line in lines if not line.startswith(f"CONNECT {ELSEWHERE}:")}


def _its_own_fault_is_written_nowhere(environment: Environment, door: Door) -> None:
    door.switch.instead = status("407 Proxy Authentication Required")
    door.proxy.hang_up()
    before = _version(environment)
    until(lambda: _counted(environment) >= 4, "rounds that count for nothing", 20 * PERIOD)
    assert _version(environment) == before
    assert conditions(environment.client("egress", "inside")["status"])["Ready"] == ("True", "Available")
    assert environment.operator is not None
    log = environment.operator.log.read_text()
    assert f"the proxy 127.0.0.1:{door.proxy.port} wants another sign-in (HTTP 407)" in log


def _a_rule_of_its_own_is_told_of_the_host(environment: Environment, door: Door, wait_for: WaitFor) -> None:
    door.switch.instead = status("403 Forbidden")
    found = wait_for("egress", "outside", ready="ConnectionRefused", gateway="Unknown")
    assert conditions(found)["Available"][0] == "Unknown"
    said = next(one["message"] for one in found["conditions"] if one["type"] == "Reachable")
    assert f"the proxy 127.0.0.1:{door.proxy.port} does not allow it (HTTP 403)): allow the host and the port" in said
    door.switch.instead = None
    wait_for("egress", "outside", ready="Available")


def _version(environment: Environment) -> str:
    return str(environment.client("egress", "outside")["metadata"]["resourceVersion"])


def _counted(environment: Environment) -> float:
    text = httpx.get(f"http://{environment.listen}/metrics", trust_env=False).text
    line = next((one for one in text.splitlines() if one.startswith("wahealth_egress_proxy_faults_total{")), "0 0")
    return float(line.rpartition(" ")[2])


def _what_signs_in_there_is_shown_nowhere(environment: Environment) -> None:
    told = [*environment.clients(), *environment.plane.read("/api/v1/events")["items"]]
    logs = [log.read_text() for log in environment.plane.directory.glob("operator*.log")]
    metrics = httpx.get(f"http://{environment.listen}/metrics", trust_env=False).text
    said = [json.dumps(told, ensure_ascii=False), metrics, *logs]
    secrets = (*forms_of(USER), *forms_of(PASSWORD), quote(PASSWORD, ""))
    assert not [secret for secret in secrets for text in said if secret in text]
