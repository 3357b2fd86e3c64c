"""What is told of the answers in `tests/cases/served`, and of certificates like those in the reports: to whoever types
`wahealth check`, and by a sidecar. Over real TLS, in the words of the command line alone."""

from __future__ import annotations

import argparse
import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from support import certificates
from support.scripted import ADDRESS, GOOD, KEY, Script, Served, answer, says, server_context, serving
from support.served import beside, script_of
from wahealth import cli
from wahealth.probe.client import Prober
from wahealth.sidecar.flags import add_arguments
from wahealth.sidecar.pages import Pages
from wahealth.sidecar.rounds import Rounds
from wahealth.sidecar.settings import Settings, settings_of

PERIOD = 0.2  # seconds: enough for a busy machine, too
NAME, PASSWORD = "waweb.example", "an-invented-password"
OF_A_RESOURCE = ("spec.", "Secret", "caRef", "status.")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "key").write_bytes(KEY)
    (tmp_path / "password").write_text(PASSWORD)
    return tmp_path


class Told(NamedTuple):
    """The exit code, what is in the output, and what is not."""

    code: int
    words: tuple[str, ...]
    without: tuple[str, ...] = ()


CHECKED = {
    "03-encoding-Identity": Told(0, ("Connected",)),
    "03-encoding-none": Told(0, ("Connected",)),
    "03-redirect-login": Told(1, ("HTTP 302 to https://sso.example/login: give the URL",), ("not answer",)),
    "03-redirect-slash": Told(1, ("HTTP 301 to /v1/health/: give the URL",), ("not answer",)),
    "05-400-limit": Told(1, ("HTTP 400: look at what is in front of waweb",), ("web pods", "not answer")),
    "05-401-basic": Told(
        2, ("ProxySignIn", "asks for Basic): let these requests pass"), ("APIKeyRejected", "WA_API_KEY", "spec.")
    ),
    "05-401-jwt": Told(2, ("ProxySignIn", "asks for Bearer"), ("APIKeyRejected", "WA_API_KEY")),
    "05-403": Told(2, ("AccessForbidden", "such as a proxy"), ("APIKeyRejected", "WA_API_KEY")),
    "05-403-html": Told(2, ("AccessForbidden", "such as a proxy"), ("APIKeyRejected", "WA_API_KEY")),
    "17-401-tls": Told(2, ("APIKeyRejected", "compare it with WA_API_KEY of waweb.")),
    "17-429-tls": Told(
        2, ("probed less often (HTTP 429): probe it less often",), ("minutes", "--period", "HTTPStatus")
    ),
    "login-400-1008": Told(2, ("LoginFailed", "(code 1008): check whether this user's password must be changed")),
    "login-401-1024": Told(2, ("PasswordChangeRequired", "give the new one"), ("refuses",)),
    "login-401-jwt": Told(2, ("ProxySignIn", "before it lets a login through"), ("refuses",)),
    "login-403": Told(2, ("AccessForbidden", "The login is forbidden (HTTP 403)"), ("refuses",)),
    "login-403-expired-app": Told(2, ("(code 1005)", "whether this build of the client has expired")),
    "login-gzip": Told(1, ("the body is compressed",), ("database",)),
}
READY = {
    "05-401-basic": Told(0, ("ready at depth reachable: CredentialsUnknown",)),
    "05-403": Told(0, ("ready at depth reachable: CredentialsUnknown",)),
    "17-401-tls": Told(0, ("ready at depth reachable: CredentialsUnknown",)),
    "17-429-tls": Told(0, ("ready at depth reachable: Throttled",)),
    "05-400-limit": Told(1, ("not ready at depth reachable: HTTPStatus",)),
}


def holds(told: Told, code: int, said: str) -> None:
    assert code == told.code, said
    assert not [words for words in told.words if words not in said], said
    assert not [words for words in (*told.without, *OF_A_RESOURCE) if words in said], said
    assert KEY.decode() not in said
    assert PASSWORD not in said


def checked(served: Served, files: Path, *flags: str) -> list[str]:
    signin = f"--key-file={files}/key"
    return ["check", f"https://{ADDRESS}:{served.port}", *(flags or ("--insecure",)), signin]


