"""Resolves the target of a spec to addresses that may be probed. Nothing is read from the API server.

A pod's address is its own, as the API server reports it: a Service is followed by its selector to pods, never by an
EndpointSlice, in which whoever may write one can put any address.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from wahealth.api import v1alpha1 as api
from wahealth.api.v1alpha1.timing import LEAST_VENDOR_PERIOD
from wahealth.core import references
from wahealth.core.answer import Unreachable
from wahealth.core.cloud.quota import Quota
from wahealth.core.cloud.wanted import HOSTS, Provider
from wahealth.core.egress.hosts import Hosts
from wahealth.core.egress.networks import Address, Networks
from wahealth.core.egress.origin import Origin, is_address, origin_of
from wahealth.core.egress.proxy import Proxy
from wahealth.core.number.number_input import NUMBER
from wahealth.core.status import Finding
from wahealth.kube.entry import ResourceEntry
from wahealth.kube.inventory.inventory import Inventory
from wahealth.kube.inventory.keys import Key, WorkloadRef
from wahealth.kube.inventory.pods import PATH as PODS
from wahealth.kube.inventory.pods import Pod
from wahealth.kube.inventory.services import PATH as SERVICES
from wahealth.kube.inventory.services import Service
from wahealth.kube.settings import OperatorSettings
from wahealth.probe.dns import Resolver
from wahealth.probe.errors import ProbeError, Stage, out_of_time


class ProbeTarget(NamedTuple):
    """One place to probe."""

    host: str  # its name, or its first address
    addresses: tuple[str, ...]  # the connection goes to one of these; empty: the proxy looks up the host
    port: int
    through: Proxy | None = None


class ResolvedTarget(NamedTuple):
    """What a target is made of, by the name in `status.endpoints`: a pod's, a Service's or an authority (host:port)."""

    targets: Mapping[str, ProbeTarget]  # where to probe
    addresses: Mapping[str, str]  # what `status.endpoints` shows as the address
    failed: Mapping[str, Unreachable] = {}  # what cannot be probed, because its address could not be looked up
    others: frozenset[str] = frozenset()  # hosts of the target that are not probed in this round

    @property
    def hosts(self) -> frozenset[str]:
        """All hosts of the target, probed in this round or not."""
        return self.others | {probe_target.host for probe_target in self.targets.values()}


class Limits(NamedTuple):
    """What may be probed at all."""

    pods: Networks
    url_hosts: Hosts
    url_networks: Networks
    proxy: Proxy | None = None  # for hosts outside of the cluster only
    cloud: Mapping[Provider, Origin] = {}  # where the Cloud API answers, by provider; empty: no number is probed


def limits_of(settings: OperatorSettings, api_server: Iterable[Address]) -> Limits:
    """The limits that the settings give. `api_server`: its addresses, which no resource may have probed."""
    denied = frozenset(api_server)
    return Limits(
        Networks(settings.allow_pod_networks, denied),
        Hosts(frozenset(settings.allow_url_hosts)),
        Networks(settings.allow_url_networks, denied, only_public=True),
        settings.egress_proxy,
        _origins(settings) if settings.allow_cloud else {},
    )


def cloud_floors_of(settings: OperatorSettings) -> dict[Provider, float]:
    """Seconds: a vendor's own host counts requests by the hour; a simulator or a reverse proxy is asked as wanted."""
    return dict.fromkeys(_vendors(settings), LEAST_VENDOR_PERIOD)


def quotas_of(settings: OperatorSettings) -> dict[Provider, Quota]:
    """The budgets of tokens: what a vendor's own host admits; any other origin counts nothing."""
    vendors = _vendors(settings)
    return {provider: Quota(settings.shards, limited=provider in vendors) for provider in Provider}


def _origins(settings: OperatorSettings) -> dict[Provider, Origin]:
    graph, dialog360 = origin_of(settings.cloud_origin), origin_of(settings.dialog360_origin)
    return {Provider.GRAPH: graph, Provider.DIALOG360: dialog360}


