"""What people who run such clients have reported as answers, asked for over real TLS: what is heard, how often it is
asked for, and what is believed after twenty rounds. The inputs are our own, in `tests/cases/served`."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import NamedTuple

import pytest

from support.builders import Story, condition_of, facts
from support.scripted import Served, reason, serving
from support.served import NAMES, script_of
from wahealth.core.answer import Forbidden, Malformed, Outcome, Unauthorized
from wahealth.core.resting import rest_of
from wahealth.core.signin.flow import LoginOutcome
from wahealth.core.status import ConditionType
from wahealth.probe.client import Prober
from wahealth.probe.credential import Credential, login
from wahealth.probe.waweb import ProbeRequest

READY = ConditionType.READY
PERIOD = 30.0
GOOD = ("True", "Available")
ERROR = ("False", "HTTPStatus")
KEPT = ("Unknown", "GracePeriod")


class Answers(NamedTuple):
    """What is heard of the first questions, in a word each; Ready after twenty rounds; how many questions that took."""

    heard: tuple[str, ...]
    ready: tuple[str, str]
    questions: int = 20
    detail: str = ""


SERVED = {
    "03-encoding-Identity": Answers(("Answered",), GOOD),
    "03-encoding-none": Answers(("Answered",), GOOD),
    "03-redirect-login": Answers(
        ("Redirected",), ("False", "Redirected"), detail="HTTP 302 to https://sso.example/login"
    ),
    "03-redirect-slash": Answers(("Redirected",), ("False", "Redirected"), detail="HTTP 301 to /v1/health/"),
    "04-http-429": Answers(("Answered", "Throttled"), GOOD, 5),
    "05-400-limit": Answers(("HTTPStatus",), ERROR, detail="HTTP 400"),
    "05-401-basic": Answers(("Forbidden",), ("Unknown", "ProxySignIn")),
    "05-401-jwt": Answers(("Forbidden",), ("Unknown", "ProxySignIn")),
    "05-403": Answers(("Forbidden",), ("Unknown", "AccessForbidden")),
    "05-403-html": Answers(("Forbidden",), ("Unknown", "AccessForbidden")),
    "10-sidecar-1014": Answers(("Answered", "HTTPStatus"), ERROR, detail="HTTP 500, code 1014"),
    "17-401": Answers(("Unauthorized",), ("Unknown", "APIKeyRejected")),
    "17-401-tls": Answers(("Unauthorized",), ("Unknown", "APIKeyRejected")),
    "17-429-tls": Answers(("Throttled",), KEPT, 4),
    "20-one-429": Answers(("Answered", "Throttled", "Answered"), GOOD, 17),
    "20-one-429-without": Answers(("Answered", "Throttled", "Answered"), GOOD),
    "20-one-503": Answers(("Answered", "HTTPStatus", "Answered"), GOOD, 17),
}
LOGINS = {
    "login-400-1008": Unauthorized(1008),
    "login-401-1024": Unauthorized(1024),
    "login-401-jwt": Forbidden("Bearer"),
    "login-403": Forbidden(),
    "login-403-expired-app": Unauthorized(1005),
    "login-gzip": Malformed("the body is compressed, which was not asked for"),
}


def test_each_answer_has_what_is_right() -> None:
    assert set(NAMES) == SERVED.keys() | LOGINS.keys()


def outcomes(name: str, rounds: int) -> list[Outcome | None]:
    """Round after round, a period apart, by the clock of the rounds; None: the server is left alone."""

    async def run() -> list[Outcome | None]:
        heard: list[Outcome | None] = []
        until = 0.0
        async with serving(script_of(name)) as served, Prober() as prober:
            for number in range(rounds):
                now = number * PERIOD
                outcome = (await prober.ask(served.question(30.0))).outcome if now >= until else None
                until = now + rest_of(outcome, PERIOD) if outcome is not None else until
                heard.append(outcome)
        return heard

    return asyncio.run(run())


@pytest.mark.parametrize("name", SERVED)
def test_an_answer_comes_to_what_is_right(name: str) -> None:
    right, story, last = SERVED[name], Story(), None
    heard = outcomes(name, 20)
    for outcome in heard:
        last = outcome if outcome is not None else last
        assert last is not None
        known = facts(last)
        alone = tuple(one._replace(asked=outcome is not None) for one in known.outcomes)
        story.round(replace(known, outcomes=alone))
    asked = [outcome for outcome in heard if outcome is not None]
    assert tuple(map(reason, asked[: len(right.heard)])) == right.heard
    assert len(asked) == right.questions
    assert condition_of(story.written, READY) == right.ready
    details = {getattr(outcome, "detail", "") for outcome in asked}
    assert not right.detail or right.detail in details


@pytest.mark.parametrize("name", LOGINS)
def test_what_a_login_says_is_heard(name: str) -> None:
    async def run() -> LoginOutcome[Credential]:
        async with serving(script_of(name)) as served, Prober() as prober:
            return (await prober.log_in(_by_login(served))).outcome

    assert asyncio.run(run()) == LOGINS[name]


def _by_login(served: Served) -> ProbeRequest:
    return replace(served.question(30.0), credential=login(b"admin", b"an-invented-password"))
