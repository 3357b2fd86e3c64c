"""The operator process, put together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Callable
from typing import TypeVar

from kubernetes.aio import client

from wahealth.core.hosts import Hosts
from wahealth.core.networks import Networks
from wahealth.kube import secrets
from wahealth.kube.api import ApiError, ApiServer, ApiUnavailable, addresses_of, signed_in
from wahealth.kube.cluster import RESOURCES, Cluster
from wahealth.kube.cycle import Cycle
from wahealth.kube.events import Recorder
from wahealth.kube.gather import Gather
from wahealth.kube.handlers import follow
from wahealth.kube.inventory.kept import Inventory
from wahealth.kube.inventory.names import WorkloadRef
from wahealth.kube.isolation import Guard
from wahealth.kube.lag import Lag
from wahealth.kube.marker import Marker
from wahealth.kube.record import Record
from wahealth.kube.references import References
from wahealth.kube.supervisor import Supervisor
from wahealth.kube.targets import Limits, Targets
from wahealth.probe import descriptors
from wahealth.probe.client import Prober
from wahealth.probe.names import Resolver
from wahealth.settings import OperatorSettings
from wahealth.telemetry import logs

log = logging.getLogger(__name__)

T = TypeVar("T")
_SWEEP = 60.0  # seconds between two looks for labels of resources that are gone
_LOOK_AGAIN = 2.0  # seconds until the CRD is looked for again


def run(settings: OperatorSettings) -> int:
    logs.set_up(settings.log_level, settings.log_format)
    descriptors.allow()
    try:
        configuration = asyncio.run(signed_in(settings.kubeconfig))
    except Exception as error:  # noqa: BLE001 - kubeconfig plugins raise what they like
        print(f"wahealth: no cluster to work on ({type(error).__name__}): name one with --kubeconfig.", file=sys.stderr)
        return 69
    asyncio.run(_until_stopped(configuration, settings))
    return 0


async def _until_stopped(configuration: client.Configuration, settings: OperatorSettings) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    working = asyncio.create_task(_operate(configuration, settings))
    stopping = asyncio.create_task(stopped.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    for task in (working, stopping):
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working
    log.info("stopped")


async def _operate(configuration: client.Configuration, settings: OperatorSettings) -> None:
    async with (
        contextlib.aclosing(ApiServer(configuration)) as api,
        Prober(slots=settings.max_probes_in_flight) as prober,
    ):
        await _work(api, prober, configuration, settings)


async def _work(
    api: ApiServer, prober: Prober, configuration: client.Configuration, settings: OperatorSettings
) -> None:
    inventory, synced = Inventory(left=prober.drop), asyncio.Event()
    references = References(api, settings.secret_refresh, settings.require_secret_label)
    targets = Targets(inventory, _limits(settings, configuration), Resolver())
    recorder, lag = Recorder(api), Lag()
    guard = Guard(recorder, inventory, _own(settings.own_deployment))
    gather = Gather(inventory, targets, references, prober)
    cycle = Cycle(gather, Cluster(api), recorder, guard, lag)
    async with asyncio.TaskGroup() as group:

        def forget(record: Record) -> None:
            guard.fleet.forget(record.uid)
            if record.marked:
                group.create_task(cycle.marker.clear(record), name=f"clear {record.ref}")

        supervisor = Supervisor(cycle.round, forget=forget)
        group.create_task(lag.watch(), name="lag")
        await _crd_served(api)
        group.create_task(inventory.keep(api, synced))
        await synced.wait()
        _follow(supervisor, configuration)
        group.create_task(_sweep(cycle.marker, supervisor))
        if settings.watch_secrets:
            group.create_task(secrets.watch(api, lambda key: supervisor.secret_changed(*key)))
        log.info("watching")
        group.create_task(supervisor.run())


async def _sweep(marker: Marker, supervisor: Supervisor) -> None:
    while True:
        await asyncio.sleep(_SWEEP)
        await marker.sweep(supervisor.known())


def _limits(settings: OperatorSettings, configuration: client.Configuration) -> Limits:
    denied = frozenset(addresses_of(configuration.host))
    return Limits(
        Networks(settings.allow_pod_networks, denied),
        Hosts(frozenset(settings.allow_url_hosts)),
        Networks(settings.allow_url_networks, denied, only_public=True),
    )


def _own(name: str | None) -> WorkloadRef | None:
    namespace, _, deployment = (name or "").partition("/")
    return WorkloadRef(namespace, "Deployment", deployment) if deployment else None


def _follow(supervisor: Supervisor, configuration: client.Configuration) -> None:
    loop = asyncio.get_running_loop()
    follow(
        saw=lambda document: _hand_over(loop, supervisor.saw, document),
        gone=lambda uid: _hand_over(loop, supervisor.gone, uid),
        sign_in=lambda: configuration,
    )


def _hand_over(loop: asyncio.AbstractEventLoop, to: Callable[[T], None], what: T) -> None:
    """From kopf's thread into our loop, while there is one."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(to, what)


async def _crd_served(api: ApiServer) -> None:
    """Wait until the API server knows our resource: a watch of a CRD that comes later would never begin."""
    told = False
    while True:
        try:
            await api.read(RESOURCES)
            return
        except (ApiError, ApiUnavailable) as error:
            if not told:
                log.warning("waiting for the CRD", extra={"error": str(error)})
            told = True
            await asyncio.sleep(_LOOK_AGAIN)
