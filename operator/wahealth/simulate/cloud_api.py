"""The simulated Cloud API: its answers about a number, its token and its account, read as the operator reads them, and
the pauses that it asks for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

from wahealth.core.answer import FailureReason, Outcome, Unreachable, accepts_token
from wahealth.core.cloud.errors import throttle
from wahealth.core.cloud.number_checks import EVERY, NumberChecks
from wahealth.core.cloud.quota import BudgetKey, Quota
from wahealth.core.cloud.wanted import HOSTS, CloudDesired, Provider
from wahealth.probe.client import Prober, ProbeResponse
from wahealth.probe.cloud.graph_look import NumberLook, has_checks
from wahealth.probe.cloud.providers import askers, path_of
from wahealth.probe.credential import Credential, bearer_token, dialog360_key
from wahealth.probe.message import Request
from wahealth.probe.waweb import HealthEndpoint, ProbeRequest
from wahealth.simulate.answering import AnsweringProber
from wahealth.simulate.answers import Answer, CloudAnswer
from wahealth.simulate.scenario import Step

_TIMEOUT = 14.0  # seconds, of a request that is never sent
_REJECTED = Answer(401, {}, b'{"error": {"code": 190}}')


class NumberQuestion(NamedTuple):
    """Who asks about which number, and when (monotonic seconds)."""

    token: bytes
    number: CloudDesired
    now: float

    @property
    def credential(self) -> Credential:
        made = bearer_token if self.number.provider is Provider.GRAPH else dialog360_key
        return made(self.token)

    @property
    def budget(self) -> BudgetKey:
        return BudgetKey(self.credential.digest, self.number.account)

    @property
    def request(self) -> ProbeRequest:
        endpoint = HealthEndpoint(HOSTS[self.number.provider], (), path=path_of(self.number))
        return ProbeRequest(endpoint, self.credential, _TIMEOUT)


@dataclass
class CloudApi:
    """Paths in answers are relative to `folder`. `answers`: by the field of a step; what is not there does not answer.

    `left_alone`: no request was made when the number was last asked for, because of a pause. `checks`: what was found
    besides the number since the last edit or restart; `look_in`: rounds until that is looked at.
    """

    folder: Path
    answers: dict[str, CloudAnswer | None] = field(default_factory=dict)
    quota: Quota = field(default_factory=lambda: Quota(limited=False))
    left_alone: bool = False
    checks: NumberChecks | None = None
    look_in: int = 0

    def take(self, step: Step) -> None:
        """Answers as the step says, from now on."""
        named: Mapping[str, CloudAnswer | None] = {
            "cloud": step.cloud,
            "cloud_token": step.cloud_token,
            "cloud_account": step.cloud_account,
        }
        self.answers |= {name: answer for name, answer in named.items() if name in step.model_fields_set}
        if step.client or step.secrets:  # it may be about another token or account
            self.checks, self.look_in = None, 0

    def start_again(self) -> None:
        """The operator is another process now."""
        self.checks, self.look_in, self.quota = None, 0, Quota(limited=False)

    def pause(self, asked: NumberQuestion, seconds: float) -> None:
        """The process before this one was told to ask nothing for so long."""
        self.quota.pause(asked.budget, throttle(seconds), asked.now)

    def ask(self, asked: NumberQuestion) -> Outcome:
        """The outcome that the operator would see. In every tenth round it looks at what is besides the number, too."""
        paused = self.quota.paused(asked.budget, asked.now)
        self.left_alone = paused is not None
        if paused is not None:
            return paused
        prober = AnsweringProber(partial(self._answer_to, asked))
        heard = asyncio.run(_answered(prober, asked))
        self._mind(asked, heard)
        if accepts_token(heard.outcome) and has_checks(asked.number):
            self._look(prober, asked)
        return heard.outcome

    def _look(self, prober: Prober, asked: NumberQuestion) -> None:
        if self.look_in <= 0:
            look = NumberLook(prober, asked.number, asked.request, asked.credential, partial(self._mind, asked))
            self.checks, self.look_in = asyncio.run(_looked(look, self.checks or NumberChecks())), EVERY
        self.look_in -= 1

    def _mind(self, asked: NumberQuestion, heard: ProbeResponse[object]) -> None:
        """Mind what an answer says of the quota."""
        self.quota.heard(asked.budget, heard.usage, heard.outcome, asked.now)

    def _answer_to(self, asked: NumberQuestion, request: Request) -> Answer | Unreachable:
        said = self.answers.get(_about(asked, request))
        if said is None or said.error is not None:
            return Unreachable(said.error if said and said.error else FailureReason.CONNECT_TIMEOUT)
        if said.key is not None and said.key.encode() != asked.token:
            return _REJECTED
        answer = said.answer(self.folder)
        return answer if said.fields is None else _served(answer, asked.number)


async def _answered(prober: Prober, asked: NumberQuestion) -> ProbeResponse[Outcome]:
    return await askers()[asked.number.provider](prober, asked.request)


async def _looked(look: NumberLook, before: NumberChecks) -> NumberChecks:
    return await look.found(before, await look.token())


def _about(asked: NumberQuestion, request: Request) -> str:
    """The field of a step that answers that path."""
    path = request.target.partition("?")[0]
    if path == path_of(asked.number):
        return "cloud"
    return "cloud_token" if path.endswith("/debug_token") else "cloud_account"


def _served(answer: Answer, number: CloudDesired) -> Answer:
    """The answer of the version that was asked, unless the scenario names another."""
    return answer._replace(headers={"facebook-api-version": number.graph_version, **answer.headers})
