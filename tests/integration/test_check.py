"""`wahealth check` with a key, a token and a login from the cluster."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from support.clients import TEAM, WaitFor
from wahealth import cli
from wahealth.playground.environment import Environment
from wahealth.playground.simulator.settings import ClientSettings

pytestmark = pytest.mark.usefixtures("team")


@pytest.fixture
def typed(environment: Environment, wait_for: WaitFor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    address = wait_for(TEAM, "ha", ready="Available")["endpoints"][0]["address"]
    monkeypatch.setenv("KUBECONFIG", str(environment.plane.kubeconfig))
    (tmp_path / "ca.crt").write_text(environment.ca)
    return ["check", f"https://{address}:{environment.port}", f"--ca={tmp_path / 'ca.crt'}", "-o", "json"]


@pytest.fixture
def credentials(environment: Environment, typed: list[str]) -> list[str]:
    """A user of waweb and a token, in a Secret of a namespace of its own; gives what is never to be shown."""
    user, password = ClientSettings().username, ClientSettings().password
    login = httpx.post(f"{typed[1]}/v1/users/login", auth=(user, password), verify=False, trust_env=False)
    token = str(login.json()["users"][0]["token"])
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "desk"}}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "web-user", "namespace": "desk"}}
    entries = {"username": user, "password": password, "token": token, "user": user}
    environment.apply([namespace, secret | {"stringData": entries}])
    return [password, token]


@pytest.mark.parametrize(
    ("flag", "called"),
    [
        ("--token-from=secret/web-user:token", "token"),
        ("--login-from=secret/web-user", "login"),
        ("--login-from=secret/web-user:user:password", "login"),
    ],
)
def test_a_token_and_a_login(
    typed: list[str], credentials: list[str], flag: str, called: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*typed, flag, "-n", "desk"]) == 0
    said = capsys.readouterr()
    assert f"The client accepts the {called}." in said.out
    assert not [secret for secret in credentials if secret in said.out + said.err]


def test_a_login_without_its_entries(
    typed: list[str], credentials: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*typed, "--login-from=secret/web-user:username:pass", "-n", "desk"]) == 69
    assert "Secret desk/web-user has no entry pass" in capsys.readouterr().err


def test_a_secret_and_an_entry(typed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*typed, "--key-from", "secret/ha-api-key:WA_API_KEY", "-n", TEAM]) == 0
    assert json.loads(capsys.readouterr().out)["mode"] == "HighAvailability"


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        ("secret/none", "Secret team/none cannot be read: it does not exist: see kubectl get secrets"),
        ("secret/ha-api-key:OTHER", "Secret team/ha-api-key has no entry OTHER"),
    ],
)
def test_what_is_not_there_is_a_sentence(
    typed: list[str], reference: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*typed, "--key-from", reference, "-n", TEAM]) == 69
    assert sentence in capsys.readouterr().err
