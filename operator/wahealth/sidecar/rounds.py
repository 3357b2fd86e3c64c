"""The sidecar's background task: one probe a period, and the state that its pages answer from."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

from wahealth import mounted
from wahealth.core.answer import Answered, Outcome, PodOutcome, result_of
from wahealth.core.facts import Facts, with_probe_results
from wahealth.core.instant import Instant
from wahealth.core.readiness.depth import STARTING
from wahealth.core.readiness.pod import ReadinessState, RoundResult, advance
from wahealth.core.reasons.row import Surface
from wahealth.core.reconcile import reconcile
from wahealth.core.references import file_not_there, no_plain_file
from wahealth.core.resting import rest_of
from wahealth.core.restore import restore_state
from wahealth.core.signin.flow import (
    Authenticator,
    AuthTiming,
    Checkpoint,
    Effect,
    EffectResult,
    LogIn,
    Probing,
    Reading,
    ReadSecret,
)
from wahealth.core.signin.kinds import begun
from wahealth.core.state import State
from wahealth.core.status import ConditionType, Finding, Status
from wahealth.core.verdict.checks.credentials_valid import not_tried
from wahealth.probe.client import Prober
from wahealth.probe.conversation import carried_out
from wahealth.probe.credential import Credential
from wahealth.probe.errors import ObserverFault
from wahealth.probe.reading import reading_of
from wahealth.probe.waweb import HealthEndpoint, ProbeRequest
from wahealth.sidecar.settings import Settings
from wahealth.sidecar.showing import ends_soon
from wahealth.telemetry import logs

log = logging.getLogger(__name__)

UPSTREAM = "upstream"


class Rounds:
    """Probes the upstream and keeps the result.

    `kept` is the readiness of this pod, `status` that of the whole client, confirmed or as seen so far. `ticked` is
    when the last round began, `answered` when the upstream last answered (None: never), both in monotonic seconds.
    """

    def __init__(self, settings: Settings, prober: Prober) -> None:
        self._settings = settings
        self._prober = prober
        self._expected = settings.desired
        self._signin: Authenticator[Credential] = begun(settings.desired.signs_in_by)
        self._state: State | None = None
        self.kept = ReadinessState()
        self.status = Status()
        self.ticked = _seconds()
        self.answered: float | None = None
        self._left_alone = float("-inf")  # monotonic time until which the upstream asked not to be probed
        self.counts: dict[str, int] = {}  # rounds by result
        self._unusable: Finding | None = None  # what is wrong with the mounted credential

    @property
    def credentials(self) -> Finding:
        """The state of the mounted credential: what is wrong with its files, else the confirmed condition."""
        said = self.status.condition(ConditionType.CREDENTIALS_VALID)
        seen = said.finding if said else not_tried(self._expected.signs_in_by)
        return self._unusable or seen

    async def run(self) -> None:
        """Probes until cancelled. Rounds need no jitter, because the pods of a client do not start at the same time."""
        while True:
            self.ticked = _seconds()
            try:
                await self._round()
            except ObserverFault:
                self._count("ObserverFault")  # says nothing about the client
            except Exception as error:  # noqa: BLE001 - a bug in one round ends that round
                self._count("Bug")
                log.error("bug in a round", extra=logs.bug(error))
            await asyncio.sleep(max(0.0, self.ticked + self._settings.period - _seconds()))

    async def _round(self) -> None:
        now = Instant(_seconds(), datetime.now(UTC).replace(microsecond=0))
        if now.monotonic < self._left_alone:
            self._count("LeftAlone")  # not probed at the upstream's wish: such a round does not count
            return
        facts = await self._facts(now)
        state = self._state or restore_state(Status(), 0, self._expected.thresholds, now)
        done = reconcile(state, facts, Status(), now)
        self._state = done.state
        self.status = done.known
        seen, before = RoundResult(facts, done.known, now.monotonic), self.kept.readiness
        self.kept = advance(self.kept, self._settings.identity, seen)
        self._count(result_of(seen.outcome) if seen.outcome else "NotAsked")
        if isinstance(seen.outcome, Answered):
            self.answered = now.monotonic
        for event in done.events:
            log.info(event.note, extra={"reason": event.reason})
        if before is STARTING or self.kept.readiness.lacking != before.lacking:  # alternating reasons are one outage
            told = {"reason": self.kept.readiness.reason, "lacking": self.kept.readiness.lacking or "-"}
            log.info("readiness changed", extra=told)

    def _noted(self, problem: Finding | None) -> None:
        if problem is not None and problem != self._unusable:
            log.warning(problem.message, extra={"reason": problem.reason})
        self._unusable = problem

    def _count(self, result: str) -> None:
        self.counts[result] = self.counts.get(result, 0) + 1

    async def _facts(self, now: Instant) -> Facts:
        terms = AuthTiming(self._expected.thresholds.previous_key_window, 0.0)
        asked = await carried_out(self._signin.stale().probe_flow((UPSTREAM,), terms, now), self._came_of)
        self._signin = asked.signin
        facts = with_probe_results(self._begun(), asked, {UPSTREAM: self._settings.upstream.host})
        problem = facts.credential_problem or facts.reference_problem
        self._noted(problem)
        if problem is None:
            return facts
        # Without a credential waweb only shows that it answers, which matters most to this pod.
        heard = await self._outcome(None)
        outcomes = (PodOutcome(UPSTREAM, self._settings.upstream.host, heard),)
        return Facts(self._expected, 0, outcomes, unauthorized_finding=problem)

    def _begun(self) -> Facts:
        """The facts that are known before the probe."""
        own = self._settings.showing.own if self._settings.showing else None
        return Facts(self._expected, 0, own=own.certificate if own else None, own_expiring=ends_soon(own))

    async def _came_of(self, command: Effect[Credential]) -> EffectResult[Credential]:
        match command:
            case ReadSecret():
                return self._reading()
            case Probing(_, secret):
                return {UPSTREAM: await self._outcome(secret)}
            case LogIn(_, secret):
                return (await self._prober.log_in(self._question(secret, 0.0))).outcome
            case Checkpoint(signin):
                self._signin = signin
                return None

    def _reading(self) -> Reading[Credential]:
        """The credential as it is mounted now; kubelet swaps a link when the Secret changes."""
        values: list[bytes] = []
        for path in self._settings.files:
            try:
                values.append(mounted.read(path))
            except OSError:
                return Reading(reference=file_not_there(str(path)))
            except mounted.NoPlainFile:
                return Reading(reference=no_plain_file(str(path)))
        return reading_of(self._expected.signs_in_by, values, Surface.DESK)

    async def _outcome(self, secret: Credential | None) -> Outcome:
        period = self._settings.period
        heard = await self._prober.ask(self._question(secret, period))
        self._left_alone = _seconds() + rest_of(heard.outcome, period)
        return heard.outcome

    def _question(self, secret: Credential | None, period: float) -> ProbeRequest:
        upstream, settings = self._settings.upstream, self._settings
        trust = settings.showing.trust() if settings.showing else None
        place = HealthEndpoint(upstream.host, (), upstream.port, trust, settings.server_name, settings.path)
        return ProbeRequest(place, secret, settings.timeout, period)


def _seconds() -> float:
    """The time of the event loop, in monotonic seconds."""
    return asyncio.get_running_loop().time()
