"""The other side of the conversation about how to sign in: one place, and one deadline for all that is asked there."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from wahealth.core.answer import Outcome, PodOutcome
from wahealth.core.facts import Desired, Facts, with_probe_results
from wahealth.core.instant import Instant
from wahealth.core.signin.flow import AuthTiming, Checkpoint, Effect, EffectResult, LogIn, Probing, Reading, ReadSecret
from wahealth.core.signin.kinds import begun
from wahealth.probe.client import Prober
from wahealth.probe.conversation import carried_out
from wahealth.probe.credential import Credential
from wahealth.probe.waweb import HealthEndpoint, ProbeRequest

_AT_ONCE = AuthTiming(0.0, 0.0)  # there is no round before this one, and none after it
_LEAST = 0.1  # seconds for a question, however long those before it took


class Asking:
    """Asks at `place`, shown as `name`, until `timeout` seconds from now are over."""

    def __init__(self, prober: Prober, place: HealthEndpoint, name: str, timeout: float) -> None:
        self._prober = prober
        self._place = place
        self._name = name
        self._until = asyncio.get_running_loop().time() + timeout

    async def facts(self, desired: Desired, reading: Reading[Credential]) -> Facts:
        """With what was read: at most one login, and the question. Raises `ObserverFault`."""

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

    async def without(self, desired: Desired) -> Facts:
        """With nobody signed in: waweb says no more then than that it is there. Raises `ObserverFault`."""
        return Facts(desired, 0, (PodOutcome(self._name, self._place.host, await self._outcome(None)),))

    async def _outcome(self, secret: Credential | None) -> Outcome:
        return (await self._prober.ask(self._question(secret))).outcome

    def _question(self, secret: Credential | None) -> ProbeRequest:
        left = self._until - asyncio.get_running_loop().time()
        return ProbeRequest(self._place, secret, max(_LEAST, round(left, 1)))
