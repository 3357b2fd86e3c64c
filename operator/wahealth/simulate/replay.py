"""Replays a scenario round by round on a simulated clock: each status write and event that the operator would make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from wahealth.api.convert import InvalidSpec, desired_of, spec_of, status_document
from wahealth.api.credential_source import CredentialSource, meant, source_of
from wahealth.api.v1alpha1 import Spec
from wahealth.core import instant as clock
from wahealth.core.answer import FailureReason, Outcome, Unauthorized, Unreachable
from wahealth.core.events.event import Event
from wahealth.core.facts import Desired, Facts, Pod, Pods, with_probe_results
from wahealth.core.reconcile import reconcile
from wahealth.core.references import invalid_spec, secret_key_missing, secret_not_found, target_not_found
from wahealth.core.resting import rest_of
from wahealth.core.restore import restore_state
from wahealth.core.signin.flow import (
    Authenticator,
    AuthTiming,
    Checkpoint,
    Effect,
    EffectResult,
    Limited,
    LoggedIn,
    LogIn,
    LoginOutcome,
    Probing,
    Reading,
    ReadSecret,
    run_flow,
)
from wahealth.core.signin.kinds import Kind, Meant, carried_on, form_problem
from wahealth.core.state import State
from wahealth.core.status import Status
from wahealth.probe.challenge import foreign_scheme
from wahealth.probe.credential import without
from wahealth.probe.login import expiry_of
from wahealth.probe.payload import outcome_of
from wahealth.probe.semantics import is_read, waiting
from wahealth.probe.strict_json import MOST_BYTES, TOO_LARGE
from wahealth.simulate.scenario import Answer, Entries, NodePod, PodAnswer, Scenario, Step, merged

START = datetime(2026, 1, 1, tzinfo=UTC)
SECRET_REFRESH = 300.0  # seconds after which a good Secret is read again


@dataclass(frozen=True)
class TimelineEntry:
    """One status write with the events of the same round, or events alone.

    `at` is in seconds since the start. `status` is the JSON object that is written; None if nothing is. `says` is the
    status that the resource has then.
    """

    at: float
    status: dict[str, Any] | None
    events: tuple[Event, ...]
    says: Status


@dataclass
class World:
    """The simulated cluster at one instant: client, Secrets, web pods and the pods of nodes."""

    folder: Path
    client: dict[str, Any]
    generation: int = 1
    target: bool = True
    pods: dict[str, PodAnswer] = field(default_factory=dict)
    secrets: dict[str, Entries] = field(default_factory=dict)
    places: dict[str, NodePod | None] = field(default_factory=dict)
    moves: int = 0  # how often the pods of nodes changed
    resting: dict[str, tuple[Outcome, float]] = field(default_factory=dict)  # pods that asked for a pause: outcome, end

    @property
    def node_pods(self) -> Pods | None:
        """The pods of coreapps and masters; None if the scenario names none."""
        if not self.places:
            return None
        there = {name: Pod(name, place.address, place.node) for name, place in self.places.items() if place}
        by_address = {pod.address: pod for pod in there.values() if pod.address}
        return Pods(by_address, there, frozenset(self.places.keys() - there.keys()), self.moves)

    def take(self, step: Step) -> None:
        """Applies the changes of a step."""
        if step.client:
            before, self.client = self.client, merged(self.client, step.client)
            self.generation += before.get("spec") != self.client.get("spec")
        if "target" in step.model_fields_set:
            self.target = step.target is not None
        _replace_all(self.pods, step.pods)
        _replace_all(self.secrets, step.secrets)
        self.places |= step.node_pods
        self.moves += bool(step.node_pods)

    def reading(self, source: CredentialSource) -> Reading[bytes]:
        """The credential as the Secret holds it now, or why there is none."""
        if source.secret not in self.secrets:
            return Reading(reference=secret_not_found(source.secret))
        entries = self.secrets[source.secret]
        missing = next((entry for entry in source.entries if entry not in entries), None)
        if missing is not None:
            return Reading(reference=secret_key_missing(source.secret, missing))
        found = [value.encode() if isinstance(value := entries[entry], str) else value for entry in source.entries]
        problem = form_problem(source.kind, found)
        expires = expiry_of(found[0]) if source.kind is Kind.TOKEN else None
        return Reading(b":".join(found), expires=expires) if problem is None else Reading(form=problem)

    def left_alone(self, now: clock.Instant) -> frozenset[str]:
        """The names of the pods that are not probed now, because they asked for a pause."""
        return frozenset(name for name, (_, until) in self.resting.items() if now.monotonic < until)

    def came_of(
        self, effect: Effect[bytes], source: CredentialSource, now: clock.Instant, period: float
    ) -> EffectResult[bytes]:
        """The result of one step of the sign-in flow; `period` is in seconds."""
        match effect:
            case Probing(pods, secret):
                return {name: self._said(name, source.kind, secret, now, period) for name in pods}
            case ReadSecret():
                return self.reading(source)
            case LogIn(pod, secret):
                return _login_outcome(self.pods[pod], secret, now.wall)
            case Checkpoint():
                return None

    def _said(self, name: str, kind: Kind, secret: bytes | None, now: clock.Instant, period: float) -> Outcome:
        if name in self.left_alone(now):
            return self.resting[name][0]
        outcome = self._outcome(self.pods[name], kind, secret)
        if wait := rest_of(outcome, period):
            self.resting[name] = outcome, now.monotonic + wait
        return outcome

    def _outcome(self, pod: PodAnswer, kind: Kind, secret: bytes | None) -> Outcome:
        if pod.error is not None:
            return Unreachable(pod.error)
        taken = pod.key if pod.login is None or pod.key is not None else pod.login.token
        if secret is None or (taken is not None and taken.encode() != secret):
            return Unauthorized()
        return _heard(pod.answer(self.folder), kind, secret)


def _heard(answer: Answer, kind: Kind, secret: bytes) -> Outcome:
    """The outcome that the operator would see. It reads a bounded body, and none of a refusal or a redirect."""
    if is_read(answer.status) and len(answer.body) > MOST_BYTES:
        return Unreachable(FailureReason.BODY_TOO_LARGE, TOO_LARGE)
    location = without(secret, answer.headers.get("location", "").encode()).decode()
    own = "Apikey" if kind is Kind.API_KEY else "Bearer"
    wants = foreign_scheme([answer.headers.get("www-authenticate", "")], own)
    outcome = outcome_of(answer.status, without(secret, answer.body), location, wants)
    return waiting(outcome, answer.headers.get("retry-after", ""))


def _login_outcome(pod: PodAnswer, secret: bytes, now: datetime) -> LoginOutcome[bytes]:
    login = pod.login
    if pod.error is not None:
        return Unreachable(pod.error)
    if login is None or f"{login.username}:{login.password}".encode() != secret:
        return Unauthorized()
    expires = now + timedelta(seconds=login.lasts_seconds)
    return Limited() if login.limited else LoggedIn(login.token.encode(), expires)


class Replay:
    """A replay of one scenario. Paths of answers are relative to `folder`."""

    def __init__(self, scenario: Scenario, folder: Path) -> None:
        self._steps = list(scenario.steps)
        self._until = scenario.until
        self._world = World(folder, merged({}, scenario.client), secrets=dict(scenario.secrets))
        self._written = Status()
        self._history: State | None = None
        self._signin: Authenticator[bytes] | None = None
        self._signin_of: Meant | None = None

    @property
    def final(self) -> Status:
        """The status that the resource has now; after the timeline, at its end."""
        return self._written

    def timeline(self) -> Iterator[TimelineEntry]:
        """Plays all rounds, once; rounds that write nothing and post no event have no entry."""
        at = 0.0
        while at <= self._until:
            self._catch_up(at)
            now = clock.Instant(at, START + timedelta(seconds=at))
            facts = self._facts(now)
            yield from self._round(facts, now)
            at += facts.desired.thresholds.period

    def _catch_up(self, at: float) -> None:
        while self._steps and self._steps[0].at <= at:
            self._world.take(self._steps.pop(0))

    def _round(self, facts: Facts, now: clock.Instant) -> Iterator[TimelineEntry]:
        state = self._history or restore_state(self._written, facts.generation, facts.desired.thresholds, now)
        todo = reconcile(state, facts, self._written, now)
        self._history = todo.state
        self._written = todo.status or self._written
        if todo.status is not None or todo.events:
            document = status_document(todo.status) if todo.status is not None else None
            yield TimelineEntry(now.monotonic, document, todo.events, self._written)

    def _facts(self, now: clock.Instant) -> Facts:
        facts = Facts(Desired(), self._world.generation)
        try:
            spec = spec_of(self._world.client)
        except InvalidSpec as error:
            return replace(facts, reference_problem=invalid_spec(str(error)))
        facts = replace(facts, desired=desired_of(spec), pods=self._world.node_pods)
        return facts if spec.suspend else self._asked(spec, facts, now)

    def _asked(self, spec: Spec, facts: Facts, now: clock.Instant) -> Facts:
        if not self._world.target:
            return replace(facts, reference_problem=target_not_found(*spec.target.named))
        source, whom = source_of(spec), meant(spec)
        signin, self._signin_of = carried_on(self._signin, self._signin_of, whom), whom
        terms = AuthTiming(facts.desired.thresholds.previous_key_window, SECRET_REFRESH)
        flow = signin.probe_flow(tuple(sorted(self._world.pods)), terms, now)
        period, resting = facts.desired.thresholds.period, self._world.left_alone(now)
        asked = run_flow(flow, lambda effect: self._world.came_of(effect, source, now, period))
        self._signin = asked.signin
        return with_probe_results(facts, asked, {name: name for name in self._world.pods}, resting)


def _replace_all(table: dict[str, Any], changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        if value is None:
            table.pop(name, None)
        else:
            table[name] = value
