"""A fleet on a real API server: resources of 100, 1,000 and 10,000 clients, whose targets answer from one process.

What is measured where: probes at the targets, CPU and memory by the kernel, writes and requests by the operator's own
metrics, the time to a status by a look at all resources.
"""

from __future__ import annotations

import asyncio
import base64
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from prometheus_client.parser import text_string_to_metric_families

from bench.targets import KEY, NAME, PORT, Targets, host, serving
from support.process import child_of, cpu, machine, peak
from wahealth.api.v1alpha1 import API_VERSION, KIND, PLURAL
from wahealth.kube.apiserver.api import ApiServer
from wahealth.kube.apiserver.lists import Collection, pages
from wahealth.kube.apiserver.session import signed_in
from wahealth.kube.cluster import RESOURCES
from wahealth.playground.environment import Environment, until

SPACES = 20
PERIOD = 30.0
WINDOW = 60.0
COSTS: dict[int, float] = {}  # milliseconds of CPU a probe, by size


class Goal(NamedTuple):
    name: str
    found: str
    goal: str = ""


class Operator:
    def __init__(self, environment: Environment, hosts: int, tree: Path | None = None) -> None:
        """`tree`: the checked out sources of another build; None: this one."""
        self._environment = environment
        names = [NAME, *(host(i) for i in range(hosts))]
        admitted = {"WAHEALTH_ALLOW_URL_HOSTS": ",".join(names)}
        self._env = {**os.environ, **admitted, "WAHEALTH_ALLOW_URL_NETWORKS": "127.1.0.0/16"}
        if tree is not None:
            self._env["PYTHONPATH"] = str(tree / "operator")

    def start(self) -> float:
        """Seconds until it has seen all and leads."""
        began = time.monotonic()
        self._process = self._environment.start_operator(env=self._env)
        until(self._is_ready, "ready", 300)
        return time.monotonic() - began

    def stop(self) -> None:
        self._environment.stop_operator()

    @property
    def pid(self) -> int:
        return child_of(self._process.pid)

    def get(self, page: str) -> httpx.Response:
        return httpx.get(f"http://{self._environment.listen}{page}", trust_env=False, timeout=60)

    def sums(self) -> dict[str, float]:
        """Of the counters of the operator itself."""
        found: dict[str, float] = {}
        names = ("wahealth_status_writes_total", "wahealth_api_requests_total")  # all else costs, with a fleet
        page = self.get(f"/metrics?{'&'.join(f'name[]={name}' for name in names)}")
        for family in text_string_to_metric_families(page.text):
            for sample in family.samples:
                name = f"{sample.name}/{sample.labels.get('verb') or sample.labels.get('result')}"
                found[name] = found.get(name, 0) + sample.value
        return found

    def _is_ready(self) -> bool:
        try:
            return self.get("/readyz").status_code == 200
        except httpx.HTTPError:
            return False


