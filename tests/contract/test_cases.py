"""What people who run such clients have reported, and what is right then: inputs of our own in `tests/cases`.

`replayed` are scenarios, each with what it comes to; `served` are answers, asked for over a real connection.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from support.builders import Story, facts, said
from support.scripted import Served, answer, reason, serving
from wahealth.core.answer import Outcome
from wahealth.core.resting import rest_of
from wahealth.core.signin.talk import LoginOutcome
from wahealth.core.status import ConditionType
from wahealth.probe.client import Prober, Question
from wahealth.probe.credential import Credential, login
from wahealth.simulate.reading import read
from wahealth.simulate.replay import Replay

CASES = Path(__file__).parents[1] / "cases"
READY = ConditionType.READY
PERIOD = 30.0


class Right(NamedTuple):
    """What a scenario comes to: Ready in the end, events that are told and such that never are, and words of one of
    the sentences."""

    ready: tuple[str, str]
    told: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()
    words: str = ""


GOOD = ("True", "Available")
UNREACHABLE = frozenset({"HealthNodeUnreachable"})
OUTAGE = frozenset({"GatewayDisconnected", "FailoverStalled", "RedundancyLost"})
ERROR = ("False", "HTTPStatus")

REPLAYED = {
    "08-daemonset": Right(GOOD),
    "09-mode-set": Right(GOOD, words="as spec.mode says; nothing to do"),
    "10-code-1000": Right(ERROR, UNREACHABLE, words="look at waweb's log"),
    "10-code-1006": Right(ERROR, UNREACHABLE, words="correct spec.target.path"),
    "10-code-1011": Right(ERROR, UNREACHABLE, words="not ready yet: wait some minutes"),
    "10-code-1016": Right(ERROR, UNREACHABLE, words="overloaded: look at its load"),
    "10-code-1017": Right(ERROR, UNREACHABLE, words="a master is taking over"),
    "10-code-1018": Right(ERROR, UNREACHABLE, words="a coreapp is taking over"),
    "10-code-1023": Right(ERROR, UNREACHABLE, words="look at the database"),
    "10-status-404": Right(ERROR, UNREACHABLE, words="HTTP 404"),
    "10-status-429": Right(("Unknown", "GracePeriod"), frozenset({"Throttled"}), UNREACHABLE, "asked less often"),
    "10-wacore-gone": Right(ERROR, UNREACHABLE, words="its coreapp or its database cannot be reached: look at these"),
    "10-wacore-never": Right(ERROR, UNREACHABLE, words="its coreapp or its database cannot be reached"),
    "11-key-good128-newline": Right(("Unknown", "APIKeyInvalidCharacters"), words="ends in a newline"),
    "14-shape-no-roles-at-all": Right(
        ("Unknown", "UnknownGatewayStatus"), never=OUTAGE | {"NoPrimaryMaster"}, words="look for a newer version"
    ),
    "15-role-left-out": Right(GOOD, never=OUTAGE),
    "15-role-word-changes": Right(GOOD, frozenset({"UnknownRole"}), OUTAGE),
    "15-status-word-changes": Right(GOOD, frozenset({"UnknownGatewayStatus"}), OUTAGE),
    "15-unknown-word-a-day": Right(("Unknown", "UnknownGatewayStatus"), words="does not know"),
    "18-kicked-off": Right(("False", "Unregistered"), words="another instance took its number: stop that one first"),
    "19-rate-limited": Right(GOOD, words="look at what stands before waweb, such as a proxy with rules or limits"),
    "22-silent-for-a-day": Right(("False", "ConnectionRefused"), UNREACHABLE),
    "22-two-active-then-silent": Right(("False", "ConnectionRefused"), UNREACHABLE),
    "23-mc-seen-first-while-its-master-is-away": Right(GOOD, never=frozenset({"MultipleActiveCoreapps"})),
    "25-name-not-found": Right(("False", "DNSLookupFailed"), words="correct the host in spec.target.url"),
    "26-api-status-deprecated": Right(GOOD, frozenset({"ClientVersionDeprecated"})),
}
NOT_SEEN = ("22-silent-for-a-day", "22-two-active-then-silent", "10-wacore-gone")


def replayed(name: str) -> tuple[Replay, set[str], set[str]]:
    """Played to its end: events by reason, and every sentence of conditions and events."""
    path = CASES / "replayed" / f"{name}.yaml"
    replay, told, sentences = Replay(read(path), path.parent), set[str](), set[str]()
    for moment in replay.moments():
        told |= {event.reason for event in moment.events}
        sentences |= {event.note for event in moment.events}
        sentences |= {condition.message for condition in moment.says.conditions}
    return replay, told, sentences


def test_each_scenario_has_what_is_right() -> None:
    assert {path.stem for path in (CASES / "replayed").glob("*.yaml")} == REPLAYED.keys()


@pytest.mark.parametrize("name", REPLAYED)
def test_a_scenario_comes_to_what_is_right(name: str) -> None:
    right = REPLAYED[name]
    replay, told, sentences = replayed(name)
    assert said(replay.final, READY) == right.ready
    assert right.told <= told
    assert not right.never & told
    assert any(right.words in sentence for sentence in sentences)
    assert not any("look at the web pods." in sentence for sentence in sentences)


@pytest.mark.parametrize("name", NOT_SEEN)
def test_what_is_not_seen_is_not_told_as_a_number_of_now(name: str) -> None:
    final = replayed(name)[0].final
    assert final.connected is not None
    assert final.connected.current is None
    assert (final.connected_coreapps, final.redundancy) == ((), None)


class Answers(NamedTuple):
    """What is heard of the first questions, in a word each; Ready after twenty rounds; how many questions that took."""

    heard: tuple[str, ...]
    ready: tuple[str, str]
    questions: int = 20
    detail: str = ""


KEPT = ("Unknown", "GracePeriod")
SERVED = {
    "03-encoding-Identity": Answers(("Answered",), GOOD),
    "03-redirect-login": Answers(
        ("Redirected",), ("False", "Redirected"), detail="HTTP 302 to https://sso.example/login"
    ),
    "03-redirect-slash": Answers(("Redirected",), ("False", "Redirected"), detail="HTTP 301 to /v1/health/"),
    "04-http-429": Answers(("Answered", "Throttled"), GOOD, 5),
    "05-400-limit": Answers(("HTTPStatus",), ERROR, detail="HTTP 400"),
    "05-403": Answers(("Forbidden",), ("Unknown", "AccessForbidden")),
    "05-403-html": Answers(("Forbidden",), ("Unknown", "AccessForbidden")),
    "10-sidecar-1014": Answers(("Answered", "HTTPStatus"), ERROR, detail="HTTP 500, code 1014"),
    "17-401": Answers(("Refused",), ("Unknown", "APIKeyRejected")),
    "17-401-tls": Answers(("Refused",), ("Unknown", "APIKeyRejected")),
    "17-429-tls": Answers(("Throttled",), KEPT, 4),
    "20-one-429": Answers(("Answered", "Throttled", "Answered"), GOOD, 17),
    "20-one-429-without": Answers(("Answered", "Throttled", "Answered"), GOOD),
}
LOGINS = {"login-400-1008": 1008, "login-401-1024": 1024}


def routes(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((CASES / "served" / f"{name}.yaml").read_text())["routes"]
    return found


def written(route: dict[str, Any]) -> bytes:
    body = json.dumps(route["body"]) if "body" in route else route.get("text", "")
    head = "".join(f"{name}: {value}\r\n" for name, value in route.get("headers", {}).items())
    return answer(body.encode(), head.encode(), f"{route.get('status', 200)} X".encode())


def bodies(route: dict[str, Any]) -> Iterator[bytes]:
    """One answer after the other, the last one again and again."""
    several = [written(one) for one in route.get("repeat", [route])]
    return chain(several, repeat(several[-1]))


def outcomes(name: str, rounds: int) -> list[Outcome | None]:
    """Round after round, a period apart, by the clock of the rounds; None: the server is left alone."""
    left = bodies(routes(name)["GET /v1/health"])

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(next(left))
            await writer.drain()

    async def run() -> list[Outcome | None]:
        heard: list[Outcome | None] = []
        until = 0.0
        async with serving(script) as served, Prober() as prober:
            for number in range(rounds):
                now = number * PERIOD
                outcome = (await prober.ask(served.question(30.0))).outcome if now >= until else None
                until = now + rest_of(outcome, PERIOD) if outcome is not None else until
                heard.append(outcome)
        return heard

    return asyncio.run(run())


def test_each_answer_has_what_is_right() -> None:
    assert {path.stem for path in (CASES / "served").glob("*.yaml")} == SERVED.keys() | LOGINS.keys()


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
    assert said(story.written, READY) == right.ready
    details = {getattr(outcome, "detail", "") for outcome in asked}
    assert not right.detail or right.detail in details


@pytest.mark.parametrize("name", LOGINS)
def test_why_a_login_is_refused_is_heard(name: str) -> None:
    left = bodies(routes(name)["POST /v1/users/login"])

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(next(left))
        await writer.drain()

    async def run() -> LoginOutcome[Credential]:
        async with serving(script) as served, Prober() as prober:
            return (await prober.log_in(_by_login(served))).outcome

    outcome = asyncio.run(run())
    assert getattr(outcome, "code", None) == LOGINS[name]


def _by_login(served: Served) -> Question:
    return replace(served.question(30.0), credential=login(b"admin", b"an-invented-password"))
