"""The sidecar signs in by a key, a token or a login, on a fake clock: what is asked, what is told, who stays ready."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import looptime
import pytest

from support.builders import CONNECTED, single
from wahealth.core.answer import FailureReason, Outcome, Unauthorized, Unreachable
from wahealth.core.facts import KeyExposure
from wahealth.core.signin.flow import Limited, LoggedIn, LoginOutcome
from wahealth.probe.client import Prober, ProbeResponse
from wahealth.probe.credential import Credential, api_key, bearer_token, login
from wahealth.probe.errors import ObserverFault
from wahealth.probe.waweb import ProbeRequest
from wahealth.sidecar.flags import add_arguments
from wahealth.sidecar.pages import Pages
from wahealth.sidecar.rounds import Rounds
from wahealth.sidecar.settings import Settings, settings_of

KEY, TOKEN, GIVEN, USER, PASSWORD = "canary-of-a-key", "canary-token", "canary-given-by-a-login", "admin", "canary-word"
MADE = {"key": api_key(KEY.encode()), "token": bearer_token(TOKEN.encode()), "login": bearer_token(GIVEN.encode())}
CALLED = {"key": "API key", "token": "token", "login": "login"}


class Waweb(Prober):
    """`takes`: what it is asked with, None: nothing; `instead`: what a login gets, whatever it is."""

    def __init__(self, takes: Credential | None) -> None:
        super().__init__()
        self.takes = takes
        self.password = PASSWORD
        self.instead: LoginOutcome[Credential] | None = None
        self.ours = False  # a fault of ours, with each question
        self.asked: list[Credential | None] = []
        self.logins: list[float] = []
        self.paths: set[str] = set()

    async def ask(self, probe_request: ProbeRequest) -> ProbeResponse[Outcome]:
        if self.ours:
            raise ObserverFault
        self.asked.append(probe_request.credential)
        self.paths.add(probe_request.endpoint.path)
        taken = probe_request.credential is not None and probe_request.credential == self.takes
        return ProbeResponse(single(CONNECTED) if taken else Unauthorized())

    async def log_in(self, probe_request: ProbeRequest) -> ProbeResponse[LoginOutcome[Credential]]:
        self.logins.append(asyncio.get_running_loop().time())
        if self.instead is not None:
            return ProbeResponse(self.instead)
        if probe_request.credential != login(USER.encode(), self.password.encode()):
            return ProbeResponse(Unauthorized())
        return ProbeResponse(LoggedIn(MADE["login"], datetime.now(UTC) + timedelta(days=7)))


class Mounted:
    """The files of a Secret, and the flags that name them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.write(key=KEY, token=TOKEN, username=USER, password=PASSWORD)

    def write(self, **entries: str) -> None:
        for name, value in entries.items():
            (self._folder / name).write_text(value)

    def remove(self, name: str) -> None:
        (self._folder / name).unlink()

    def flags(self, kind: str) -> list[str]:
        named = {"key": ["api-key"], "token": ["token"], "login": ["username", "password"]}[kind]
        return [f"--{name}-file={self._folder / name.removeprefix('api-')}" for name in named]


@pytest.fixture
def mounted(tmp_path: Path) -> Mounted:
    return Mounted(tmp_path)


def settings(*flags: str, **environment: str) -> Settings:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return settings_of(parser.parse_args(flags), environment, pytest.fail)


def lived(waweb: Waweb, given: Settings, *acts: tuple[float, Callable[[], object]]) -> list[dict[str, Any]]:
    """What /status says, and whether /readyz does, when each of these seconds is over; then what is to happen does."""
    said: list[dict[str, Any]] = []

    async def story() -> None:
        loop = asyncio.get_running_loop()
        rounds = Rounds(given, waweb)
        pages = Pages(given, rounds, loop.time)
        asking = asyncio.create_task(rounds.run())
        for until, act in acts:
            if until:  # at 0 the first round has not begun
                await asyncio.sleep(until - loop.time())
            page, metrics = (pages("GET", path).body.decode() for path in ("/status", "/metrics"))
            assert "canary" not in page + metrics
            ready = pages("GET", "/readyz?depth=connected").status is HTTPStatus.OK
            said.append({**json.loads(page), "ready": ready, "metrics": metrics})
            act()
        asking.cancel()

    with asyncio.Runner(loop_factory=lambda: looptime.new_event_loop(start=0)) as runner:
        runner.run(story())
    return said


def nothing() -> None:
    """Happens."""


def told(said: dict[str, Any]) -> tuple[str, str, str]:
    found = said["credentials"]
    return found["kind"], found["status"], found["reason"]


@pytest.mark.parametrize("kind", MADE)
def test_what_is_said_of_it_before_it_is_tried_while_it_is_taken_and_refused(kind: str, mounted: Mounted) -> None:
    waweb, given = Waweb(MADE[kind]), settings(*mounted.flags(kind))

    def refuse() -> None:
        waweb.takes, waweb.instead = None, Unauthorized()

    first, taken, refused = lived(waweb, given, (0, nothing), (35, refuse), (3600, nothing))
    called = CALLED[kind]
    assert first["credentials"] == {
        "kind": called,
        "status": "Unknown",
        "reason": "NotProbedYet",
        "message": f"The {called} has not been tried yet.",
    }
    assert "credentials_valid" not in first["metrics"]
    assert taken["credentials"]["message"] == f"The client accepts the {called}."
    assert "wahealth_sidecar_credentials_valid 1.0" in taken["metrics"]
    assert told(refused)[:2] == (called, "False")
    assert refused["credentials"]["message"].startswith("The client rejects ")
    assert "wahealth_sidecar_credentials_valid 0.0" in refused["metrics"]
    assert refused["ready"]  # as it was: that is no fault of the pod
    assert waweb.asked.count(MADE[kind]) >= 4


