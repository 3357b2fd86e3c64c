"""A scenario, round by round on a clock of its own: each status write and event that the operator would make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from wahealth.api.convert import InvalidSpec, expectation, spec_of, status_document, timing
from wahealth.api.v1alpha1 import Probe, Spec
from wahealth.core.answer import Outcome, PodOutcome, Refused, Unreachable
from wahealth.core.credentials import api_key_problem
from wahealth.core.evaluate import evaluate
from wahealth.core.events import Event
from wahealth.core.facts import Expectation, Facts
from wahealth.core.plan import Memory, plan
from wahealth.core.references import invalid_spec, secret_key_missing, secret_not_found, target_not_found
from wahealth.core.status import Finding, Status
from wahealth.probe.payload import outcome_of
from wahealth.simulate.scenario import Entries, PodAnswer, Scenario, Step

START = datetime(2026, 1, 1, tzinfo=UTC)
SECRET_REFRESH = 300.0  # seconds after which a good Secret is read again


@dataclass(frozen=True)
class Moment:
    """One status write, with the events told beside it."""

    at: float
    status: dict[str, Any]
    events: tuple[Event, ...]


@dataclass
class World:
    """What is there at a moment."""

    folder: Path
    client: dict[str, Any]
    generation: int = 1
    target: bool = True
    pods: dict[str, PodAnswer] = field(default_factory=dict)
    secrets: dict[str, Entries] = field(default_factory=dict)

    def take(self, step: Step) -> None:
        if step.client:
            self.client = _merged(self.client, step.client)
            self.generation += 1
        if "target" in step.model_fields_set:
            self.target = step.target is not None
        _replace_all(self.pods, step.pods)
        _replace_all(self.secrets, step.secrets)

    def outcomes(self, key: bytes) -> tuple[PodOutcome, ...]:
        return tuple(PodOutcome(name, name, self._outcome(pod, key)) for name, pod in sorted(self.pods.items()))

    def _outcome(self, pod: PodAnswer, key: bytes) -> Outcome:
        if pod.error is not None:
            return Unreachable(pod.error)
        if pod.key is not None and pod.key.encode() != key:
            return Refused()
        return outcome_of(*pod.answer(self.folder))


class Replay:
    def __init__(self, scenario: Scenario, folder: Path) -> None:
        self._steps = list(scenario.steps)
        self._until = scenario.until
        self._world = World(folder, scenario.client, secrets=dict(scenario.secrets))
        self._believed = Status()
        self._memory = Memory()
        self._key: tuple[bytes, float] | None = None  # the key held, and until when

    @property
    def final(self) -> Status:
        return self._believed

    def moments(self) -> Iterator[Moment]:
        at = 0.0
        while at <= self._until:
            self._catch_up(at)
            spec, facts = self._facts(at)
            yield from self._round(facts, at)
            at += timing(spec.probe if spec else Probe()).period

    def _catch_up(self, at: float) -> None:
        while self._steps and self._steps[0].at <= at:
            self._world.take(self._steps.pop(0))

    def _round(self, facts: Facts, at: float) -> Iterator[Moment]:
        now = START + timedelta(seconds=at)
        todo = plan(self._believed, evaluate(facts), self._memory, self._world.generation, now)
        self._memory = todo.memory
        if todo.status is not None:
            self._believed = todo.status
            yield Moment(at, status_document(todo.status), todo.events)

    def _facts(self, at: float) -> tuple[Spec | None, Facts]:
        facts = Facts(Expectation(), self._world.generation, believed=self._believed)
        try:
            spec = spec_of(self._world.client)
        except InvalidSpec as error:
            return None, replace(facts, reference=invalid_spec(str(error)))
        facts = replace(facts, expected=expectation(spec))
        return spec, facts if spec.suspend else self._asked(spec, facts, at)

    def _asked(self, spec: Spec, facts: Facts, at: float) -> Facts:
        if not self._world.target:
            return replace(facts, reference=target_not_found(spec.target.workload.kind, spec.target.workload.name))
        key = self._read_key(spec, at)
        if isinstance(key, Finding):
            return replace(facts, reference=key)
        if (problem := api_key_problem(key)) is not None:
            return replace(facts, key=problem)
        outcomes = self._world.outcomes(key)
        if any(isinstance(o.outcome, Refused) for o in outcomes):
            self._key = None
        return replace(facts, outcomes=outcomes)

    def _read_key(self, spec: Spec, at: float) -> bytes | Finding:
        """As the operator holds it: a good key for a while, a missing or bad one not at all."""
        if self._key is not None and at < self._key[1]:
            return self._key[0]
        self._key = None
        ref = spec.auth.api_key.secret_key_ref
        if ref.name not in self._world.secrets:
            return secret_not_found(ref.name)
        entry = self._world.secrets[ref.name].get(ref.key)
        if not entry:
            return secret_key_missing(ref.name, ref.key)
        key = entry.encode() if isinstance(entry, str) else entry
        if api_key_problem(key) is None:
            self._key = (key, at + SECRET_REFRESH)
        return key


def _merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """A merge patch: maps are merged, null removes."""
    result = dict(old)
    for name, value in new.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict) and isinstance(result.get(name), dict):
            result[name] = _merged(result[name], value)
        else:
            result[name] = value
    return result


def _replace_all(table: dict[str, Any], changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        if value is None:
            table.pop(name, None)
        else:
            table[name] = value