def resource(number: int) -> dict[str, Any]:
    spec = {
        "target": {"url": f"https://{host(number)}:{PORT}"},
        "auth": {"apiKey": {"secretKeyRef": {"name": "key"}}},
        "tls": {"caRef": {"kind": "ConfigMap", "name": "ca"}, "serverName": NAME},
        "probe": {"periodSeconds": int(PERIOD), "timeoutSeconds": 5},
    }
    metadata = {"name": f"c{number:05}", "namespace": f"bench-{number % SPACES}"}
    return {"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "spec": spec}


def spaces(targets: Targets) -> Iterator[dict[str, Any]]:
    for number in range(SPACES):
        name = f"bench-{number}"
        key = base64.b64encode(KEY.encode()).decode()
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        yield {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "key", "namespace": name},
            "data": {"WA_API_KEY": key},
        }
        ca = {"ca.crt": targets.ca.read_text()}
        yield {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ca", "namespace": name}, "data": ca}


async def create(environment: Environment, numbers: range) -> None:
    async with ApiServer(await signed_in(environment.plane.kubeconfig)) as api:

        async def one(document: dict[str, Any]) -> None:
            await api.create(f"{RESOURCES}/namespaces/{document['metadata']['namespace']}/{PLURAL}", document)

        for first in range(numbers.start, numbers.stop, 500):
            await asyncio.gather(*(one(resource(i)) for i in range(first, min(first + 500, numbers.stop))))


async def gateways(environment: Environment) -> list[str]:
    async with ApiServer(await signed_in(environment.plane.kubeconfig)) as api:
        listed = pages(api, Collection(f"{RESOURCES}/{PLURAL}"))
        return [item["status"]["gateway"] async for page in listed for item in page["items"]]


@contextmanager
def stalls(operator: Operator) -> Iterator[list[float]]:
    """How long `/livez` took, asked again and again by another thread."""
    found: list[float] = []
    done = threading.Event()

    def ask() -> None:
        with httpx.Client(trust_env=False, timeout=60) as client:
            while not done.is_set():
                began = time.perf_counter()
                client.get(f"http://{operator._environment.listen}/livez")
                found.append(time.perf_counter() - began)
                time.sleep(0.01)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield found
    finally:
        done.set()
        thread.join()


def measured(n: int, before: int, operator: Operator, environment: Environment, targets: Targets) -> Iterator[Goal]:
    writes = operator.sums().get("wahealth_status_writes_total/written", 0)
    began = time.monotonic()
    asyncio.run(create(environment, range(before, n)))
    created = time.monotonic()
    yield Goal(f"{n - before:,} created in", f"{created - began:.1f} s")
    wanted = writes + n - before
    until(lambda: operator.sums().get("wahealth_status_writes_total/written", 0) >= wanted, "first status of all", 600)
    yield Goal("first status of all after the last was created", f"{time.monotonic() - created:.1f} s", "≤ 120 s")
    told = time.monotonic()
    quiet(operator)
    yield Goal("and of their events, which come second", f"{time.monotonic() - told:.0f} s later")
    more = operator.sums()["wahealth_status_writes_total/written"] - wanted
    yield Goal("status writes beyond one each", f"{more:.0f}", "0")
    yield from idle(n, operator, targets)
    yield from scraped(operator)
    yield from changed(n, operator, environment, targets)


def quiet(operator: Operator) -> None:
    """Until nothing is created or patched for ten seconds."""
    before = -1.0
    while (now := written(operator.sums())) != before:
        before = now
        time.sleep(10)


def written(sums: dict[str, float]) -> float:
    return sum(sums.get(f"wahealth_api_requests_total/{verb}", 0) for verb in ("create", "patch"))


def idle(n: int, operator: Operator, targets: Targets) -> Iterator[Goal]:
    sums, used = operator.sums(), cpu(operator.pid)
    window = targets.window(n, PERIOD, WINDOW)
    used, after = cpu(operator.pid) - used, operator.sums()
    asked = [name for name in after if name.startswith("wahealth_api_requests_total")]
    requests = sum(after[name] - sums.get(name, 0) for name in asked)
    each = COSTS[n] = 1000 * used / max(1, window["Requests"])
    yield Goal("CPU a probe, all included", f"{each:.2f} ms", {10_000: "≤ 0.35 ms", 1_000: "≤ 0.5 ms"}.get(n, ""))
    yield Goal("of a core", f"{100 * used / WINDOW:.1f} %", "≤ 12 %" if n == 10_000 else "")
    yield Goal("peak memory", f"{peak(operator.pid):.0f} MB", "≤ 450 MB" if n == 10_000 else "")
    yield Goal("probes missed, as the targets saw it", f"{window['MissedPercent']:.3f} %", "≤ 0.1 %")
    yield Goal("late, 99th percentile / most", f"{window['LateP99'] * 1000:.0f} / {window['LateMax'] * 1000:.0f} ms")
    yield Goal("new connections", f"{window['Handshakes']}")
    yield Goal("API writes but the Lease, idle", f"{written(after) - written(sums):.0f}", "0")
    yield Goal("API requests, idle", f"{requests / WINDOW:.1f} a second", "< 40 a second")


def scraped(operator: Operator) -> Iterator[Goal]:
    with stalls(operator) as found:
        time.sleep(1)
        found.clear()
        began = time.perf_counter()
        page = operator.get("/metrics")
        took = time.perf_counter() - began
    series = sum(1 for line in page.text.splitlines() if not line.startswith("#"))
    yield Goal("a scrape", f"{took:.2f} s, {series:,} series, {len(page.content) / 2**20:.1f} MB")
    yield Goal("longest stall of the loop meanwhile", f"{1000 * max(found):.0f} ms", "≤ 100 ms")


def changed(n: int, operator: Operator, environment: Environment, targets: Targets) -> Iterator[Goal]:
    """A tenth, and no more than a hundred, lose their connection."""
    some = min(100, n // 10)
    writes = operator.sums()["wahealth_status_writes_total/written"]
    targets.ask(f"/set?from=0&to={some - 1}&status=disconnected")
    began = time.monotonic()
    until(lambda: operator.sums()["wahealth_status_writes_total/written"] >= writes + some, "all are told of", 300)
    bound = 3 * PERIOD + 5 + 2
    yield Goal(f"{some} broken clients are told of after", f"{time.monotonic() - began:.0f} s", f"≤ {bound:.0f} s")
    found = asyncio.run(gateways(environment)).count("Disconnected")
    yield Goal("resources that say so", f"{found}", f"{some}")
    targets.ask(f"/set?from=0&to={some - 1}&status=connected")
    until(lambda: operator.sums()["wahealth_status_writes_total/written"] >= writes + 2 * some, "all are well", 300)


def run(sizes: list[int]) -> None:
    say = lambda text: print(text, file=sys.stderr)  # noqa: E731
    print(f"A fleet on a real API server, period {PERIOD:g} s ({machine()})\n")
    with Environment(say=say) as environment, serving() as targets:
        environment.apply(spaces(targets))
        operator = Operator(environment, max(sizes))
        operator.start()
        before = 0
        for n in sizes:
            print(f"{n:,} resources")
            for goal in measured(n, before, operator, environment, targets):
                print(f"  {goal.name:<50} {goal.found:<40} {goal.goal}", flush=True)
            before = n
        least, most = min(COSTS), max(COSTS)
        print(f"  {f'a probe at {most:,} costs, of one at {least:,}':<50} {COSTS[most] / COSTS[least]:.2f} times")
        operator.stop()
        found = operator.start()
        print(f"  {'a new process has seen all after':<50} {f'{found:.1f} s':<40} ≤ 8 s")
        print(f"  {'its peak memory':<50} {peak(operator.pid):.0f} MB")
