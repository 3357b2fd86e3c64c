"""`kubectl wa check-key`: the form of what stands in a Secret, which is never shown."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.apiserver import CLIENTS, ApiServer, listed, serving
from support.looked import resource
from wahealth import cli

CANARY = "canary-of-a-secret"
SECRET = "/api/v1/namespaces/acme/secrets/support-api-key"
LIST = f"{CLIENTS}/namespaces/acme/whatsappclients"


def secret(labels: dict[str, str] | None = None, **entries: str) -> dict[str, Any]:
    data = {name: base64.b64encode(value.encode()).decode() for name, value in entries.items()}
    return {"metadata": {"name": "support-api-key", "labels": labels or {}}, "data": data}


def using(**auth: Any) -> dict[str, Any]:
    document = resource()
    document["spec"]["auth"] = auth
    return document


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    with serving() as server:
        monkeypatch.setenv("KUBECONFIG", str(server.kubeconfig(tmp_path)))
        server.replies = {LIST: listed(resource()), SECRET: secret(WA_API_KEY=CANARY)}
        yield server


@pytest.mark.parametrize(
    ("value", "code", "says"),
    [
        (CANARY, 0, "✓ WA_API_KEY, the API key of support: its form is right."),
        ("canary", 1, "APIKeyTooShort. The API key is too short: waweb takes 12 to 128 characters."),
        ("canary" * 40, 1, "APIKeyTooLong. The API key is too long"),
        (f"{CANARY}\n", 1, "ends in a newline (make the Secret with printf or --from-literal, not with echo)"),
        (f"Bearer {CANARY}", 1, "Next: Put into the Secret only what comes after it."),
        ("", 1, "APIKeyTooShort"),
    ],
)
def test_the_form_of_a_key(
    server: ApiServer, value: str, code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    server.replies[SECRET] = secret(WA_API_KEY=value)
    assert cli.kubectl_wa(["check-key", "secret/support-api-key"]) == code
    printed = capsys.readouterr()
    assert says in printed.out
    assert "canary" not in printed.out + printed.err
    assert cli.kubectl_wa(["check-key", "secret/support-api-key", "-o", "json"]) == code
    shown = capsys.readouterr().out
    assert "canary" not in shown
    assert [each["right"] for each in json.loads(shown)] == [code == 0]


@pytest.mark.parametrize(
    ("auth", "entries", "says"),
    [
        (
            {"bearerToken": {"secretKeyRef": {"name": "support-api-key", "key": "t"}}},
            {"t": f"{CANARY} x"},
            "the token of support: APIKeyInvalidCharacters",
        ),
        (
            {"userCredentials": {"secretRef": {"name": "support-api-key"}}},
            {"username": "canary:x", "password": CANARY},
            "username and password, the login of support: APIKeyInvalidCharacters. The user name holds a colon",
        ),
        (
            {
                "bearerToken": {
                    "secretKeyRef": {"name": "another", "key": "t"},
                    "appSecretKeyRef": {"name": "support-api-key", "key": "a"},
                }
            },
            {"a": "canary" * 50},
            "the app secret of support: APIKeyTooLong",
        ),
    ],
)
def test_other_kinds_are_known_from_the_client(
    server: ApiServer, auth: dict[str, Any], entries: dict[str, str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    server.replies |= {LIST: listed(using(**auth)), SECRET: secret(None, **entries)}
    assert cli.kubectl_wa(["check-key", "secret/support-api-key"]) == 1
    printed = capsys.readouterr().out
    assert says in printed
    assert "canary" not in printed


def test_a_secret_that_no_client_uses_yet(server: ApiServer, capsys: pytest.CaptureFixture[str]) -> None:
    server.replies[LIST] = 403
    assert cli.kubectl_wa(["check-key", "secret/support-api-key"]) == 0
    assert "WA_API_KEY, the API key: its form is right." in capsys.readouterr().out
    server.replies[SECRET] = secret({"wahealth.io/api-key": "mine"}, mine=CANARY)
    assert cli.kubectl_wa(["check-key", "secret/support-api-key"]) == 0
    assert "mine, the API key: its form is right." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("reference", "reply", "code", "sentence"),
    [
        ("support-api-key", None, 64, "name it as secret/NAME or secret/NAME:ENTRY, such as"),
        ("secret/a/b", None, 64, "name it as secret/NAME"),
        (
            "secret/support-api-key",
            404,
            69,
            "there is no Secret support-api-key in acme: see kubectl get secrets",
        ),
        ("secret/support-api-key", 403, 69, "you may not get secrets in acme: ask for that right"),
        ("secret/support-api-key:other", None, 69, "Secret support-api-key has no entry other: name one that it has"),
        ("secret/support-api-key", {"data": {"WA_API_KEY": 7}}, 69, "has no entry WA_API_KEY"),
        ("secret/support-api-key", {"data": {"WA_API_KEY": "canary!"}}, 69, "has no entry WA_API_KEY"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(
    server: ApiServer, reference: str, reply: Any, code: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if reply is not None:
        server.replies[SECRET] = reply
    assert cli.kubectl_wa(["check-key", reference]) == code
    said = capsys.readouterr().err
    assert sentence in said
    assert "canary" not in said
