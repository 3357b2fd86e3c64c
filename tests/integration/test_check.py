"""`wahealth check` with a key from the cluster."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.clients import TEAM, WaitFor
from wahealth import cli
from wahealth.playground.environment import Environment

pytestmark = pytest.mark.usefixtures("team")


@pytest.fixture
def typed(environment: Environment, wait_for: WaitFor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    address = wait_for(TEAM, "ha", ready="Available")["endpoints"][0]["address"]
    monkeypatch.setenv("KUBECONFIG", str(environment.plane.kubeconfig))
    (tmp_path / "ca.crt").write_text(environment.ca)
    return ["check", f"https://{address}:{environment.port}", f"--ca={tmp_path / 'ca.crt'}", "-o", "json"]


def test_a_secret_and_an_entry(typed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*typed, "--key-from", "secret/ha-api-key:WA_API_KEY", "-n", TEAM]) == 0
    assert json.loads(capsys.readouterr().out)["mode"] == "HighAvailability"


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        ("secret/none", "Secret team/none cannot be read: it is not there"),
        ("secret/ha-api-key:OTHER", "Secret team/ha-api-key has no entry OTHER"),
    ],
)
def test_what_is_not_there_is_a_sentence(
    typed: list[str], reference: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*typed, "--key-from", reference, "-n", TEAM]) == 69
    assert sentence in capsys.readouterr().err
