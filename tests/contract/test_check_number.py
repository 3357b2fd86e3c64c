"""`wahealth check --cloud`: a phone number of the simulated Cloud API, as a person at a terminal sees it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from support.cloud import SimulatedCloud, simulated_cloud
from wahealth.playground.simulator.cloud.settings import NUMBER, TOKEN


class Secured(NamedTuple):
    """The simulated Cloud API over TLS, and a file with the certificate that it shows."""

    cloud: SimulatedCloud
    ca: Path


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    with simulated_cloud("--port=0") as ready, httpx.Client(base_url=ready["control"], trust_env=False) as control:
        ca = tmp_path_factory.mktemp("cloud") / "ca.crt"
        ca.write_text(ready["ca"])
        yield Secured(SimulatedCloud(ready["url"], control, control), ca)


@pytest.fixture
def secured(process: Secured) -> Secured:
    process.cloud.reset()
    return process


@pytest.fixture
def token(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    return file


def check(secured: Secured, token: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    target = [secured.cloud.url, "--cloud", NUMBER, "--ca", str(secured.ca)]
    argv = [sys.executable, "-m", "wahealth", "check", *target]
    return subprocess.run([*argv, "--token-file", str(token), *flags], capture_output=True, text=True, check=False)


def conditions(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    return {c["type"]: (c["status"], c["reason"]) for c in json.loads(done.stdout)["conditions"]}


def test_a_number_that_may_send(secured: Secured, token: Path) -> None:
    done = check(secured, token)
    assert done.returncode == 0, done.stderr
    head, *rest = done.stdout.splitlines()
    assert head == "CloudAPI  gateway Connected  connected 1/1"
    assert any(line.split()[:4] == ["number", "PhoneNumber", "Connected", "Active"] for line in rest)
    assert TOKEN not in done.stdout + done.stderr
    assert NUMBER not in done.stdout


@pytest.mark.parametrize(
    ("settings", "code", "available"),
    [
        ({"fields": {"status": "BANNED"}}, 1, ("False", "AccountBanned")),
        ({"error": {"code": 133010}}, 1, ("False", "Unregistered")),
        ({"error": {"code": 190, "subcode": 463, "http_status": 401}}, 2, ("Unknown", "CredentialsUnknown")),
        ({"error": {"code": 190, "subcode": 463, "http_status": 400}}, 2, ("Unknown", "CredentialsUnknown")),
        ({"error": {"code": 80007}}, 2, ("Unknown", "GracePeriod")),
        ({"error": {"code": 100, "subcode": 33}}, 1, ("Unknown", "Unreachable")),
        ({"faults": {"status": 502, "body": "<html>Bad Gateway</html>"}}, 1, ("Unknown", "Unreachable")),
    ],
)
def test_what_is_wrong_has_an_exit_code(
    secured: Secured, token: Path, settings: dict[str, Any], code: int, available: tuple[str, str]
) -> None:
    secured.cloud.set_number(**settings)
    done = check(secured, token, "-o", "json")
    assert done.returncode == code, done.stdout + done.stderr
    assert conditions(done)["Available"] == available


def test_another_token_is_rejected(secured: Secured, token: Path) -> None:
    token.write_text("another")
    found = conditions(check(secured, token, "-o", "json"))
    assert found["CredentialsValid"] == ("False", "TokenRejected")


def test_a_field_that_a_version_does_not_know_is_left_out(secured: Secured, token: Path) -> None:
    secured.cloud.set_number(nonexisting=["quality_rating"])
    found = conditions(check(secured, token, "-o", "json"))
    assert found["Available"] == ("True", "Connected")
    assert "QualityAcceptable" not in found


def test_an_ended_version_is_told(secured: Secured, token: Path) -> None:
    found = conditions(check(secured, token, "-o", "json", "--graph-version", "v19.0"))
    assert found["GraphVersionSupported"] == ("False", "VersionEnded")


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ([], "name the URL of waweb, or a phone number of the Cloud API with --cloud"),
        (["https://waweb.test", "--graph-version", "v25.0"], "--graph-version applies only with --cloud"),
        (["--cloud", "+49 151"], "--cloud must be the ID of a phone number"),
        (["--cloud", "1\n", "--token-file", "/dev/null"], "--cloud must be the ID of a phone number"),
        (["--cloud", "1", "--graph-version", "26"], "--graph-version must be a version such as v26.0"),
        (["--cloud", "1", "--key-file", "/dev/null"], "--cloud is signed in with a token"),
        (["--cloud", "1", "--token-file", "/dev/null", "--mode", "Single"], "--mode does not apply to --cloud"),
        (["--cloud", "1", "--token-file", "/dev/null", "--insecure"], "--insecure does not apply to --cloud"),
    ],
)
def test_what_does_not_go_together_is_one_sentence(flags: list[str], sentence: str) -> None:
    argv = [sys.executable, "-m", "wahealth", "check", *flags]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 64
    assert done.stderr.startswith(f"wahealth check: {sentence}")
    assert done.stderr.count("\n") == 1
