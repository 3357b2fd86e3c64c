"""The simulated cluster: what a scenario's steps make of it, and what it answers to whoever asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from wahealth.api.credential_source import CredentialSource
from wahealth.core import instant as clock
from wahealth.core.answer import FailureReason, Outcome, Unauthorized, Unreachable
from wahealth.core.cloud.wanted import CloudDesired
from wahealth.core.facts import Pod, Pods
from wahealth.core.number.number_input import NUMBER
from wahealth.core.references import secret_key_missing, secret_not_found
from wahealth.core.resting import rest_of
from wahealth.core.signin.flow import (
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
)
from wahealth.core.signin.kinds import Kind
from wahealth.core.status import Finding
from wahealth.probe.challenge import foreign_scheme
from wahealth.probe.credential import without
from wahealth.probe.payload import outcome_of
from wahealth.probe.reading import reading_of
from wahealth.probe.semantics import is_read, waiting
from wahealth.probe.strict_json import MOST_BYTES, TOO_LARGE
from wahealth.simulate.answers import Answer, PodAnswer
from wahealth.simulate.cloud_api import CloudApi, NumberQuestion
from wahealth.simulate.document import merged
from wahealth.simulate.scenario import Entries, NodePod, Step


class Asking(NamedTuple):
    """Who is asked, and with which credential. `number` None: the pods. `period`: seconds from round to round.
    `pause`: seconds that are left of one that the Cloud API asked of the process before this one."""

    source: CredentialSource
    number: CloudDesired | None
    period: float
    pause: float = 0.0


@dataclass
class World:
    """The simulated cluster at one instant: client, Secrets, web pods and the pods of nodes; and the Cloud API."""

    folder: Path
    client: dict[str, Any]
    generation: int = 1
    target: bool = True
    pods: dict[str, PodAnswer] = field(default_factory=dict)
    secrets: dict[str, Entries] = field(default_factory=dict)
    places: dict[str, NodePod | None] = field(default_factory=dict)
    moves: int = 0  # how often the pods of nodes changed
    resting: dict[str, tuple[Outcome, float]] = field(default_factory=dict)  # pods that asked for a pause: outcome, end
    cloud: CloudApi = field(init=False)

    def __post_init__(self) -> None:
        self.cloud = CloudApi(self.folder)

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
        self.cloud.take(step)
        _replace_all(self.pods, step.pods)
        _replace_all(self.secrets, step.secrets)
        self.places |= step.node_pods
        self.moves += bool(step.node_pods)

    def reading(self, source: CredentialSource) -> Reading[bytes]:
        """The credential as the Secrets hold it now, or why there is none. The secret of an app is looked at alone: no
        answer depends on its proof."""
        found = self._entries(source.secret, source.entries)
        if isinstance(found, Finding):
            return Reading(reference=found)
        app = self._entries(source.app_secret.secret, [source.app_secret.entry]) if source.app_secret else [None]
        if isinstance(app, Finding):
            return Reading(reference=app)
        read = reading_of(source.kind, found, app_secret=app[0])
        return Reading(b":".join(found), expires=read.expires) if read.form is None else Reading(form=read.form)

    def _entries(self, secret: str, names: Sequence[str]) -> list[bytes] | Finding:
        if secret not in self.secrets:
            return secret_not_found(secret)
        entries = self.secrets[secret]
        missing = next((name for name in names if name not in entries), None)
        if missing is not None:
            return secret_key_missing(secret, missing)
        return [value.encode() if isinstance(value := entries[name], str) else value for name in names]

    def names(self, number: CloudDesired | None) -> tuple[str, ...]:
        """Whom to ask: the pods, or the number where the client names one."""
        return tuple(sorted(self.pods)) if number is None else (NUMBER,)

    def left_alone(self, now: clock.Instant) -> frozenset[str]:
        """The names of the pods that are not probed now, because they asked for a pause."""
        return frozenset(name for name, (_, until) in self.resting.items() if now.monotonic < until)

    def forget_pauses(self) -> None:
        """As a process that starts: it knows of none, but for what the status says."""
        self.resting = {}
        self.cloud.start_again()

    def came_of(self, effect: Effect[bytes], asking: Asking, now: clock.Instant) -> EffectResult[bytes]:
        """The result of one step of the sign-in flow."""
        match effect:
            case Probing(names, secret):
                return {name: self._said(name, secret, asking, now) for name in names}
            case ReadSecret():
                return self.reading(asking.source)
            case LogIn(pod, secret):
                return _login_outcome(self.pods[pod], secret, now.wall)
            case Checkpoint():
                return None

    def _said(self, name: str, secret: bytes | None, asking: Asking, now: clock.Instant) -> Outcome:
        if asking.number is not None:
            return self._said_of(asking.number, secret or b"", asking.pause, now)
        if name in self.left_alone(now):
            return self.resting[name][0]
        outcome = self._outcome(self.pods[name], asking.source.kind, secret)
        if wait := rest_of(outcome, asking.period):
            self.resting[name] = outcome, now.monotonic + wait
        return outcome

    def _said_of(self, number: CloudDesired, token: bytes, pause: float, now: clock.Instant) -> Outcome:
        asked = NumberQuestion(token, number, now.monotonic)
        if pause:
            self.cloud.pause(asked, pause)
        return self.cloud.ask(asked)

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


def _replace_all(table: dict[str, Any], changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        if value is None:
            table.pop(name, None)
        else:
            table[name] = value
