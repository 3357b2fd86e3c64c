"""The product's scheduler, transport, parser and verdict on a list of targets, without Kubernetes: until SIGTERM.

`fleet.py --targets FILE --period S --key FILE --ca FILE`: FILE has a `HOST:PORT` a line. `--stats FILE` is written anew
each second: how many verdicts were good and bad. `--parked N`: connections kept between two probes.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import signal
from collections import Counter
from datetime import datetime
from ipaddress import ip_network
from typing import Any

from wahealth.api.v1alpha1 import API_VERSION, KIND
from wahealth.core.egress.hosts import Hosts
from wahealth.core.egress.networks import Networks
from wahealth.core.egress.origin import origin_of
from wahealth.core.events.event import Event
from wahealth.core.signin.flow import Reading
from wahealth.kube.entry import ResourceEntry
from wahealth.kube.events import Subject
from wahealth.kube.gatherer import Gatherer
from wahealth.kube.inventory.inventory import Inventory
from wahealth.kube.isolation import IsolationGuard
from wahealth.kube.lane.lane import Around, FastLane
from wahealth.kube.lane.rereading import Rereading
from wahealth.kube.process.lag import Lag
from wahealth.kube.reconciler import Action, Reconciler
from wahealth.kube.run import COLLECT
from wahealth.kube.scheduler import Outside, Scheduler
from wahealth.kube.targets import Limits, Targets
from wahealth.probe import fd_limit
from wahealth.probe.client import Prober
from wahealth.probe.credential import Credential, api_key
from wahealth.probe.dns import Resolver
from wahealth.probe.pool import MOST_PARKED
from wahealth.probe.trust import Trust, skip_hostname


class Given:
    """What a Secret and a CA would hold."""

    refresh = 300.0

    def __init__(self, key: bytes, ca: bytes) -> None:
        self._reading = Reading(api_key(key))
        self._trust = skip_hostname(ca)

    def known_at(self, *_: object) -> None: ...

    async def secret(self, *_: object) -> Reading[Credential]:
        return self._reading

    async def trust(self, *_: object) -> Trust:
        return self._trust


class Nowhere:
    """Takes what would be written."""

    has_room = True

    def __init__(self) -> None:
        self._version = 1

    async def apply_status(self, *_: object) -> str:
        self._version += 1
        return str(self._version)

    async def post(self, subject: Subject, event: Event, now: datetime) -> None:
        pass


def resource(number: int, target: str, period: float) -> dict[str, Any]:
    spec = {
        "target": {"url": f"https://{target}"},
        "auth": {"apiKey": {"secretKeyRef": {"name": "key"}}},
        "probe": {"periodSeconds": period, "timeoutSeconds": min(5, period)},
    }
    metadata = {
        "name": f"c{number}",
        "namespace": "bench",
        "uid": f"uid-{number}",
        "generation": 1,
        "resourceVersion": "1",
    }
    status = {"gateway": "Unknown", "observedGeneration": 1}
    return {"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "spec": spec, "status": status}


def limits_of(targets: list[str]) -> Limits:
    """Only these hosts may be probed, and only on this machine."""
    hosts = Hosts(frozenset(origin_of(f"https://{target}").host for target in targets))
    return Limits(Networks(()), hosts, Networks((ip_network("127.0.0.0/8"),), only_public=True))


def reconciler_of(
    given: Given, nowhere: Nowhere, limits: Limits, prober: Prober, lag: Lag
) -> tuple[Reconciler, FastLane]:
    """The operator's own, with what it is given in place of an API server."""
    inventory = Inventory()
    gatherer = Gatherer(inventory, Targets(inventory, limits, Resolver()), given, prober)  # type: ignore[arg-type]
    guard = IsolationGuard(nowhere, inventory, None)  # type: ignore[arg-type]
    around = Around(inventory.changes, guard, lag, Rereading(given))  # type: ignore[arg-type]
    lane = FastLane(prober.pool, around)
    return Reconciler(gatherer, nowhere, nowhere, guard, lag), lane  # type: ignore[arg-type]


async def main(arguments: argparse.Namespace) -> None:
    stopped = asyncio.Event()
    for end in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(end, stopped.set)
    targets = arguments.targets.read_text().split()
    given, lag = Given(arguments.key.read_bytes(), arguments.ca.read_bytes()), Lag()
    parked = MOST_PARKED if arguments.parked is None else arguments.parked
    async with Prober(slots=256, parked=parked) as prober:
        prober.pool.most = parked  # also where that is more than half of the descriptors: nothing else needs any here
        reconciler, lane = reconciler_of(given, Nowhere(), limits_of(targets), prober, lag)
        counts: Counter[str] = Counter()

        async def counted(entry: ResourceEntry) -> Action | None:
            act = await reconciler.reconcile(entry)
            confirmed = entry.state.confirmed if entry.state else None
            ready = confirmed is not None and any(
                c.type == "Ready" and c.status == "True" for c in confirmed.status.conditions
            )
            counts["ok" if ready else "bad"] += 1
            return act

        scheduler = Scheduler(counted, Outside(lane=lane))
        for number, target in enumerate(targets):
            scheduler.upsert(resource(number, target, arguments.period))
        async with asyncio.TaskGroup() as group:
            gc.freeze()
            running = [group.create_task(lag.watch()), group.create_task(scheduler.run())]
            while not stopped.is_set():
                await asyncio.sleep(1)
                if arguments.stats:
                    arguments.stats.write_text(json.dumps(counts))
            for task in running:
                task.cancel()


def run(arguments: argparse.Namespace) -> None:
    fd_limit.raise_limit()
    gc.set_threshold(*COLLECT)
    asyncio.run(main(arguments))
