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
from wahealth.playground.simulator.cloud.settings import ACCOUNT, API_KEY, NUMBER, TOKEN


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


def check_dialog360(secured: Secured, key: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    target = [secured.cloud.url, "--dialog360", "--ca", str(secured.ca), "--key-file", str(key)]
    argv = [sys.executable, "-m", "wahealth", "check", *target, *flags]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def test_a_number_behind_360dialog(secured: Secured, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(API_KEY)
    done = check_dialog360(secured, key)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("CloudAPI  gateway Connected")
    secured.cloud.set_number(entities={"WABA": {"can_send_message": "BLOCKED", "errors": [141006]}})
    blocked = check_dialog360(secured, key, "-o", "json")
    assert conditions(blocked)["Available"] == ("False", "PaymentMethod")
    key.write_text("another")
    rejected = check_dialog360(secured, key, "-o", "json")
    assert conditions(rejected)["CredentialsValid"] == ("False", "TokenRejected")


def accepted(done: subprocess.CompletedProcess[str]) -> str:
    said = json.loads(done.stdout)["conditions"]
    return str(next(one["message"] for one in said if one["type"] == "Accepted"))


def test_the_end_of_a_token_is_shown(secured: Secured, token: Path) -> None:
    secured.cloud.set_token(secret=TOKEN, expires_at=4_102_444_800)
    assert "The token expires at 2100-01-01T00:00:00Z." in check(secured, token).stdout


def test_a_right_token_for_the_wrong_account(secured: Secured, token: Path) -> None:
    secured.cloud.set_token(secret=TOKEN, accounts=["200000000000009"])
    assert "assign that account to the token's system user" in accepted(
        check(secured, token, "--account", ACCOUNT, "-o", "json")
    )
    assert "or this token may not see it" in accepted(check(secured, token, "-o", "json"))


def test_a_number_that_is_gone_from_an_account_in_sight(secured: Secured, token: Path) -> None:
    secured.cloud.set_account(name="An Invented Account")
    secured.cloud.set_number(exists=False)
    done = check(secured, token, "--account", ACCOUNT, "-o", "json")
    assert "may have been deleted" in accepted(done)
    assert json.loads(done.stdout)["gateway"] == "Disconnected"


def test_an_app_that_demands_the_proof_of_its_secret(secured: Secured, token: Path, tmp_path: Path) -> None:
    secured.cloud.set_app(appsecret_proof=True)
    assert conditions(check(secured, token, "-o", "json"))["CredentialsValid"] == ("False", "PermissionMissing")
    file = tmp_path / "app-secret"
    file.write_text("an-invented-app-secret")
    done = check(secured, token, "--app-secret-file", str(file))
    assert done.returncode == 0, done.stdout
    assert "an-invented-app-secret" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ([], "name the URL of waweb, or a phone number of the Cloud API with --cloud"),
        (["https://waweb.test", "--graph-version", "v25.0"], "--graph-version applies only with --cloud"),
        (["https://waweb.test", "--account", "1"], "--account applies only with --cloud"),
        (["https://waweb.test", "--app-secret-file", "/dev/null"], "--app-secret-file applies only with --cloud"),
        (["--cloud", "1", "--token-file", "/dev/null", "--account", "a b"], "--account must be the ID"),
        (["--cloud", "1", "--dialog360"], "--cloud and --dialog360 exclude each other"),
        (["--dialog360", "--account", "1"], "--account applies only with --cloud"),
        (["--dialog360", "--token-file", "/dev/null"], "--dialog360 is signed in with its API key"),
        (["--dialog360", "--key-file", "/dev/null", "--mode", "Single"], "--mode does not apply to --dialog360"),
        (["--cloud", "+49 151", "--token-file", "/dev/null"], "--cloud must be the ID of a phone number"),
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
