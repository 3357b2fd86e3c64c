"""The operator's own process in trouble: it stands still, starves, lacks descriptors, nobody reads its log, its clock
jumps, it is told to stop. Rows P1 to P11 of the fault matrix: no client is ever marked for it."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from support.clients import PERIOD
from support.faulty import Asked, Fault
from support.storm import CLIENTS, SPACE, STATUS, Replica, Storm, weathered
from support.worlds import Worlds
from wahealth.playground.cluster.command_lines import free_ports
from wahealth.playground.environment import POD_NETWORKS, SYSTEM, until
from wahealth.playground.manifests import ROLE_LABEL

STANDS_STILL = 60.0  # seconds
FAKETIME = next(map(str, Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)


@pytest.fixture(scope="module")
def world(worlds: Worlds) -> Iterator[Storm]:
    with worlds.own() as world, weathered(world, *CLIENTS) as storm:
        storm.start()
        until(lambda: _status(storm, "ha").get("redundancy"), "a verdict", 90)
        yield storm


@pytest.fixture
def storm(world: Storm) -> Storm:
    """All are well, whatever the test before has left."""
    if not world.operator.is_alive():
        world.start()
    for name in ("single", "ha"):
        world.environment.set_client(SPACE, name, gateway_status=None)
        until(lambda name=name: _ready(world, name) == "True", f"{name} is ready", 90)  # type: ignore[misc]
    world.until_quiet()
    return world


def at_most(seconds: float) -> float:
    """So often three web pods are asked in that time, with one more each for the edge."""
    return 3 * (seconds / PERIOD + 1)


def _status(storm: Storm, name: str) -> dict[str, Any]:
    status: dict[str, Any] = storm.environment.client(SPACE, name)["status"]
    return status


def nothing_is_written(storm: Storm, since: float) -> None:
    assert [one for one in storm.proxy.since(since) if one.writes and one.resource != "leases"] == []


def test_after_a_minute_of_standing_still_nothing_is_caught_up_on_and_nobody_blamed(storm: Storm) -> None:
    operator, began = storm.operator, time.monotonic()
    operator.signal(signal.SIGSTOP)
    time.sleep(STANDS_STILL)
    operator.signal(signal.SIGCONT)
    until(operator.is_up, "it answers", 90)
    probes = storm.probes()
    began_again = time.monotonic()
    time.sleep(PERIOD)
    assert storm.probes() - probes <= at_most(time.monotonic() - began_again)
    until(lambda: storm.probes() - probes >= 3, "it asks on", 90)
    assert operator.get("/livez").status_code == 200
    nothing_is_written(storm, began)


def test_with_five_percent_of_a_core_nobody_is_blamed(storm: Storm) -> None:
    operator, began = storm.operator, time.monotonic()
    while time.monotonic() - began < 25:
        operator.signal(signal.SIGSTOP)
        time.sleep(0.95)
        operator.signal(signal.SIGCONT)
        time.sleep(0.05)
    assert operator.is_alive()
    nothing_is_written(storm, began)
    until(lambda: operator.is_up() and operator.get("/readyz").status_code == 200, "ready again", 90)


def test_without_a_descriptor_left_nobody_is_blamed(storm: Storm) -> None:
    operator = storm.operator
    limits = resource.prlimit(operator.pid, resource.RLIMIT_NOFILE)
    probes, before = storm.probes(), _unreachable(storm)
    there = sum(1 for _ in Path(f"/proc/{operator.pid}/fd").iterdir())
    web_pods = f"{ROLE_LABEL}=web"  # those alone: without its coreapp waweb answers that it is unreachable, rightly
    storm.kubectl("delete", "pods", "-l", web_pods, "-n", SPACE, "--wait=false")  # new connections are needed now
    resource.prlimit(operator.pid, resource.RLIMIT_NOFILE, (there - 3, limits[1]))
    time.sleep(12)
    assert operator.is_alive()
    resource.prlimit(operator.pid, resource.RLIMIT_NOFILE, limits)
    until(lambda: operator.is_up() and storm.probes() - probes >= 3, "it asks again", 90)
    for name in ("single", "ha"):
        until(lambda name=name: _ready(storm, name) == "True", f"{name} is ready", 90)  # type: ignore[misc]
    assert _unreachable(storm) == before


def _unreachable(storm: Storm) -> list[tuple[str, str]]:
    """Of each Warning that a client is: its name, and what it says."""
    found = [one for one in storm.environment.events(SPACE) if one["reason"] == "HealthNodeUnreachable"]
    return [(one["metadata"]["name"], one["message"]) for one in found]


def _ready(storm: Storm, name: str) -> str:
    conditions = _status(storm, name)["conditions"]
    return next((str(one["status"]) for one in conditions if one["type"] == "Ready"), "")


@pytest.mark.alone
def test_a_log_that_nobody_reads_holds_up_nothing(storm: Storm) -> None:
    """A pipe of one page, full at once; thousands of lines."""
    listen = f"127.0.0.1:{free_ports(1)[0]}"
    read, write = os.pipe()
    os.set_blocking(write, False)
    while True:
        try:
            os.write(write, b"." * 4096)
        except BlockingIOError:
            break
    os.set_blocking(write, True)
    argv = [sys.executable, "-m", "wahealth", "operator", "--kubeconfig", str(storm.environment.kubeconfig())]
    argv += ["--listen", listen, "--lease-namespace", SYSTEM, "--lease-name", "mute", *POD_NETWORKS]
    process = subprocess.Popen([*argv, "--log-level", "debug"], stderr=write, stdout=write)
    try:
        os.close(write)
        mute = Replica("mute", storm.operator.process, listen)
        until(lambda: mute.is_up() and mute.metric("wahealth_probes_total") >= 3, "it asks", 90)
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert process.wait(15) == 0
        assert time.monotonic() - began <= 10
    finally:
        process.kill()
        process.wait()
        os.close(read)


@pytest.mark.skipif(FAKETIME is None, reason="libfaketime is not installed (Debian: apt-get install faketime)")
@pytest.mark.parametrize("jump", [-3600, 3600])
def test_a_wall_clock_that_jumps_by_an_hour_moves_no_verdict_and_no_time_back(storm: Storm, jump: int) -> None:
    """libfaketime moves the wall clock of one process, and leaves the monotonic clock alone as a real jump does."""
    storm.environment.stop_operator()
    storm.begin_anew("single")  # a time that was said is not taken back
    shift = storm.environment.plane.directory / f"shift{jump}"
    shift.write_text("+0")
    env = {
        **os.environ,
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(shift),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
    operator = Replica("shifted", storm.environment.start_operator(storm.flags, env=env), storm.environment.listen)
    until(lambda: operator.is_up() and operator.metric("wahealth_probes_total") >= 6, "it asks", 90)
    before = _status(storm, "single")
    shift.write_text(f"{jump:+}")
    probes = operator.metric("wahealth_probes_total")
    began = time.monotonic()
    until(lambda: operator.metric("wahealth_probes_total") - probes >= 9, "its rhythm is another clock's", 90)
    assert operator.metric("wahealth_probes_total") - probes <= at_most(time.monotonic() - began)
    assert _status(storm, "single") == before
    storm.environment.set_client(SPACE, "single", gateway_status="disconnected")
    until(lambda: _ready(storm, "single") == "False", "a transition", 90)
    after = _status(storm, "single")
    assert _times(after)[-1] >= _times(before)[-1]
    if jump < 0:  # a status never goes back behind a time that it has said already
        assert _times(after)[-1] <= datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    storm.environment.set_client(SPACE, "single", gateway_status=None)
    until(lambda: _ready(storm, "single") == "True", "a transition", 90)
    storm.environment.stop_operator()
    storm.start()
    until(storm.operator.is_up, "the next one", 90)


def _times(status: dict[str, Any]) -> list[str]:
    return sorted(one["lastTransitionTime"] for one in status["conditions"])


@pytest.mark.alone
def test_told_to_stop_in_the_middle_of_a_write_it_ends_in_order(storm: Storm) -> None:
    writing: list[float] = []

    def slow(asked: Asked) -> Fault | None:
        if asked.resource != STATUS:
            return None
        writing.append(asked.second)
        return Fault(delay=60)

    operator = storm.operator
    until(lambda: operator.metric("wahealth_leader") == 1, "it leads", 90)
    with storm.proxy.fault(slow, cut_streams=False):
        storm.environment.set_client(SPACE, "single", gateway_status="disconnected")
        until(lambda: writing, "a write", 90)
        began = time.monotonic()
        operator.signal(signal.SIGTERM)
        assert operator.ended(15) == 0
        assert time.monotonic() - began <= 10
    lease = storm.kubectl("get", "lease", "wahealth-operator", "-n", SYSTEM, "-o", "jsonpath={.spec.holderIdentity}")
    assert lease == ""
    storm.environment.set_client(SPACE, "single", gateway_status=None)
    storm.start()
    until(lambda: _ready(storm, "single") == "True", "the next one goes on", 90)


def test_an_address_that_is_taken_is_told_in_one_sentence(storm: Storm) -> None:
    argv = [sys.executable, "-m", "wahealth", "operator", "--kubeconfig", str(storm.environment.kubeconfig())]
    done = subprocess.run(
        [*argv, "--listen", storm.environment.listen], capture_output=True, text=True, check=False, timeout=180
    )
    assert done.returncode == 69
    assert done.stderr.strip() == f"wahealth: cannot listen on {storm.environment.listen}: name another with --listen."
