"""The simulated Cloud API: its answer about a phone number, read as the operator does, and the pauses it asks for."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from wahealth.core.answer import FailureReason, NumberAnswer, Unreachable
from wahealth.core.cloud.errors import ErrorClass, GraphError
from wahealth.core.cloud.quota import BudgetKey, Quota
from wahealth.core.cloud.wanted import HOSTS, CloudDesired
from wahealth.probe.client import ProbeResponse
from wahealth.probe.cloud.graph_number import NumberAsker
from wahealth.probe.cloud.providers import path_of
from wahealth.probe.credential import Credential, bearer_token
from wahealth.probe.waweb import HealthEndpoint, ProbeRequest
from wahealth.simulate.answering import AnsweringProber
from wahealth.simulate.answers import Answer, CloudAnswer

_TIMEOUT = 14.0  # seconds, of a request that is never sent
_REJECTED = Answer(401, {}, b'{"error": {"code": 190}}')


@dataclass
class CloudApi:
    """Paths in answers are relative to `folder`."""

    folder: Path
    answer: CloudAnswer | None = None  # None: nothing answers
    left_alone: bool = False  # no request was made when the number was last asked for, because of a pause
    quota: Quota = field(default_factory=lambda: Quota(limited=False))

    def ask(self, token: bytes, number: CloudDesired, pause: float, now: float) -> NumberAnswer:
        """The outcome that the operator would see. `now`: monotonic seconds. `pause`: seconds that are left of one
        that the process before this one was told of."""
        credential = bearer_token(token)
        key = BudgetKey(credential.digest, number.account)
        if pause:
            self.quota.pause(key, GraphError(ErrorClass.THROTTLE, 0, retry_after=pause), now)
        paused = self.quota.paused(key, now)
        self.left_alone = paused is not None
        if paused is not None:
            return paused
        said, at = self._answer_to(token, number), _request(credential, number)
        heard = asyncio.run(NumberAsker()(AnsweringProber(lambda _: said), at))
        self._mind(key, heard, now)
        return heard.outcome

    def _mind(self, key: BudgetKey, heard: ProbeResponse[object], now: float) -> None:
        """Mind what the answer says of the quota."""
        self.quota.heard(key, heard.usage, now)
        if isinstance(heard.outcome, GraphError) and heard.outcome.kind is ErrorClass.THROTTLE:
            self.quota.pause(key, heard.outcome, now)

    def _answer_to(self, token: bytes, number: CloudDesired) -> Answer | Unreachable:
        said = self.answer
        if said is None or said.error is not None:
            return Unreachable(said.error if said and said.error else FailureReason.CONNECT_TIMEOUT)
        if said.key is not None and said.key.encode() != token:
            return _REJECTED
        answer = said.answer(self.folder)
        return answer if said.fields is None else _served(answer, number)


def _served(answer: Answer, number: CloudDesired) -> Answer:
    """The answer of the version that was asked, unless the scenario names another."""
    return answer._replace(headers={"facebook-api-version": number.graph_version, **answer.headers})


def _request(credential: Credential, number: CloudDesired) -> ProbeRequest:
    endpoint = HealthEndpoint(HOSTS[number.provider], (), path=path_of(number))
    return ProbeRequest(endpoint, credential, _TIMEOUT)
