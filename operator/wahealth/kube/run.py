"""The operator process, put together."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import NamedTuple

from wahealth.core.control.lease import LeaseTiming
from wahealth.kube.apiserver.api import ApiError, ApiServer, ApiUnavailable, Document
from wahealth.kube.apiserver.outage import Outage
from wahealth.kube.apiserver.session import Account, addresses_of, own_namespace, signed_in
from wahealth.kube.cluster import RESOURCES, Cluster
from wahealth.kube.egress import Authorities, NoAuthorities
from wahealth.kube.entry import Ref, ResourceEntry
from wahealth.kube.events import Recorder
from wahealth.kube.gatherer import Gatherer
from wahealth.kube.handlers import Listener, watch
from wahealth.kube.inventory.inventory import Inventory
from wahealth.kube.inventory.keys import Key, WorkloadRef
from wahealth.kube.isolation import IsolationGuard
from wahealth.kube.lane.lane import Around, FastLane
from wahealth.kube.lane.rereading import Rereading
from wahealth.kube.process import client_metrics
from wahealth.kube.process.http_server import CannotListen, HealthServer
from wahealth.kube.process.lag import Lag, watchdog
from wahealth.kube.process.leader_election import Election, LeaderElector
from wahealth.kube.process.supervise import run_supervised
from wahealth.kube.reconciler import Reconciler
from wahealth.kube.references import References
from wahealth.kube.resync import Pace, Resync
from wahealth.kube.scheduler import Outside, Scheduler
from wahealth.kube.secrets import SecretWatch
from wahealth.kube.settings import OperatorSettings
from wahealth.kube.targets import Targets, cloud_floors_of, limits_of, quotas_of
from wahealth.kubeconfig.problem import NotUsable
from wahealth.probe import fd_limit
from wahealth.probe.client import Prober
from wahealth.probe.dns import Resolver
from wahealth.telemetry import logs, metrics
from wahealth.telemetry.exposition import Family

log = logging.getLogger(__name__)

NOT_THERE = 69  # exit code: sysexits' EX_UNAVAILABLE
_MARKS = 60.0  # seconds between two searches for labels of deleted resources
_LOOK_AGAIN = 2.0  # seconds until the CRD is looked for again
_LONGEST_LAG = 5.0  # seconds
_MOST_PERIODS = 3  # by which the scheduler may be behind
_LONGEST_OUTAGE = 60.0  # seconds
COLLECT = (20_000, 20, 20)  # thresholds of the garbage collector: a fleet is many objects that live long
_DEFAULT_NAMESPACE = "wahealth-system"


def run(settings: OperatorSettings) -> int:
    """Run the operator until SIGTERM or SIGINT: the exit code, after a sentence on stderr where it could not start."""
    fd_limit.raise_limit()
    gc.set_threshold(*COLLECT)
    with logs.written(settings.log_level, settings.log_format, metrics.log_lines_dropped.inc):
        try:
            outside = Authorities(settings.egress_ca_file)
        except NoAuthorities as error:
            print(f"wahealth: {error}: name another with --egress-ca-file.", file=sys.stderr)
            return NOT_THERE
        try:
            account = asyncio.run(signed_in(settings.kubeconfig))
        except NotUsable as error:
            print(f"wahealth: no cluster to work on: {error}.", file=sys.stderr)
            return NOT_THERE
        except Exception as error:  # noqa: BLE001 - the library raises what it likes
            why = type(error).__name__
            print(f"wahealth: no cluster to work on ({why}): name one with --kubeconfig.", file=sys.stderr)
            return NOT_THERE
        try:
            asyncio.run(_until_stopped(account, settings, outside))
        except CannotListen:
            print(f"wahealth: cannot listen on {settings.listen}: name another with --listen.", file=sys.stderr)
            return NOT_THERE
    return 0


async def _until_stopped(account: Account, settings: OperatorSettings, outside: Authorities) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    working = asyncio.create_task(_operate(account, settings, outside))
    stopping = asyncio.create_task(stopped.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    for task in (working, stopping):
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working
    log.info("stopped")


async def _operate(account: Account, settings: OperatorSettings, outside: Authorities) -> None:
    outage = Outage()
    async with (
        ApiServer(account, outage) as api,
        # A session of its own, so that a pause or an outage of other requests does not delay the Lease.
        ApiServer(account) as lease_api,
        Prober(slots=settings.max_probes_in_flight, parked=settings.max_parked_connections) as prober,
    ):
        operator = _Operator(Clients(account, outage, api, lease_api, prober, outside), settings)
        async with operator.endpoints.listening(settings.listen):
            await operator.run()


class Clients(NamedTuple):
    """The connections of this process to others."""

    account: Account
    outage: Outage
    api: ApiServer
    lease_api: ApiServer
    prober: Prober
    outside: Authorities  # for hosts outside of the cluster


class _Operator:
    """The parts of one process, and the tasks that run in it."""

    def __init__(self, clients: Clients, settings: OperatorSettings) -> None:
        self.account, self.outage, self.api, lease_api, self.prober, _ = clients
        self.settings, self.namespaces = settings, settings.watch_namespaces
        self.group = asyncio.TaskGroup()
        self.lag = Lag()
        kinds = frozenset(settings.watch_workloads)
        self.inventory, self.synced = Inventory(left=self.prober.drop, kinds=kinds), asyncio.Event()
        self.elector = LeaderElector(
            lease_api,
            _election(settings),
            on_started_leading=lambda _: self.scheduler.on_started_leading(),
            on_stopped_leading=lambda _: self.lost(),
        )
        self.cluster = Cluster(self.api, self.elector.require_leadership)
        recorder = Recorder(self.api)
        self.guard = IsolationGuard(recorder, self.inventory, _own(settings.own_deployment))
        self.secrets = SecretWatch(self.secret_changed)
        by_label, watched = settings.require_secret_label, self.secrets.shown
        references = References(self.api, settings.secret_refresh, by_label, clients.outside, watched)
        limits = limits_of(settings, addresses_of(self.account.login.cluster.server))
        targets = Targets(self.inventory, limits, Resolver())
        self.gatherer = Gatherer(self.inventory, targets, references, self.prober, quotas_of(settings))
        self.reconciler = Reconciler(self.gatherer, self.cluster, recorder, self.guard, self.lag)
        around = Around(self.inventory.changes, self.guard, self.lag, Rereading(references))
        self.scheduler = Scheduler(
            self.reconciler.reconcile,
            Outside(
                cloud_floors=cloud_floors_of(settings),
                lane=FastLane(self.prober.pool, around),
                not_found=self.not_found,
            ),
            forget=self.forget,
            leads=self.elector.leads,
            shown=self.reconciler.labeler.claims.put,
        )
        self.resync = Resync(self.api, self.cluster, self.scheduler, Pace(settings.resync, self.namespaces))
        self.endpoints = HealthServer(self.not_live, self.not_ready, self.families)

    async def run(self) -> None:
        """Runs until cancelled."""
        async with self.group:
            self.keep("lag", self.lag.watch)
            watchdog(self.lag)
            await _crd_served(self.api)
            self.keep("inventory", self.keep_inventory)
            await self.synced.wait()
            self.watch()
            self.keep("sweep", self.resync.run)
            self.keep("second looks", self.resync.look_again)
            self.keep("marks", self.sweep_marks)
            self.keep("connections", self.prober.tidy)
            if self.settings.watch_secrets:
                self.keep("secrets", lambda: self.secrets.run(self.api, self.namespaces))
            log.info("watching resources")
            await self.resync.done.wait()
            gc.freeze()  # what exists now stays, so the collector need not look at it
            self.keep("leadership", self.elector.run)
            self.keep("supervisor", self.scheduler.run)

    async def keep_inventory(self) -> None:
        await self.inventory.run(self.api, self.synced, self.settings.resync, self.namespaces)

    def keep(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        self.group.create_task(run_supervised(name, run), name=name)

    def watch(self) -> None:
        loop = asyncio.get_running_loop()
        listener = Listener(partial(_hand_over, loop, self.on_upsert), partial(_hand_over, loop, self.scheduler.remove))
        watch(listener, self.account, self.outage, self.namespaces)

    def on_upsert(self, document: Document, listed_anew: bool) -> None:
        self.scheduler.upsert(document)
        if listed_anew:
            self.resync.trigger()

    def lost(self) -> None:
        """Another replica probes some of the resources now."""
        self.scheduler.on_stopped_leading()
        self.guard.detector.keep_only({entry.uid for entry in self.scheduler.owned()})

    def forget(self, entry: ResourceEntry) -> None:
        """The resource was deleted."""
        self.guard.detector.forget(entry.uid)
        self.gatherer.forget(entry.uid)
        self.reconciler.labeler.claims.drop(entry)
        if entry.labels.may_be_labeled and self.elector.may_write(entry.uid):
            self.group.create_task(self.reconciler.labeler.clear(entry), name=f"clear {entry.ref}")

    def not_found(self, ref: Ref) -> None:
        """A write did not find the resource."""
        self.resync.not_found(ref)

    def secret_changed(self, key: Key) -> None:
        self.scheduler.secret_changed(*key)

    async def sweep_marks(self) -> None:
        while True:
            await asyncio.sleep(_MARKS)
            if self.elector.leads_any():
                await self.reconciler.labeler.sweep(self.scheduler.known(), self.elector.may_write)

    def not_live(self) -> Iterator[str]:
        behind = self.lag.behind(asyncio.get_running_loop().time())
        if behind >= _LONGEST_LAG:
            yield f"The event loop is late by {behind:.0f} s."
        periods = self.scheduler.overdue()
        if self.elector.leads_any() and periods >= _MOST_PERIODS:
            yield f"The scheduler is behind by {periods:.0f} periods."

    def not_ready(self) -> Iterator[str]:
        if not self.synced.is_set():
            yield "Pods, Services and workloads are not listed yet."
        elif not self.resync.done.is_set():
            yield "The resources are not listed yet."
        if self.outage.seconds >= _LONGEST_OUTAGE:
            yield f"The API server does not answer since {self.outage.seconds:.0f} s."

    def families(self) -> Iterator[Family]:
        return client_metrics.families(self.scheduler.owned(), self.settings.node_metrics)


def _election(settings: OperatorSettings) -> Election | None:
    if not settings.leader_election:
        return None
    own = _own(settings.own_deployment)
    namespace = settings.lease_namespace or (own and own.namespace) or own_namespace() or _DEFAULT_NAMESPACE
    terms = LeaseTiming(settings.lease_duration, settings.renew_deadline, settings.retry_period)
    return Election(namespace, settings.lease_name, settings.shards, terms)


def _own(name: str | None) -> WorkloadRef | None:
    namespace, _, deployment = (name or "").partition("/")
    return WorkloadRef(namespace, "Deployment", deployment) if deployment else None


def _hand_over(loop: asyncio.AbstractEventLoop, to: Callable[..., None], *what: object) -> None:
    """Call `to` in our loop, from kopf's thread. Nothing happens when the loop has ended."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(to, *what)


async def _crd_served(api: ApiServer) -> None:
    """Wait until the API server serves the CRD: kopf never begins to watch a CRD that is created later."""
    while True:
        try:
            await api.read(RESOURCES)
            return
        except ApiUnavailable:
            pass  # `Outage` logs it
        except ApiError as error:
            log.warning("waiting for the CRD", extra=logs.topic("crd", error=str(error)))
        await asyncio.sleep(_LOOK_AGAIN)