def _vendors(settings: OperatorSettings) -> frozenset[Provider]:
    """The providers that are asked at their own host."""
    return frozenset(provider for provider, origin in _origins(settings).items() if origin.host == HOSTS[provider])


class Targets:
    def __init__(self, inventory: Inventory, limits: Limits, resolver: Resolver) -> None:
        self._inventory = inventory
        self._limits = limits
        self._resolver = resolver

    async def resolve(self, entry: ResourceEntry, spec: api.Spec) -> ResolvedTarget | Finding:
        """The pods or the host to probe, with their addresses; or why none may or can be probed.

        Reads and writes which pod of a Service is probed where it is asked as one (`ProbeState.pod_of_service`).
        """
        target = spec.target
        if target.cloud is not None:
            return await self._of_cloud(Provider(target.cloud.provider), entry.timing.timeout)
        if target.url is None and self._is_unseen(entry.ref.namespace, target):
            return references.pods_not_to_be_seen(*target.named)
        if target.workload is not None:
            return self._of_workload(entry.ref.namespace, target.workload)
        if target.service is not None:
            return self._of_service(entry, target.service, target.scope == "Service")
        return await self._of_url(target.url or "", _other_names(spec), entry.timing.timeout)

    def _is_unseen(self, namespace: str, target: api.Target) -> bool:
        paths = [PODS] if target.service is None else [PODS, SERVICES]
        return any(self._inventory.may_not_see(path, namespace) for path in paths)

    def _of_workload(self, namespace: str, named: api.Workload) -> ResolvedTarget | Finding:
        if self._inventory.is_not_watched(named.kind):
            return references.kind_not_watched(named.kind, named.name)
        workload = WorkloadRef(namespace, named.kind, named.name)
        pods = self._inventory.pods.of(workload)
        if self._inventory.may_not_list(workload):
            if not pods:  # else the workload itself need not be seen
                return references.target_not_to_be_seen(named.kind, named.name)
        elif self._inventory.is_not_served(named.kind):
            return references.kind_not_served(named.kind, named.name)
        elif self._inventory.workload(workload) is None:
            return references.target_not_found(named.kind, named.name)
        return self._refused(named.kind, named.name, pods) or _each((pod, named.port) for pod in pods)

    def _of_service(self, entry: ResourceEntry, named: api.Service, as_one: bool) -> ResolvedTarget | Finding:
        service = self._inventory.services.get(Key(entry.ref.namespace, named.name))
        if service is None:
            return references.target_not_found("Service", named.name)
        if service.outside:
            return references.service_outside(named.name)
        if service.selector is None:
            return references.service_without_selector(named.name)
        if service.port_of_pods(named.port) is None:
            return references.service_without_port(named.name, named.port)
        pods = tuple(self._inventory.pods.selected(entry.ref.namespace, service.selector))
        refused = self._refused("Service", named.name, pods, service.families)
        if refused is not None:
            return refused
        behind = list(_behind(service, named.port, pods))
        return _as_one(entry, named.name, behind, service) if as_one else _each(behind, service.families)

    def _refused(self, kind: str, name: str, pods: Iterable[Pod], families: tuple[int, ...] = ()) -> Finding | None:
        """Why the target must not be probed: one of its pods has an address that is not allowed. None: all may be."""
        bad = next((pod for pod in pods if not all(map(self._limits.pods.admit, pod.addresses(families)))), None)
        return references.target_forbidden(kind, name, bad.name) if bad else None

    async def _of_url(self, url: str, names: Sequence[str], seconds: float) -> ResolvedTarget | Finding:
        """The host of a URL: looked up once a round, checked, and probed at just these addresses.

        `names`: the other names that are sent there, by which a shared server, such as a CDN, chooses whom to serve.
        `seconds`: how long the lookup may take.
        """
        origin = origin_of(url)
        refused = next((one for one in (origin.host, *names) if not self._limits.url_hosts.admit(one)), None)
        if refused is not None:
            return references.url_not_admitted(refused)
        found = await self._outside(origin, origin.authority, seconds)
        addresses = found.targets[origin.authority].addresses if found.targets else ()
        admitted = all(map(self._limits.url_networks.admit, addresses or _literal(origin)))
        return found if admitted else references.url_leads_inside(origin.host)

    async def _of_cloud(self, provider: Provider, seconds: float) -> ResolvedTarget | Finding:
        """The Cloud API, at the origin of the settings, which is admitted as it stands. `seconds`: for the lookup."""
        origin = self._limits.cloud.get(provider)
        return references.cloud_not_admitted() if origin is None else await self._outside(origin, NUMBER, seconds)

    async def _outside(self, origin: Origin, name: str, seconds: float) -> ResolvedTarget:
        """A host outside of the cluster, under `name` in the status. A proxy looks its address up itself."""
        _, host, port = origin
        shown = {name: host}
        if self._limits.proxy is not None:
            return ResolvedTarget({name: ProbeTarget(host, (), port, self._limits.proxy)}, shown)
        try:
            async with asyncio.timeout(seconds):
                addresses = await self._resolver.addresses(host)
        except TimeoutError:
            return ResolvedTarget({}, shown, {name: out_of_time(Stage.LOOKING_UP, seconds)}, frozenset({host}))
        except ProbeError as failed:
            return ResolvedTarget({}, shown, {name: failed.outcome}, frozenset({host}))
        return ResolvedTarget({name: ProbeTarget(host, addresses, port)}, shown)