def test_one_login_does_for_hours(mounted: Mounted) -> None:
    waweb = Waweb(MADE["login"])
    lived(waweb, settings(*mounted.flags("login"), "--path=/support/v1/health"), (6 * 3600, nothing))
    assert waweb.logins == [0]
    assert set(waweb.asked) == {MADE["login"]}
    assert waweb.paths == {"/support/v1/health"}


@pytest.mark.parametrize(
    ("instead", "says"),
    [
        (Unauthorized(), "rejects user name and password"),
        (Limited(0), "rejects all logins for now"),
        (None, "rejects the token"),
    ],
)
def test_a_login_of_no_use_is_tried_after_pauses_that_double(
    instead: LoginOutcome[Credential] | None, says: str, mounted: Mounted
) -> None:
    waweb = Waweb(None)
    waweb.instead = instead
    (said,) = lived(waweb, settings(*mounted.flags("login")), (2000, nothing))
    assert waweb.logins == [0, 60, 180, 420, 900, 1860]
    assert told(said) == ("login", "False", "LoginLimited" if isinstance(instead, Limited) else "LoginFailed")
    assert says in said["credentials"]["message"]
    assert said["ready"]


def test_a_password_that_is_mended_is_taken_up_without_a_restart(mounted: Mounted) -> None:
    waweb = Waweb(MADE["login"])
    waweb.password = "another"
    acts = [(305.0, lambda: mounted.write(password="another")), (320.0, nothing)]
    wrong, right = lived(waweb, settings(*mounted.flags("login")), *acts)
    assert (told(wrong), told(right)) == (("login", "False", "LoginFailed"), ("login", "True", "KeyAccepted"))
    assert waweb.logins == [0, 60, 180, 310]


def test_a_token_that_is_renewed_is_taken_up_without_a_restart(mounted: Mounted) -> None:
    waweb = Waweb(MADE["token"])
    mounted.write(token="canary-token-of-last-week")
    acts = [(305.0, lambda: mounted.write(token=TOKEN)), (320.0, nothing)]
    ended, renewed = lived(waweb, settings(*mounted.flags("token")), *acts)
    assert (told(ended), told(renewed)) == (("token", "False", "APIKeyRejected"), ("token", "True", "KeyAccepted"))


def test_a_fault_of_ours_after_a_login_is_no_reason_for_another(mounted: Mounted) -> None:
    waweb = Waweb(MADE["login"])
    waweb.ours = True
    lived(waweb, settings(*mounted.flags("login")), (45, lambda: setattr(waweb, "ours", False)), (100, nothing))
    assert waweb.logins == [0]
    assert set(waweb.asked) == {MADE["login"]}


@pytest.mark.parametrize(("kind", "file"), [("key", "key"), ("token", "token"), ("login", "password")])
def test_a_file_that_is_gone_is_told_and_takes_no_pod_away(kind: str, file: str, mounted: Mounted) -> None:
    waweb = Waweb(MADE[kind])
    acts: list[tuple[float, Callable[[], object]]] = [(35, lambda: mounted.remove(file)), (3600, nothing)]
    _, gone = lived(waweb, settings(*mounted.flags(kind)), *acts)
    assert told(gone) == (CALLED[kind], "False", "SecretKeyMissing")
    assert f"{file} does not exist" in gone["credentials"]["message"]
    conditions = {c["type"]: c["message"] for c in gone["client"]["conditions"]}
    assert conditions["CredentialsValid"] == gone["credentials"]["message"]
    assert gone["ready"]


@pytest.mark.parametrize("instead", [Unreachable(FailureReason.HTTP_STATUS, "HTTP 404 to a login"), Limited(3600)])
def test_logins_that_are_not_answered_take_no_pod_away(instead: LoginOutcome[Credential], mounted: Mounted) -> None:
    waweb = Waweb(MADE["login"])
    acts = [(35.0, lambda: setattr(waweb, "instead", instead)), (40.0, lambda: setattr(waweb, "takes", None))]
    hour = [(float(second), nothing) for second in range(60, 3600, 10)]
    assert all(said["ready"] for said in lived(waweb, settings(*mounted.flags("login")), *acts, *hour))


@pytest.mark.parametrize(
    ("upstream", "says"),
    [
        (["--upstream=http://127.0.0.1:8080"], None),
        (["--upstream=https://127.0.0.1", "--insecure"], None),
        (["--upstream=http://web:8080"], KeyExposure.PLAIN_URL),
        (["--upstream=https://web", "--insecure"], KeyExposure.INSECURE),
        (["--upstream=https://web"], None),
    ],
)
def test_who_else_may_get_it(upstream: list[str], says: KeyExposure | None, mounted: Mounted) -> None:
    assert settings(*upstream, *mounted.flags("token")).desired.exposed is says


def test_settings_from_the_environment(mounted: Mounted) -> None:
    user, password = (flag.partition("=")[2] for flag in mounted.flags("login"))
    environment = {"WAHEALTH_USERNAME_FILE": user, "WAHEALTH_PASSWORD_FILE": password, "WAHEALTH_PATH": "/a/v1/health"}
    given = settings(**environment)
    assert (given.path, given.files) == ("/a/v1/health", (Path(user), Path(password)))