@pytest.mark.parametrize("name", CHECKED)
def test_what_check_tells(name: str, files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with beside(script_of(name)) as served:
        typed = checked(served, files)
        if name.startswith("login"):
            typed[-1:] = ["--username=admin", f"--password-file={files}/password"]
        code = cli.main(typed)
    holds(CHECKED[name], code, capsys.readouterr().out)


@pytest.mark.parametrize("name", READY)
def test_what_an_exec_probe_is_told(name: str, files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with beside(script_of(name)) as served:
        code = cli.main([*checked(served, files), "--ready"])
    holds(READY[name], code, capsys.readouterr().out)


# --- a sidecar -------------------------------------------------------------------------------------------------------


class Lived(NamedTuple):
    """After some rounds: /readyz, the credentials and the sentence of Reachable in /status; how often it asked, and
    how often it did not, because the upstream wanted to be left alone."""

    ready: bool
    reason: str
    credentials: str
    reachable: str
    questions: int
    left_alone: int


def settings(*flags: str) -> Settings:
    """With rounds that follow each other quickly."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    given = settings_of(parser.parse_args(["--timeout=20", *flags]), {}, pytest.fail)
    thresholds = replace(given.desired.thresholds, period=PERIOD)
    return replace(given, period=PERIOD, desired=replace(given.desired, thresholds=thresholds))


def lived(script: Script, rounds: int, certificate: bytes, *flags: str) -> Lived:
    async def run() -> Lived:
        context = server_context(certificate, certificates.PRIVATE)
        async with serving(script, context) as served, Prober() as prober:
            given = settings(f"--upstream=https://{ADDRESS}:{served.port}", *flags)
            asking = Rounds(given, prober)
            pages = Pages(given, asking, asyncio.get_running_loop().time)
            task = asyncio.create_task(asking.run())
            while sum(asking.counts.values()) < rounds:  # noqa: ASYNC110 - the rounds tell nobody
                await asyncio.sleep(0.01)
            task.cancel()
            return _told(pages, len(served.heard), asking.counts.get("LeftAlone", 0))

    return asyncio.run(run())


def _told(pages: Pages, questions: int, left_alone: int) -> Lived:
    ready = pages("GET", "/readyz")
    status: dict[str, Any] = json.loads(pages("GET", "/status").body)
    (reachable,) = (c["message"] for c in status["client"]["conditions"] if c["type"] == "Reachable")
    reason, credentials = json.loads(ready.body)["reason"], status["credentials"]["reason"]
    return Lived(ready.status is HTTPStatus.OK, reason, credentials, reachable, questions, left_alone)


NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
FINE = certificates.lasting(NAME, NOW - DAY, NOW + 90 * DAY, [NAME])
BESIDE = {
    "04-http-429": ("Connected", "KeyAccepted", "The health node answers", True),
    "10-sidecar-1014": ("HTTPStatus", "KeyAccepted", "its coreapp or its database cannot be reached", False),
    "17-401": ("CredentialsUnknown", "APIKeyRejected", "The health node answers", True),
    "05-403": ("CredentialsUnknown", "AccessForbidden", "The health node answers", True),
    "20-one-503": ("Connected", "KeyAccepted", "The health node answers", True),
}
LEFT_ALONE = {"04-http-429", "20-one-503"}  # by Retry-After


@pytest.mark.parametrize("name", BESIDE)
def test_what_a_sidecar_tells(name: str, files: Path) -> None:
    reason, credentials, words, ready = BESIDE[name]
    told = lived(script_of(name), 6, FINE, "--insecure", f"--api-key-file={files}/key")
    assert (told.reason, told.credentials, told.ready) == (reason, credentials, ready)
    assert words in told.reachable
    assert (told.left_alone > 0) is (name in LEFT_ALONE)


class Untrusted(NamedTuple):
    """A certificate, the name that is asked for, and what is told."""

    certificate: bytes
    name: str
    words: str


UNTRUSTED = {
    "02-expired": Untrusted(
        certificates.lasting(NAME, NOW - 800 * DAY, NOW - 70 * DAY, [NAME]), NAME, "has expired: renew it; until then"
    ),
    "02-notyet": Untrusted(
        certificates.lasting(NAME, NOW + 2 * DAY, NOW + 800 * DAY, [NAME]), NAME, "not valid yet: compare the clock"
    ),
    "02-san": Untrusted(FINE, "another.example", f"or ask for the name that it carries, {NAME}."),
    "02-leaf": Untrusted(
        certificates.lasting(NAME, NOW - DAY, NOW + 90 * DAY),
        "another.example",
        f"or ask for the name that it carries, {NAME}.",
    ),
}


@pytest.mark.parametrize("given", UNTRUSTED.values(), ids=UNTRUSTED)
def test_a_cure_that_is_taken_already_is_not_told(given: Untrusted, files: Path) -> None:
    (files / "ca").write_bytes(given.certificate)
    signin, ca = f"--api-key-file={files}/key", f"--ca={files}/ca"
    told = lived(says(answer(GOOD)), 2, given.certificate, signin, ca, f"--server-name={given.name}")
    assert told.reason == "TLSVerificationFailed"
    assert given.words in told.reachable
    assert "give --pin " in told.reachable
    assert not [words for words in ("--ca", *OF_A_RESOURCE) if words in told.reachable]
    assert told.questions == 0


def test_with_the_name_that_it_carries_it_is_trusted(files: Path) -> None:
    for san in ([NAME], []):
        certificate = certificates.lasting(NAME, NOW - DAY, NOW + 90 * DAY, san)
        (files / "ca").write_bytes(certificate)
        flags = (f"--api-key-file={files}/key", f"--ca={files}/ca", f"--server-name={NAME}")
        assert lived(says(answer(GOOD), keep=True), 2, certificate, *flags).reason == "Connected"