def _literal(origin: Origin) -> tuple[str, ...]:
    """The host where it is an address: then no lookup decides where it leads, even behind a proxy."""
    return (origin.host,) if is_address(origin.host) else ()


def _other_names(spec: api.Spec) -> list[str]:
    server_name = spec.tls.server_name if spec.tls is not None else None
    host_header = (spec.target.host_header or "").partition(":")[0]
    return [name for name in (server_name, host_header) if name]


def _each(pods: Iterable[tuple[Pod, int]], families: tuple[int, ...] = ()) -> ResolvedTarget:
    """Every pod as a target of its own, with its port. `families`: 4 and 6, in the order of the Service; empty: any."""
    probe_targets = {pod.name: _probe_target(pod.addresses(families), port) for pod, port in pods}
    return ResolvedTarget(probe_targets, {name: probe_target.host for name, probe_target in probe_targets.items()})


def _probe_target(addresses: tuple[str, ...], port: int) -> ProbeTarget:
    return ProbeTarget(addresses[0], addresses, port)


def _as_one(entry: ResourceEntry, name: str, behind: list[tuple[Pod, int]], service: Service) -> ResolvedTarget:
    """One of the ready pods, under the name of the Service; the same one as long as it answers."""
    ready = sorted((pod.name, pod.addresses(service.families), port) for pod, port in behind if pod.ready)
    hosts = frozenset(pod.addresses(service.families)[0] for pod, _ in behind)
    if not ready:
        return ResolvedTarget({}, {}, others=hosts)
    chosen = entry.probe.pod_of_service([pod for pod, _, _ in ready])
    _, addresses, port = next(one for one in ready if one[0] == chosen)
    shown = {name: f"{name}.{entry.ref.namespace}.svc"}
    return ResolvedTarget({name: _probe_target(addresses, port)}, shown, others=hosts)


def _behind(service: Service, port: int, pods: Iterable[Pod]) -> Iterator[tuple[Pod, int]]:
    """The Service's pods, each with its port. A pod without a port of the wanted name does not belong to it."""
    wanted = service.port_of_pods(port)
    for pod in pods:
        found = wanted if isinstance(wanted, int) else dict(pod.ports).get(wanted or "")
        if found is not None:
            yield pod, found
