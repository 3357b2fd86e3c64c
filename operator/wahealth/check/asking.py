"""One probe of one endpoint: answers the sign-in flow (`core.signin.flow`) under one deadline for all requests."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from wahealth.core.answer import Outcome, PodOutcome, accepts_token
from wahealth.core.cloud.number_checks import NumberChecks
from wahealth.core.facts import Desired, Facts, with_probe_results
from wahealth.core.instant import Instant
from wahealth.core.signin.flow import AuthTiming, Checkpoint, Effect, EffectResult, LogIn, Probing, Reading, ReadSecret
from wahealth.core.signin.kinds import begun
from wahealth.probe.client import Ask, Prober, ask_client
from wahealth.probe.cloud.graph_look import NumberLook, has_checks
from wahealth.probe.conversation import carried_out
from wahealth.probe.credential import Credential
from wahealth.probe.waweb import HealthEndpoint, ProbeRequest

_AT_ONCE = AuthTiming(0.0, 0.0)  # seconds; there is no round before or after this one
_LEAST = 0.1  # seconds for a request, however long those before it took


class Asking:
    """Probes `place`, shown as `name`; all requests together may take `timeout` seconds from now."""

    def __init__(self, prober: Prober, place: HealthEndpoint, name: str, timeout: float, ask: Ask = ask_client) -> None:
        self._prober = prober
        self._ask = ask
        self._place = place
        self._name = name
        self._until = asyncio.get_running_loop().time() + timeout

    async def facts(self, desired: Desired, reading: Reading[Credential]) -> Facts:
        """The facts of this one round: at most one login, then the probe. `reading` is the credential, or why there is
        none.

        Raises `ObserverFault`.
        """

        async def came_of(command: Effect[Credential]) -> EffectResult[Credential]:
            match command:
                case ReadSecret():
                    return reading
                case Probing(pods, secret):
                    return {pod: await self._outcome(secret) for pod in pods}
                case LogIn(_, secret):
                    return (await self._prober.log_in(self._question(secret))).outcome
                case Checkpoint():
                    return None

        now = Instant(0.0, datetime.now(UTC).replace(microsecond=0))
        talk = begun(desired.signs_in_by).probe_flow((self._name,), _AT_ONCE, now)
        asked = await carried_out(talk, came_of)
        return with_probe_results(Facts(desired, 0), asked, {self._name: self._place.host})

    async def number_facts(self, desired: Desired, reading: Reading[Credential]) -> Facts:
        """The same of a number of the Cloud API, with what is besides it. Raises `ObserverFault`."""
        facts = await self.facts(desired, reading)
        seen = any(accepts_token(one.outcome) for one in facts.outcomes)
        if not seen or desired.cloud is None or reading.secret is None or not has_checks(desired.cloud):
            return facts
        look = NumberLook(self._prober, desired.cloud, self._question(reading.secret), reading.secret)
        return replace(facts, checks=await look.found(NumberChecks(), await look.token()))

    async def without(self, desired: Desired) -> Facts:
        """The facts of a probe without a credential: waweb then only shows that it answers. Raises `ObserverFault`."""
        return Facts(desired, 0, (PodOutcome(self._name, self._place.host, await self._outcome(None)),))

    async def _outcome(self, secret: Credential | None) -> Outcome:
        return (await self._ask(self._prober, self._question(secret))).outcome

    def _question(self, secret: Credential | None) -> ProbeRequest:
        left = self._until - asyncio.get_running_loop().time()
        return ProbeRequest(self._place, secret, max(_LEAST, round(left, 1)))
