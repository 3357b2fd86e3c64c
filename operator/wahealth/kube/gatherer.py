"""The facts of one round: what the target's pods say, or what is missing so that they cannot be probed."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace
from functools import partial

from wahealth.api.v1alpha1 import Spec
from wahealth.core.cloud.quota import Quota
from wahealth.core.cloud.wanted import Provider
from wahealth.core.control.pod_labels import Labels
from wahealth.core.facts import Facts, with_period
from wahealth.core.instant import Instant
from wahealth.core.restart import WebWorkload, behind_no_service, blocker, no_safe_way, not_there, not_to_be_seen
from wahealth.core.status import Finding
from wahealth.kube.entry import ResourceEntry
from wahealth.kube.inventory.inventory import Inventory
from wahealth.kube.inventory.keys import WorkloadRef
from wahealth.kube.inventory.kinds import KINDS
from wahealth.kube.number_budget import NumberBudget
from wahealth.kube.number_checks import TokenReports, cost_of
from wahealth.kube.probe_run import ProbeRun
from wahealth.kube.references import References
from wahealth.kube.targets import ResolvedTarget, Targets
from wahealth.probe.client import Prober, ask_client
from wahealth.probe.cloud.providers import askers, path_of
from wahealth.probe.waweb import HealthEndpoint


class Gatherer:
    """Resolves the target, reads what the spec refers to, and has a `ProbeRun` ask the pods."""

    def __init__(
        self,
        inventory: Inventory,
        targets: Targets,
        references: References,
        prober: Prober,
        quotas: Mapping[Provider, Quota] | None = None,
    ) -> None:
        """`quotas`: what each provider of the Cloud API admits; None: whoever answers there counts nothing, such as a
        simulator."""
        self.inventory = inventory
        self._quotas = quotas or {provider: Quota(limited=False) for provider in Provider}
        self._askers, self._tokens = askers(), TokenReports()
        self._targets = targets
        self._references = references
        self._prober = prober

    def forget(self, uid: str) -> None:
        """The resource is gone: its share of a budget is for others."""
        for quota in self._quotas.values():
            quota.drop(uid)

    async def facts(self, entry: ResourceEntry, now: Instant) -> Facts:
        """Raises `ApiUnavailable` and `ApiError` when a Secret or CA cannot be read, and `ObserverFault` when this
        process itself is at fault."""
        pods = self.inventory.pods.places(entry.ref.namespace)
        single = self.inventory.single_instances.of(entry.ref.namespace, _own_pods(entry))
        facts = Facts(
            entry.desired, entry.generation, pods=pods, postponed=entry.postponed.reported, single_instances=single
        )
        if entry.spec is None:
            return replace(facts, reference_problem=entry.invalid)
        return facts if entry.desired.suspended else await self._asked(entry, entry.spec, facts, now)

    async def _asked(self, entry: ResourceEntry, spec: Spec, facts: Facts, now: Instant) -> Facts:
        """`facts` with what the pods said, or with the finding for which none was probed."""
        resolved = await self._targets.resolve(entry, spec)
        if isinstance(resolved, Finding):
            return replace(facts, reference_problem=resolved)
        endpoint = await self._endpoint(entry, spec)
        if isinstance(endpoint, Finding):
            return replace(facts, reference_problem=endpoint)
        run = self._run(entry, spec, resolved, endpoint)
        if not await run.may_ask(now):
            return facts  # its turn within the budget has not come yet
        facts = await run.ask(with_period(facts, entry.probe.pace) if entry.probe.pace else facts, now)
        facts = await run.with_checks(facts, self._tokens)
        return run.with_others(replace(facts, workload=self._web_workload(entry, spec, resolved.targets.keys(), now)))

    def _run(self, entry: ResourceEntry, spec: Spec, resolved: ResolvedTarget, endpoint: HealthEndpoint) -> ProbeRun:
        run = partial(ProbeRun, self._references, self._prober, entry, spec, resolved, endpoint)
        if entry.desired.cloud is None:
            return run(ask_client)
        provider, cost = entry.desired.cloud.provider, cost_of(entry.desired.cloud)
        return run(self._askers[provider], NumberBudget(self._quotas[provider], entry, spec, cost))

    async def _endpoint(self, entry: ResourceEntry, spec: Spec) -> HealthEndpoint | Finding:
        """What all pods of the target have in common: path, Host, trust. It has no address yet."""
        endpoint = HealthEndpoint("", (), path=_path(entry, spec), host_header=spec.target.host_header or "")
        if spec.target.scheme == "HTTP":
            return endpoint
        trust = await self._references.trust(entry, spec.tls)
        if isinstance(trust, Finding):
            return trust
        return replace(endpoint, trust=trust, server_name=(spec.tls and spec.tls.server_name) or "")

    def _web_workload(self, entry: ResourceEntry, spec: Spec, asked: Set[str], now: Instant) -> WebWorkload | None:
        """The workload to restart after a change of the key; None where the resource does not want that.

        `asked`: the names of the pods of this round."""
        named = spec.target.workload or spec.api_key_rotation.workload
        if entry.desired.restart_period is None or named is None:
            return None
        kind, name = named.kind, named.name
        workload = WorkloadRef(entry.ref.namespace, kind, name)
        if KINDS[kind].restart is None:
            return WebWorkload(kind, name, "", blocker=no_safe_way(kind, name))
        if self.inventory.is_not_watched(kind) or self.inventory.may_not_list(workload):
            return WebWorkload(kind, name, "", blocker=not_to_be_seen(kind, name))
        seen = self.inventory.workload(workload)
        if seen is None:
            return WebWorkload(kind, name, "", blocker=not_there(kind, name))
        if why := self._not_behind(spec, workload, asked):
            return WebWorkload(kind, name, seen.uid, blocker=why)
        why = _refused(entry, seen.uid, now) or blocker(kind, name, seen.hosts_client_nodes, seen.stuck)
        return WebWorkload(kind, name, seen.uid, seen.restarted, seen.rolling_out, why, seen.stays)

    def _not_behind(self, spec: Spec, workload: WorkloadRef, asked: Set[str]) -> str:
        """Why a workload is not the one behind the Service that is the target; empty when it is, or when the target is
        no Service."""
        if spec.target.service is None:
            return ""
        pods = {pod.name for pod in self.inventory.pods.of(workload)}
        if pods and not pods - asked:
            return ""
        stray = min(pods - asked, default="")
        return behind_no_service(workload.kind, workload.name, spec.target.service.name, stray)


def _own_pods(entry: ResourceEntry) -> Labels:
    """The labels of the client's own pods; empty where the resource does not say them."""
    selector = entry.pods.selector
    return frozenset(selector.match_labels.items()) if selector is not None else frozenset()


def _path(entry: ResourceEntry, spec: Spec) -> str:
    """Where the health node is, or the number of the Cloud API."""
    return path_of(entry.desired.cloud) if entry.desired.cloud is not None else spec.target.path


def _refused(entry: ResourceEntry, uid: str, now: Instant) -> str:
    """Why the API server would not restart the workload with that uid the last time; empty when that is long ago."""
    refused = entry.writes.restart_refused
    return refused.value[1] if refused and now.monotonic < refused.until and refused.value[0] == uid else ""
