"""What one round knows: what the target's pods say, the key, the trust; or what is not there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Mapping, Sequence, Set
from dataclasses import replace
from typing import TypeVar

from wahealth.api.credential_source import meant, source_of
from wahealth.api.v1alpha1 import Auth, Spec
from wahealth.core.answer import Outcome, is_about_ours, result_of
from wahealth.core.certificate import Certificate, first_to_end, is_expiring
from wahealth.core.facts import Facts, with_probe_results
from wahealth.core.instant import Instant
from wahealth.core.restart import WebWorkload, behind_no_service, blocker, no_safe_way, not_there, not_to_be_seen
from wahealth.core.resting import rest_of
from wahealth.core.signin.flow import (
    Authenticator,
    AuthTiming,
    Checkpoint,
    Effect,
    EffectResult,
    LogIn,
    LoginOutcome,
    NotSent,
    Probing,
    Reading,
    ReadSecret,
    is_taken,
)
from wahealth.core.signin.kinds import carried_on
from wahealth.core.status import Finding
from wahealth.core.turns import MOST_ASKED, heard_of, whose_turn
from wahealth.kube.apiserver.api import ApiUnavailable
from wahealth.kube.entry import Cached, ResourceEntry
from wahealth.kube.inventory.inventory import Inventory
from wahealth.kube.inventory.keys import WorkloadRef
from wahealth.kube.inventory.kinds import KINDS
from wahealth.kube.process.meter import piece
from wahealth.kube.references import References
from wahealth.kube.targets import ProbeTarget, ResolvedTarget, Targets
from wahealth.probe.certificate import certificate_of
from wahealth.probe.client import Prober, ProbeResponse
from wahealth.probe.conversation import carried_out
from wahealth.probe.credential import Credential
from wahealth.probe.errors import ObserverFault
from wahealth.probe.waweb import HealthEndpoint, ProbeRequest
from wahealth.telemetry import metrics

T = TypeVar("T")


class Gatherer:
    def __init__(self, inventory: Inventory, targets: Targets, references: References, prober: Prober) -> None:
        self.inventory = inventory
        self._targets = targets
        self._references = references
        self._prober = prober

    async def facts(self, entry: ResourceEntry, now: Instant) -> Facts:
        pods = self.inventory.pods.places(entry.ref.namespace)
        facts = Facts(entry.desired, entry.generation, pods=pods, postponed=entry.postponed.reported)
        if entry.spec is None:
            return replace(facts, reference_problem=entry.invalid)
        return facts if entry.desired.suspended else await self._asked(entry, entry.spec, facts, now)

    async def _asked(self, entry: ResourceEntry, spec: Spec, facts: Facts, now: Instant) -> Facts:
        """The facts with what the pods said, or with the finding for which nobody was asked."""
        resolved = await self._targets.resolve(entry, spec)
        if isinstance(resolved, Finding):
            return replace(facts, reference_problem=resolved)
        pattern = await self._pattern(entry, spec)
        if isinstance(pattern, Finding):
            return replace(facts, reference_problem=pattern)
        entry.keep_only(resolved.hosts)
        terms = AuthTiming(entry.desired.thresholds.previous_key_window, self._references.refresh)
        nudged = entry.probe_requests
        resting = frozenset(
            name for name, probe_target in resolved.targets.items() if _resting(entry, probe_target, now.monotonic)
        )
        turn = whose_turn(resolved.addresses, entry.turn)
        entry.turn = turn[-1] if len(turn) < len(resolved.addresses) else ""
        flow = _signin(entry, spec).probe_flow(turn, terms, now)
        asked = await carried_out(flow, lambda effect: self._came_of(effect, entry, spec, resolved, pattern))
        if not is_taken(asked.outcomes):
            entry.ask_another()
        # The Secret may have changed meanwhile.
        entry.signin = asked.signin if entry.probe_requests == nudged else asked.signin.stale()
        certificate, own = _certificates(entry, pattern)
        if own is not None and any(is_about_ours(outcome) for outcome in asked.outcomes.values()):
            entry.trust = None  # it may have been renewed meanwhile
        facts = replace(
            facts,
            certificate=certificate,
            expiring=is_expiring(certificate, now.wall),
            own=own,
            own_expiring=is_expiring(own, now.wall),
            workload=self._web_workload(entry, spec, resolved.targets.keys(), now),
        )
        return _with_others(entry, with_probe_results(facts, asked, resolved.addresses, resting), resolved.addresses)

    def _web_workload(self, entry: ResourceEntry, spec: Spec, asked: Set[str], now: Instant) -> WebWorkload | None:
        """What a restart would be of, where the resource wants one after a change of its key. `asked`: pods."""
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
        if spec.target.service is not None:
            pods = {pod.name for pod in self.inventory.pods.of(workload)}
            if not pods or pods - asked:
                why = behind_no_service(kind, name, spec.target.service.name, min(pods - asked, default=""))
                return WebWorkload(kind, name, seen.uid, blocker=why)
        refused = entry.restart_refused
        why = refused.value[1] if refused and now.monotonic < refused.until and refused.value[0] == seen.uid else ""
        why = why or blocker(kind, name, seen.hosts_client_nodes, seen.stuck)
        return WebWorkload(kind, name, seen.uid, seen.restarted, seen.rolling_out, why, seen.stays)

    async def _pattern(self, entry: ResourceEntry, spec: Spec) -> HealthEndpoint | Finding:
        """The place of nobody yet: whom to trust, and what to ask for."""
        asked_for = HealthEndpoint("", (), path=spec.target.path, host_header=spec.target.host_header or "")
        if spec.target.scheme == "HTTP":
            return asked_for
        trust = await self._references.trust(entry, spec.tls)
        if isinstance(trust, Finding):
            return trust
        return replace(asked_for, trust=trust, server_name=(spec.tls and spec.tls.server_name) or "")

    async def _came_of(
        self,
        effect: Effect[Credential],
        entry: ResourceEntry,
        spec: Spec,
        resolved: ResolvedTarget,
        pattern: HealthEndpoint,
    ) -> EffectResult[Credential]:
        timeout, period = entry.timing.timeout, entry.timing.period
        match effect:
            case ReadSecret():
                return await self._read(entry, spec.auth)
            case Probing(pods, secret):
                return await self._outcomes(entry, resolved, pods, ProbeRequest(pattern, secret, timeout, period))
            case LogIn(pod, secret):
                return await self._login(entry, resolved, pod, ProbeRequest(pattern, secret, timeout))
            case Checkpoint(signin):
                entry.signin = signin
                return None

    async def _read(self, entry: ResourceEntry, auth: Auth) -> Reading[Credential]:
        """What stands in the Secret; while the API server cannot be asked, what stood there last and was good."""
        try:
            reading = await self._references.secret(entry.ref.namespace, source_of(auth))
        except ApiUnavailable:
            if entry.reading is None:
                raise
            return entry.reading
        entry.reading = reading if reading.secret is not None else None
        return reading

    async def _outcomes(
        self, entry: ResourceEntry, resolved: ResolvedTarget, names: tuple[str, ...], probe_request: ProbeRequest
    ) -> Mapping[str, Outcome]:
        there = {name: resolved.targets[name] for name in names if name in resolved.targets}
        outcomes = await _all([self._outcome(entry, probe_target, probe_request) for probe_target in there.values()])
        lost: dict[str, Outcome] = {name: resolved.failed[name] for name in names if name in resolved.failed}
        return lost | dict(zip(there, outcomes, strict=True))

    async def _outcome(self, entry: ResourceEntry, probe_target: ProbeTarget, probe_request: ProbeRequest) -> Outcome:
        """What is said there; or what was said last, while it wants to be left alone."""
        now = asyncio.get_running_loop().time()
        if (said := _resting(entry, probe_target, now)) is not None:
            return said
        outcome = _heard(entry, probe_target, await self._asked_of(_at(entry, probe_target, probe_request)))
        if wait := rest_of(outcome, entry.timing.period):
            entry.retry_after[probe_target.host] = Cached(outcome, now + wait)
        return outcome

    async def _asked_of(self, probe_request: ProbeRequest) -> ProbeResponse[Outcome]:
        began = time.perf_counter()
        with metrics.probes_in_flight.track_inprogress():
            heard = await self._prober.ask(probe_request)
        result = result_of(heard.outcome)
        metrics.probes.labels(result).inc()
        metrics.probe_duration.labels(result).observe(time.perf_counter() - began)
        return heard

    async def _login(
        self, entry: ResourceEntry, resolved: ResolvedTarget, name: str, probe_request: ProbeRequest
    ) -> LoginOutcome[Credential]:
        if name in resolved.failed:
            return NotSent(resolved.failed[name])
        probe_target = resolved.targets[name]
        if (said := _resting(entry, probe_target, asyncio.get_running_loop().time())) is not None:
            return NotSent(said)
        return _heard(entry, probe_target, await self._prober.log_in(_at(entry, probe_target, probe_request)))


def _resting(entry: ResourceEntry, probe_target: ProbeTarget, now: float) -> Outcome | None:
    """What a pod said last that wants to be left alone still."""
    held = entry.retry_after.get(probe_target.host)
    return held.value if held is not None and now < held.until else None


async def _all(questions: Sequence[Coroutine[None, None, Outcome]]) -> list[Outcome]:
    """Of all of them; with the first fault of ours the others end, too."""
    if len(questions) == 1:
        return [await questions[0]]  # no task for it: that costs a tenth of a probe
    ours = False
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(piece(probe_request)) for probe_request in questions]
    except* ObserverFault:
        ours = True
    if ours:
        raise ObserverFault
    return [task.result() for task in tasks]


def _with_others(entry: ResourceEntry, facts: Facts, shown: Mapping[str, str]) -> Facts:
    """With what the pods said last whose turn it is not; `shown` has the addresses of all that are there, by name."""
    if len(shown) <= MOST_ASKED:
        entry.heard = {}
        return facts
    if facts.not_probed:
        return facts
    heard = heard_of(entry.heard.values(), facts.outcomes, shown)
    if facts.generation == entry.generation:  # else the next round is about another spec
        entry.heard = heard
    workload = facts.workload if len(heard) == len(shown) else None  # all are to be known before it is restarted
    return replace(facts, outcomes=tuple(heard.values()), in_turns=True, workload=workload)


def _certificates(entry: ResourceEntry, pattern: HealthEndpoint) -> tuple[Certificate | None, Certificate | None]:
    """The one of the pods that ends first; and ours, where one is shown."""
    if pattern.trust is None:
        return None, None
    own = pattern.trust.own
    return first_to_end(entry.certificates.values()), own.certificate if own else None


def _at(entry: ResourceEntry, probe_target: ProbeTarget, probe_request: ProbeRequest) -> ProbeRequest:
    place = replace(
        probe_request.endpoint,
        host=probe_target.host,
        addresses=probe_target.addresses,
        port=probe_target.port,
        through=probe_target.through,
    )
    unknown = probe_target.host not in entry.certificates  # a connection may be kept that another resource has made
    return ProbeRequest(
        place, probe_request.credential, probe_request.timeout, probe_request.period, shows_certificate=unknown
    )


def _heard(entry: ResourceEntry, probe_target: ProbeTarget, heard: ProbeResponse[T]) -> T:
    """What was said; the certificate that was presented beside it is noted."""
    if heard.presented:
        entry.certificates.pop(probe_target.host, None)
        if (certificate := certificate_of(heard.presented)) is not None:
            entry.certificates[probe_target.host] = certificate
    return heard.outcome


def _signin(entry: ResourceEntry, spec: Spec) -> Authenticator[Credential]:
    """Another reference for the same target is a rotation. Another target is somebody else: nothing is known of it, so
    that no previous key and no token of a login goes where it was not meant to."""
    now = meant(spec)
    if entry.signin_of != now:
        entry.reading = None
    entry.signin = signin = carried_on(entry.signin, entry.signin_of, now)
    entry.signin_of = now
    return signin
