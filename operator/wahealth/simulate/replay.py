"""Replays a scenario round by round on a simulated clock: each status write and event that the operator would make."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from wahealth.api.convert import InvalidSpec, desired_of, spec_of, status_document
from wahealth.api.credential_source import meant, source_of
from wahealth.api.v1alpha1 import Spec
from wahealth.api.v1alpha1.timing import LEAST_VENDOR_PERIOD
from wahealth.core import instant as clock
from wahealth.core.cloud.wanted import Provider
from wahealth.core.events.event import Event
from wahealth.core.facts import Desired, Facts, with_probe_results
from wahealth.core.reconcile import reconcile
from wahealth.core.references import invalid_spec, target_not_found
from wahealth.core.resting import written_pause
from wahealth.core.restore import restore_state
from wahealth.core.signin.flow import Authenticator, AuthTiming, run_flow
from wahealth.core.signin.kinds import Meant, carried_on
from wahealth.core.state import State
from wahealth.core.status import Status
from wahealth.simulate.document import merged
from wahealth.simulate.scenario import Scenario
from wahealth.simulate.world import Asking, World

START = datetime(2026, 1, 1, tzinfo=UTC)
FLOORS = dict.fromkeys(Provider, LEAST_VENDOR_PERIOD)  # each provider is asked at its own host
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
            step = self._steps.pop(0)
            self._world.take(step)
            if step.restart:
                self._start_again()

    def _start_again(self) -> None:
        self._history = self._signin = self._signin_of = None
        self._world.forget_pauses()

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
        facts = replace(facts, desired=desired_of(spec, FLOORS), pods=self._world.node_pods)
        return facts if spec.suspend else self._asked(spec, facts, now)

    def _asked(self, spec: Spec, facts: Facts, now: clock.Instant) -> Facts:
        if not self._world.target and spec.target.cloud is None:
            return replace(facts, reference_problem=target_not_found(*spec.target.named))
        before = written_pause(self._written, facts.generation, now.wall) if self._history is None else 0.0
        asking = Asking(source_of(spec), facts.desired.cloud, facts.desired.thresholds.period, before)
        names, signin = self._world.names(asking.number), self._carried_on(spec)
        terms = AuthTiming(facts.desired.thresholds.previous_key_window, SECRET_REFRESH)
        resting = self._world.left_alone(now)
        asked = run_flow(signin.probe_flow(names, terms, now), lambda effect: self._world.came_of(effect, asking, now))
        self._signin = asked.signin
        if asking.number is not None:
            facts = replace(facts, checks=self._world.cloud.checks)
            resting = frozenset(names if self._world.cloud.left_alone else ())
        return with_probe_results(facts, asked, {name: name for name in names}, resting)

    def _carried_on(self, spec: Spec) -> Authenticator[bytes]:
        """The sign-in of the last round, as far as it is about the same target; else the pauses of pods end, too."""
        before, now = self._signin_of, meant(spec)
        if before is not None and before.whom != now.whom:
            self._world.resting.clear()
        self._signin_of = now
        return carried_on(self._signin, before, now)
