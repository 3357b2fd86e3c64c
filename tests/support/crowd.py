"""Processes in which one namespace costs as much as it can beside others, over real sockets and without Kubernetes:

    crowd.py serve CA                         web pods on all of 127/8; writes whom to trust, prints their port
    crowd.py operate PORT CA LISTEN SECONDS    supervisor, rounds, prober and own pages; prints a report at its end

Web pods of 127.66/16 keep the dearest answers known until they can give them all at once; others are well.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from ipaddress import ip_network
from itertools import cycle
from pathlib import Path
from typing import Any

from bench.lone import Given, Nowhere
from fuzz.dear import Draft
from support.builders import resource
from support.scripted import CERTIFICATE, GOOD, KEY, answer, server_context
from wahealth.core.egress.hosts import Hosts
from wahealth.core.egress.networks import Networks
from wahealth.core.status import ConditionStatus, ConditionType
from wahealth.kube.entry import ResourceEntry
from wahealth.kube.gatherer import Gatherer
from wahealth.kube.inventory.inventory import Inventory
from wahealth.kube.isolation import IsolationGuard
from wahealth.kube.process.http_server import HealthServer
from wahealth.kube.process.lag import Lag
from wahealth.kube.reconciler import Action, Reconciler
from wahealth.kube.scheduler import Outside, Scheduler
from wahealth.kube.targets import Limits, Targets
from wahealth.probe import fd_limit
from wahealth.probe.client import Prober
from wahealth.probe.dns import Resolver

DEAR, OTHERS, PERIOD = 200, 20, 5.0
DEAR_HOST = "127.66.0.1"
NODES = Draft(
    [(f"é{n}".ljust(900, "x"), {"role": '"primary_master"', "gateway_status": '"odd"'}) for n in range(1000)],
    moved=True,
    escaped=False,
)
NUMBERS = Draft(beside=[f'"n":[{",".join(["1." + "7" * 40] * 19_900)}]', '"s":"\\ud83d\\ude00"'])
SHAPES = (NODES, NUMBERS)
AT_ONCE = 3.5  # seconds


class WebPod(asyncio.Protocol):
    """Answers each question, however it is asked."""

    dear: Iterator[bytes] = cycle([answer(shape.body(n)) for n in range(6) for shape in SHAPES])

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._is_dear = str(transport.get_extra_info("sockname")[0]).startswith("127.66.")

    def data_received(self, _: bytes) -> None:
        if self._is_dear:
            loop = asyncio.get_running_loop()
            loop.call_later(AT_ONCE - loop.time() % AT_ONCE, lambda: self._transport.write(next(self.dear)))
        else:
            self._transport.write(answer(GOOD))


async def serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(WebPod, "0.0.0.0", 0, ssl=server_context(), backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


class Crowd:
    """The operator but for the API server; `late` and `took` are those of the others, in seconds."""

    def __init__(self, port: int, ca: bytes) -> None:
        self.port, self.ca = port, ca
        self.late: list[float] = []
        self.took: list[float] = []
        self.rounds: defaultdict[str, int] = defaultdict(int)
        self.ready: dict[str, bool] = {}
        self._phases: dict[str, float] = {}

    async def run(self, listen: str, seconds: float) -> None:
        lag, inventory, played = Lag(), Inventory(), Nowhere()
        given: Any = Given(KEY, self.ca)
        hosts = [f"127.66.0.{n + 1}" for n in range(DEAR)] + [f"127.67.0.{n + 1}" for n in range(OTHERS)]
        networks = Networks((ip_network("127.0.0.0/8"),), only_public=True)
        targets = Targets(inventory, Limits(Networks(()), Hosts(frozenset(hosts)), networks), Resolver())
        luck = random.Random(1)
        async with Prober(slots=256) as prober:
            gatherer, api = Gatherer(inventory, targets, given, prober), _any(played)
            self._cycle = Reconciler(gatherer, api, api, IsolationGuard(api, inventory, None), lag)
            scheduler = Scheduler(self._round, Outside(lambda: self._phase(luck.random())))
            pages = HealthServer(lambda: ["behind"] if scheduler.overdue() >= 3 else [], list, list)
            async with pages.listening(listen), asyncio.TaskGroup() as group:
                running = [group.create_task(lag.watch()), group.create_task(scheduler.run())]
                for number in range(OTHERS):
                    scheduler.upsert(self._resource(f"other-{number}", f"other-{number}", hosts[DEAR + number]))
                for number in range(DEAR):
                    scheduler.upsert(self._resource(f"dear-{number}", "dear", hosts[number]))
                await asyncio.sleep(seconds)
                for task in running:
                    task.cancel()

    def _phase(self, phase: float) -> float:
        self._phases[f"uid-other-{len(self._phases)}"] = phase  # they come first
        return phase

    def _resource(self, name: str, namespace: str, host: str) -> dict[str, Any]:
        target = {"url": f"https://{host}:{self.port}"}
        tls = {"verification": "SkipHostname", "caRef": {"name": "ca"}}
        return resource(name, namespace, target=target, tls=tls, probe={"periodSeconds": PERIOD, "timeoutSeconds": 4})

    async def _round(self, entry: ResourceEntry) -> Action | None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        act = await self._cycle.reconcile(entry)
        self.rounds[entry.ref.namespace] += 1
        if entry.ref.namespace != "dear":
            self.took.append(loop.time() - began)
            confirmed = entry.state.confirmed if entry.state else None
            self.ready[entry.uid] = (
                confirmed is not None and confirmed.status.condition_status(ConditionType.READY) is ConditionStatus.TRUE
            )
            late = (began - self._phases[entry.uid] * PERIOD) % PERIOD
            if self.rounds[entry.ref.namespace] > 1:  # the first comes with the resource, on no beat
                self.late.append(late if late < PERIOD - 0.11 else 0.0)  # some come with a wake-up before their own
        return act

    def report(self) -> str:
        others = sum(rounds for namespace, rounds in self.rounds.items() if namespace != "dear")
        ready = all(self.ready.values()) and len(self.ready) == OTHERS
        return json.dumps(
            {"late": self.late, "took": self.took, "ready": ready, "dear": self.rounds["dear"], "others": others}
        )


def _any(played: Any) -> Any:
    return played


def main(what: str, *arguments: str) -> None:
    fd_limit.raise_limit()
    if what == "serve":
        Path(*arguments).write_bytes(CERTIFICATE)
        asyncio.run(serve())
    else:
        port, ca, listen, seconds = arguments
        crowd = Crowd(int(port), Path(ca).read_bytes())
        asyncio.run(crowd.run(listen, float(seconds)))
        print(crowd.report(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
