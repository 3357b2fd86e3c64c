"""The probes of one round of one resource: sign in, ask each pod whose turn it is, remember what it said.

A run answers the effects of `core.signin.flow`, which decides what to sign in with and asks nobody itself:

    ProbeFlow ──Probing(pods, secret)──► outcomes by pod      ──ReadSecret──► Reading
              ──LogIn(pod, secret)─────► a token, or why none ──Checkpoint──► nothing; it is remembered
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from wahealth.api.credential_source import meant
from wahealth.api.v1alpha1 import Spec
from wahealth.core.answer import Outcome, accepts_token, is_about_ours, result_of
from wahealth.core.certificate import first_to_end, is_expiring
from wahealth.core.cloud.number_checks import EVERY, NumberChecks
from wahealth.core.cloud.wanted import CloudDesired
from wahealth.core.facts import Facts, with_probe_results
from wahealth.core.instant import Instant
from wahealth.core.resting import rest_of
from wahealth.core.signin.flow import (
    Authenticator,
    AuthResult,
    AuthTiming,
    Checkpoint,
    Effect,
    EffectResult,
    LogIn,
    LoginOutcome,
    NotSent,
    Probing,
    ReadSecret,
    is_taken,
)
from wahealth.core.signin.kinds import carried_on
from wahealth.core.turns import MOST_ASKED, heard_of, whose_turn
from wahealth.kube.credential import CredentialSecret
from wahealth.kube.entry import ResourceEntry
from wahealth.kube.number_budget import NumberBudget
from wahealth.kube.number_checks import TokenReports
from wahealth.kube.process.meter import piece
from wahealth.kube.records import Cached
from wahealth.kube.references import References
from wahealth.kube.targets import ProbeTarget, ResolvedTarget
from wahealth.probe.certificate import certificate_of
from wahealth.probe.client import Ask, Prober, ProbeResponse, ask_client
from wahealth.probe.cloud.graph_look import NumberLook, has_checks
from wahealth.probe.conversation import carried_out
from wahealth.probe.credential import Credential
from wahealth.probe.errors import ObserverFault
from wahealth.probe.waweb import HealthEndpoint, ProbeRequest
from wahealth.telemetry import metrics

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ProbeRun:
    """The probes of one resource in one round: call `ask` once, then `with_others`.

    `endpoint` is what all pods have in common: path, names and trust. `ask` raises `ApiUnavailable` when the Secret
    must be read and no good reading is left from before, `ApiError` when reading it is refused for another reason than
    a missing right or Secret, and `ObserverFault` when this process itself is at fault.
    """

    references: References
    prober: Prober
    entry: ResourceEntry
    spec: Spec
    resolved: ResolvedTarget
    endpoint: HealthEndpoint
    request_health: Ask = ask_client
    budget: NumberBudget | None = None  # of a number of the Cloud API
    rested: set[str] = field(default_factory=set)  # names that were left alone in this round

    async def may_ask(self, now: Instant) -> bool:
        """Whether the turn of a number has come within its budget; always, if it is none. Notes how often it comes.
        Raises as `ask` does, for a budget is that of a token, which may have to be read."""
        self._keep_rests()
        pace = 0.0 if self.budget is None else await self._pace(self.budget, now)
        if pace is not None:
            self.entry.probe.pace = pace
        return pace is not None

    async def _pace(self, budget: NumberBudget, now: Instant) -> float | None:
        self._authenticator()  # forgets what was read for another spec
        if self.entry.probe.reading is None:
            await self._credential.read()
        return budget.pace(now.monotonic)

    async def ask(self, facts: Facts, now: Instant) -> Facts:
        """`facts` with the answer of each pod whose turn it is, and with the certificates of both sides."""
        self.entry.probe.kept = {}
        asked = await self._sign_in_and_ask(now)
        facts = self._with_certificates(facts, now)
        if facts.own is not None and any(map(is_about_ours, asked.outcomes.values())):
            self.entry.probe.forget_trust()  # our certificate may have been renewed meanwhile
        return with_probe_results(facts, asked, self.resolved.addresses, self.rested)

    def _keep_rests(self) -> None:
        """Forget the pauses of hosts that are gone, and of a target that the spec does not name any more; of a number,
        also when the spec names another token: all numbers have one host."""
        state, before, now = self.entry.probe, self.entry.probe.signin_of, meant(self.spec)
        state.keep_only(self.resolved.hosts)
        if before is not None and (before.whom != now.whom or (self.budget is not None and before != now)):
            state.retry_after = {}

    async def with_checks(self, facts: Facts, tokens: TokenReports) -> Facts:
        """`facts` with what is known besides a number, which is looked at in every tenth round that sees it or misses
        it. Raises `ObserverFault`."""
        state, wanted, said = self.entry.probe, facts.desired.cloud, next(iter(facts.outcomes), None)
        if self.budget is None or wanted is None or not has_checks(wanted):
            return facts
        if said is not None and said.asked and accepts_token(said.outcome):
            if state.look_in <= 0:
                await self._look(self.budget, wanted, tokens)
            state.look_in -= 1
        return replace(facts, checks=state.checks)

    async def _look(self, budget: NumberBudget, wanted: CloudDesired, tokens: TokenReports) -> None:
        """Look at all that is besides the number, unless the spec or the Secret changes meanwhile."""
        state, secret = self.entry.probe, self.entry.probe.reading and self.entry.probe.reading.secret
        if secret is None:
            return
        before = self.entry.generation, state.requests
        request = self._request(next(iter(self.resolved.targets.values())), secret, self.entry.timing.period)
        look = NumberLook(self.prober, wanted, request, secret, budget.heard)
        found = await tokens.looked(look, state.checks or NumberChecks())
        if (self.entry.generation, state.requests) == before:
            state.checks, state.look_in = found, EVERY

    def with_others(self, facts: Facts) -> Facts:
        """`facts` with the last answers of the pods whose turn it is not, where pods are probed in turns."""
        state, there = self.entry.probe, self.resolved.addresses
        if len(there) <= MOST_ASKED:
            state.heard = {}
            return facts
        if facts.not_probed:
            return facts
        heard = heard_of(state.heard.values(), facts.outcomes, there)
        if facts.generation == self.entry.generation:  # else the next round is about another spec
            state.heard = heard
        workload = facts.workload if len(heard) == len(there) else None  # restart it only once every pod is known
        return replace(facts, outcomes=tuple(heard.values()), in_turns=True, workload=workload)

    async def _sign_in_and_ask(self, now: Instant) -> AuthResult[Credential]:
        state, requests = self.entry.probe, self.entry.probe.requests
        timing = AuthTiming(self.entry.desired.thresholds.previous_key_window, self.references.refresh)
        flow = self._spared(self._authenticator(), timing.refresh, now).probe_flow(self._turn(), timing, now)
        asked = await carried_out(flow, self._result_of)
        if not is_taken(asked.outcomes):
            state.ask_another_pod()
        # The Secret may have changed meanwhile.
        state.signin = asked.signin if state.requests == requests else asked.signin.stale()
        return asked

    def _authenticator(self) -> Authenticator[Credential]:
        """The one of the last round, carried on as far as the spec still means the same target and credential.

        Another reference for the same target is a rotation. Another target is a stranger: nothing is known of it, so
        no previous key and no token of a login is ever sent to it.
        """
        state, now = self.entry.probe, meant(self.spec)
        if state.signin_of != now:
            state.reading = None
        state.signin = signin = carried_on(state.signin, state.signin_of, now)
        state.signin_of = now
        return signin

    def _spared(self, signin: Authenticator[Credential], refresh: float, now: Instant) -> Authenticator[Credential]:
        """`signin`, which does not read the Secret again while it is known to say what it said."""
        if not signin.is_due_by_time(now):
            return signin
        at = self._credential.known_at()
        return signin if at is None else signin.confirmed(at, refresh)

    @property
    def _credential(self) -> CredentialSecret:
        return CredentialSecret(self.references, self.entry, self.spec)

    def _turn(self) -> tuple[str, ...]:
        """The names of the pods to ask in this round."""
        state, there = self.entry.probe, self.resolved.addresses
        turn = whose_turn(there, state.turn)
        state.turn = turn[-1] if len(turn) < len(there) else ""
        return turn

    async def _result_of(self, effect: Effect[Credential]) -> EffectResult[Credential]:
        match effect:
            case ReadSecret():
                return await self._credential.read()
            case Probing(pods, secret):
                return await self._outcomes(pods, secret)
            case LogIn(pod, secret):
                return await self._login(pod, secret)
            case Checkpoint(signin):
                self.entry.probe.signin = signin
                return None

    async def _outcomes(self, names: Sequence[str], secret: Credential | None) -> Mapping[str, Outcome]:
        """By name; a name whose address is not known has the reason why."""
        targets, failed = self.resolved.targets, self.resolved.failed
        there = {name: targets[name] for name in names if name in targets}
        outcomes = await _all([self._outcome(name, target, secret) for name, target in there.items()])
        lost: dict[str, Outcome] = {name: failed[name] for name in names if name in failed}
        return lost | dict(zip(there, outcomes, strict=True))

    async def _outcome(self, name: str, target: ProbeTarget, secret: Credential | None) -> Outcome:
        """The answer; or the last one, while the pod wants to be left alone."""
        now = asyncio.get_running_loop().time()
        if (said := self._resting(target, now)) is not None:
            self.rested.add(name)
            return said
        self.rested.discard(name)
        period = self.entry.timing.period
        response = await self._measured(self._request(target, secret, period))
        outcome = self._heard(target, response)
        if response.kept is not None:
            self.entry.probe.kept[name] = response.kept
        if wait := self._rest(response):
            self.entry.probe.retry_after[target.host] = Cached(outcome, now + wait)
        return outcome

    def _rest(self, response: ProbeResponse[Outcome]) -> float:
        """Seconds for which the target is left alone after this answer. The budget of a number keeps its pauses."""
        if self.budget is None:
            return rest_of(response.outcome, self.entry.timing.period)
        self.budget.heard(response)
        return self.budget.least_pause(response.outcome)

    async def _measured(self, request: ProbeRequest) -> ProbeResponse[Outcome]:
        began = time.perf_counter()
        with metrics.probes_in_flight.track_inprogress():
            response = await self.request_health(self.prober, request)
        metrics.of_probes(result_of(response.outcome)).ended(time.perf_counter() - began)
        return response

    async def _login(self, name: str, secret: Credential) -> LoginOutcome[Credential]:
        if name in self.resolved.failed:
            return NotSent(self.resolved.failed[name])
        target = self.resolved.targets[name]
        if (said := self._resting(target, asyncio.get_running_loop().time())) is not None:
            self.rested.add(name)
            return NotSent(said)
        self.rested.discard(name)
        return self._heard(target, await self.prober.log_in(self._request(target, secret)))

    def _resting(self, target: ProbeTarget, now: float) -> Outcome | None:
        """The last answer of a pod that wants to be left alone until after `now`, in monotonic seconds."""
        paused = self.budget.paused(now) if self.budget is not None else None
        held = self.entry.probe.retry_after.get(target.host)
        return paused or (held.value if held is not None and now < held.until else None)

    def _request(self, target: ProbeTarget, secret: Credential | None, period: float = 0.0) -> ProbeRequest:
        host, addresses, port, through = target
        endpoint = replace(self.endpoint, host=host, addresses=addresses, port=port, through=through)
        unknown = host not in self.entry.probe.certificates  # a kept connection may have been made for another resource
        return ProbeRequest(endpoint, secret, self.entry.timing.timeout, period, shows_certificate=unknown)

    def _heard(self, target: ProbeTarget, response: ProbeResponse[T]) -> T:
        """The outcome. The certificate that was presented with it is remembered."""
        certificates = self.entry.probe.certificates
        if response.presented:
            certificates.pop(target.host, None)
            if (certificate := certificate_of(response.presented)) is not None:
                certificates[target.host] = certificate
        return response.outcome

    def _with_certificates(self, facts: Facts, now: Instant) -> Facts:
        """The pods' certificate that expires first, and the one that this process shows; None where there is none."""
        trust = self.endpoint.trust
        theirs = first_to_end(self.entry.probe.certificates.values()) if trust else None
        own = trust.own.certificate if trust and trust.own else None
        expiring, own_expiring = is_expiring(theirs, now.wall), is_expiring(own, now.wall)
        return replace(facts, certificate=theirs, expiring=expiring, own=own, own_expiring=own_expiring)


async def _all(questions: Sequence[Coroutine[None, None, Outcome]]) -> list[Outcome]:
    """The outcomes, in order. The first `ObserverFault` cancels the other questions and is raised."""
    if len(questions) == 1:
        return [await questions[0]]  # without a task of its own, which costs a tenth of a probe
    ours = False
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(piece(question)) for question in questions]
    except* ObserverFault:
        ours = True
    if ours:
        raise ObserverFault
    return [task.result() for task in tasks]
