"""How often a login is tried: one at a time, after pauses that double, never in a loop."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from support.builders import CONNECTED, START, at, single
from wahealth.core.answer import FailureReason, Forbidden, Malformed, Outcome, Unauthorized, Unreachable
from wahealth.core.instant import Instant
from wahealth.core.signin.flow import (
    AuthResult,
    AuthTiming,
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
    run_flow,
)
from wahealth.core.signin.logins import Session
from wahealth.core.status import ConditionStatus, Finding

GONE = Finding(ConditionStatus.FALSE, "SecretNotFound", "Secret u does not exist: create it.")
WEEK = timedelta(days=7)


class OurFault(Exception):
    """Between the login and the question."""


@dataclass
class Waweb:
    """Pods `a` and `b` with one database; notes when a login is tried, and what is asked with which token."""

    secret: str = "right"
    takes: str = "right"
    gives: str = "token"
    takes_token: str = "token"
    limited: float | None = None
    silent: tuple[str, ...] = ()
    lasts: timedelta | None = WEEK
    answer: LoginOutcome[str] | None = None  # to every login, whatever it is
    dies: bool = False
    read: int = 0
    logins: list[float] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    session: Session[str] = field(default_factory=Session)

    def round(self, seconds: float) -> AuthResult[str]:
        now = at(seconds)
        flow = self.session.probe_flow(("a", "b"), AuthTiming(90, 300), now)
        asked = run_flow(flow, lambda effect: self._came_of(effect, now))
        assert isinstance(asked.signin, Session)
        self.session = asked.signin
        return asked

    def rounds(self, start: float, end: float, step: float = 30) -> list[AuthResult[str]]:
        return [self.round(start + n * step) for n in range(int((end - start) / step))]

    def _came_of(self, effect: Effect[str], now: Instant) -> EffectResult[str]:
        match effect:
            case ReadSecret():
                self.read += 1
                return Reading(self.secret) if self.secret else Reading(reference=GONE)
            case LogIn(pod, login):
                return self._login(pod, login, now)
            case Probing(pods, token):
                self.asked += [(pod, token) for pod in pods if token is not None]
                return {pod: self._outcome(pod, token) for pod in pods}
            case Checkpoint(session):
                assert isinstance(session, Session)
                self.session = session
                if self.dies:
                    raise OurFault
                return None

    def _login(self, pod: str, login: str, now: Instant) -> LoginOutcome[str]:
        if pod in self.silent:
            return Unreachable(FailureReason.CONNECTION_REFUSED)
        self.logins.append(now.monotonic)
        if self.answer is not None:
            return self.answer
        if self.limited is not None:
            return Limited(self.limited)
        expires = now.wall + self.lasts if self.lasts else None
        return LoggedIn(self.gives, expires) if login == self.takes else Unauthorized()

    def _outcome(self, pod: str, token: str | None) -> Outcome:
        if pod in self.silent:
            return Unreachable(FailureReason.CONNECTION_REFUSED)
        return single(CONNECTED) if token == self.takes_token else Unauthorized()


def reasons(asked: AuthResult[str]) -> tuple[list[str], str]:
    return [
        type(outcome).__name__ for outcome in asked.outcomes.values()
    ], asked.unauthorized_finding.says() if asked.unauthorized_finding else ""


def test_one_login_for_all_pods_and_all_rounds() -> None:
    waweb = Waweb()
    last = waweb.rounds(0, 3600)[-1]
    assert waweb.logins == [0]
    assert set(waweb.asked) == {("a", "token"), ("b", "token")}
    assert last.expires == START + WEEK


def test_it_is_renewed_two_days_before_its_end() -> None:
    waweb = Waweb()
    waweb.rounds(0, 6 * 86400, 3600)
    assert waweb.logins == [0, 5 * 86400]


def test_one_that_lasts_an_hour_is_renewed_in_its_last_third() -> None:
    waweb = Waweb(lasts=timedelta(hours=1))
    waweb.rounds(0, 7200)
    assert waweb.logins == [0, 2400, 4800]


def test_one_without_an_end_is_renewed_when_it_is_refused() -> None:
    waweb = Waweb(lasts=None)
    waweb.rounds(0, 30 * 86400, 86400)
    assert waweb.logins == [0]
    waweb.gives = waweb.takes_token = "other"
    assert reasons(waweb.round(30 * 86400))[0] == ["Answered", "Answered"]
    assert waweb.logins == [0, 30 * 86400]


def test_a_wrong_password_is_tried_after_pauses_that_double() -> None:
    waweb = Waweb(secret="wrong")
    rounds = waweb.rounds(0, 20_000)
    assert waweb.logins[:6] == [0, 60, 180, 420, 900, 1860]
    assert [after - before for before, after in zip(waweb.logins[-3:], waweb.logins[-2:], strict=False)] == [3600, 3600]
    assert waweb.asked == []
    assert all("user name and password" in reasons(asked)[1] for asked in rounds)
    assert all(reasons(asked)[0] == ["Unauthorized", "Unauthorized"] for asked in rounds)


def test_a_secret_that_is_mended_is_tried_at_once() -> None:
    waweb = Waweb(secret="wrong")
    waweb.rounds(0, 300)
    waweb.secret = "right"
    assert reasons(waweb.round(300))[0] == ["Answered", "Answered"]


@pytest.mark.parametrize(("seconds", "then"), [(0, 60), (300, 300), (86400, 3600)])
def test_a_limit_is_minded_as_long_as_it_asks_for_and_an_hour_at_most(seconds: float, then: float) -> None:
    waweb = Waweb(limited=seconds)
    rounds = waweb.rounds(0, 4000)
    assert waweb.logins[:2] == [0, then]
    assert "rejects all logins for now" in reasons(rounds[0])[1]


def test_a_token_in_hand_does_while_logins_are_limited() -> None:
    waweb = Waweb()
    waweb.round(0)
    waweb.limited = 60
    asked = waweb.round(5.5 * 86400)
    assert reasons(asked)[0] == ["Answered", "Answered"]
    assert not asked.expiring
    assert waweb.round(6.5 * 86400).expiring
    waweb.limited = None
    assert not waweb.round(6.6 * 86400).expiring


def test_a_token_of_no_use_is_no_reason_to_log_in_in_a_loop() -> None:
    waweb = Waweb(takes_token="another")
    rounds = waweb.rounds(0, 900)
    assert waweb.logins == [0, 60, 180, 420]
    assert waweb.asked == [(pod, "token") for _ in waweb.logins for pod in ("a", "b")]
    assert "its own login gave" in reasons(rounds[-1])[1]


def test_a_token_that_is_refused_later_is_replaced_in_the_same_round() -> None:
    waweb = Waweb()
    waweb.rounds(0, 300)
    waweb.gives = waweb.takes_token = "other"
    assert reasons(waweb.round(310))[0] == ["Answered", "Answered"]
    assert waweb.logins == [0, 310]


def test_a_pod_that_is_silent_is_passed_over() -> None:
    waweb = Waweb(silent=("a",))
    assert reasons(waweb.round(0))[0] == ["Unreachable", "Answered"]
    assert waweb.logins == [0]


def test_nobody_answers_a_login() -> None:
    waweb = Waweb(silent=("a", "b"))
    assert reasons(waweb.round(0))[0] == ["Unreachable", "Unreachable"]
    waweb.silent = ()
    assert reasons(waweb.round(30))[0] == ["Answered", "Answered"]


def test_a_secret_that_is_gone_is_what_counts() -> None:
    waweb = Waweb(secret="")
    assert waweb.round(0).failed == Reading(reference=GONE)
    assert waweb.logins == []


def test_it_shows_no_secret() -> None:
    waweb = Waweb(secret="right-secret", takes="right-secret", gives="token-secret", takes_token="token-secret")
    waweb.round(0)
    assert "secret" not in repr(waweb.session)


@pytest.mark.parametrize(
    "answer",
    [
        Unreachable(FailureReason.HTTP_STATUS, "HTTP 500"),
        Unreachable(FailureReason.READ_TIMEOUT),
        Unreachable(FailureReason.REDIRECTED),
        Malformed("the login gave no token"),
    ],
)
def test_a_login_without_a_usable_answer_is_not_tried_at_every_pod_and_round(answer: LoginOutcome[str]) -> None:
    waweb = Waweb(answer=answer)
    rounds = waweb.rounds(0, 900)
    assert waweb.logins == [0, 60, 180, 420]
    assert rounds[0].outcomes == {"a": answer, "b": Unauthorized()}
    assert reasons(rounds[-1])[1].startswith(("The login ", "A login "))


@pytest.mark.parametrize("lasts", [timedelta(hours=-1), timedelta(0), timedelta(seconds=20)])
def test_a_token_that_ends_before_it_is_used_is_no_loop(lasts: timedelta) -> None:
    waweb = Waweb(lasts=lasts)
    waweb.rounds(0, 600)
    assert all(after - before >= 60 for before, after in zip(waweb.logins, waweb.logins[1:], strict=False))


def test_a_fault_of_ours_after_the_login_loses_neither_token_nor_pause() -> None:
    waweb = Waweb(dies=True)
    with pytest.raises(OurFault):
        waweb.round(0)
    waweb.dies = False
    assert reasons(waweb.round(30))[0] == ["Answered", "Answered"]
    assert waweb.logins == [0]
    bad = Waweb(secret="wrong", dies=True)
    for second in (0, 10, 20):
        with contextlib.suppress(OurFault):
            bad.round(second)
    assert bad.logins == [0]


def test_a_limit_outlasts_an_edit_of_the_secret() -> None:
    waweb = Waweb(limited=3600)
    for number in range(60):
        waweb.secret = f"right-{number % 2}"
        waweb.round(number * 30)
    assert waweb.logins == [0]


def test_an_edited_secret_waits_for_a_minute_at_most() -> None:
    waweb = Waweb(secret="wrong-0")
    for number in range(20):
        waweb.secret = f"wrong-{number}"
        waweb.round(number * 5)
    assert waweb.logins == [0, 60]


def test_another_reference_waits_as_well() -> None:
    waweb = Waweb(secret="wrong")
    waweb.round(0)
    another: Session[str] = Session()
    following = another.following(waweb.session)
    assert isinstance(following, Session)
    waweb.session = following
    waweb.round(30)
    waweb.round(60)
    assert waweb.logins == [0, 60]


def test_a_renewal_that_fails_in_silence_is_warned_of() -> None:
    waweb = Waweb()
    waweb.round(0)
    waweb.answer = Unreachable(FailureReason.HTTP_STATUS, "HTTP 500")
    assert waweb.round(6.5 * 86400).expiring


def test_whether_they_are_there_is_seen_while_no_login_is_tried() -> None:
    waweb = Waweb(secret="wrong")
    waweb.round(0)
    waweb.silent = ("a",)
    assert reasons(waweb.round(30))[0] == ["Unreachable", "Unauthorized"]
    assert waweb.logins == [0]


@pytest.mark.parametrize(
    ("answer", "reason", "says"),
    [
        (Unauthorized(), "LoginFailed", "compare the Secret"),
        (Unauthorized(1005), "LoginFailed", "this build of the client has expired"),
        (Unauthorized(1024), "PasswordChangeRequired", "change it through the Webapp"),
        (Forbidden(), "AccessForbidden", "what is in front of waweb"),
        (Limited(60), "LoginLimited", "find out who sends them"),
    ],
)
def test_each_word_about_a_login_is_told_with_what_to_do(answer: LoginOutcome[str], reason: str, says: str) -> None:
    refusal = Waweb(answer=answer).round(0).unauthorized_finding
    assert refusal is not None
    assert refusal.reason == reason
    assert says in refusal.says()


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Unauthorized(), "The client rejects user name and password: compare"),
        (Unauthorized(1004), "The client rejects user name and password (code 1004): compare"),
        (Unauthorized(1005), "whether this build of the client has expired"),
        (
            Unauthorized(1008),
            "The client requires more than user name and password for a login (code 1008): check whether",
        ),
        (Unauthorized(1024), "The client requires a new password for this user before"),
        (Malformed("the body is compressed, which was not asked for"), "such as a page, a redirect or a compressed"),
        (Unreachable(FailureReason.REDIRECTED), "such as a page, a redirect or a compressed body: look at what serves"),
        (
            Unreachable(FailureReason.HTTP_STATUS, status=500),
            "The login returned no token: look at waweb",
        ),
    ],
)
def test_why_a_login_is_of_no_use_is_told_for_as_long_as_it_is_not_tried_again(
    answer: LoginOutcome[str], says: str
) -> None:
    waweb = Waweb(answer=answer)
    waweb.round(0)
    assert says in reasons(waweb.round(30))[1]
    assert waweb.logins == [0]
