"""Secrets of every odd form (rows S1 to S12): each with its reason, none of them shown, none of them sent."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from support.clients import CANARY, FAST, WaitFor, conditions, simulated
from wahealth.playground import manifests
from wahealth.playground.environment import Environment
from wahealth.playground.manifests import ClientManifests

WEB = simulated("odd", "shop", 1, 0, 1, CANARY, FAST)
LONG = CANARY * 5
ODD: dict[str, tuple[bytes, str]] = {
    "s3-of-11": (CANARY[:11].encode(), "APIKeyTooShort"),
    "s3-of-129": (LONG[:129].encode(), "APIKeyTooLong"),
    "s4-newline": (f"{CANARY}\n".encode(), "APIKeyInvalidCharacters"),
    "s4-crlf": (f"{CANARY}\r\n".encode(), "APIKeyInvalidCharacters"),
    "s4-spaces": (f"  {CANARY}  ".encode(), "APIKeyInvalidCharacters"),
    "s4-inner-space": (f"{CANARY} {CANARY}".encode(), "APIKeyInvalidCharacters"),
    "s4-bom": (f"\ufeff{CANARY}".encode(), "APIKeyInvalidCharacters"),
    "s4-zero-width": (f"{CANARY}\u200b".encode(), "APIKeyInvalidCharacters"),
    "s5-header": (f"{CANARY}\r\nX-Evil: 1".encode(), "APIKeyInvalidCharacters"),
    "s5-umlauts": (f"{CANARY}\u00fc\u00df".encode(), "APIKeyInvalidCharacters"),
    "s5-nul": (f"{CANARY}\0".encode(), "APIKeyInvalidCharacters"),
    "s5-bytes": (CANARY.encode() + b"\xff\xfe", "APIKeyInvalidCharacters"),
    "s5-escapes": (f"\x1b[31m{CANARY}".encode(), "APIKeyInvalidCharacters"),
    "s6-a-megabyte": ((CANARY * 40_000)[:700_000].encode(), "APIKeyTooLong"),
    "s8-braces": (f"{{{{{CANARY}}}}}".encode(), "APIKeyRejected"),
    "s8-percent": (f"%s%d{CANARY}".encode(), "APIKeyRejected"),
    "s8-html": (f"<script>{CANARY}</script>".encode(), "APIKeyRejected"),
}
TYPED = {
    "s10-service-account": "kubernetes.io/service-account-token",
    "s10-bootstrap": "bootstrap.kubernetes.io/token",
}


def client(name: str) -> ClientManifests:
    """Its key is odd, its web workload is the one of all."""
    target = {"workload": {"name": "shop-web", "port": 0}}
    return simulated("odd", name, 0, 0, 0, spec={"target": target})


def resource(environment: Environment, name: str, **spec: Any) -> dict[str, Any]:
    document = manifests.resource(client(name), environment.port)
    document["spec"]["target"]["workload"]["port"] = environment.port
    document["spec"] |= spec
    return document


def secret(name: str, value: bytes, **more: Any) -> dict[str, Any]:
    metadata = {"name": f"{name}-api-key", "namespace": "odd"} | more.pop("metadata", {})
    data = {"WA_API_KEY": base64.b64encode(value).decode()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data, **more}


@pytest.fixture(scope="module", autouse=True)
def added(environment: Environment) -> None:
    environment.add(WEB)
    environment.apply(secret(name, value) for name, (value, _) in ODD.items())
    account = {"kubernetes.io/service-account.name": "default"}
    environment.apply(
        secret(name, CANARY.encode(), type=type_, metadata={"annotations": account}) for name, type_ in TYPED.items()
    )
    environment.apply([secret("s2-no-entry", CANARY.encode()), secret("s11-ca", CANARY.encode())])
    garbage = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "garbage", "namespace": "odd"}}
    environment.apply(
        [garbage | {"data": {"ca.crt": "-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n"}}]
    )
    names = [*ODD, *TYPED, "s1-no-secret"]
    other_entry = {"apiKey": {"secretKeyRef": {"name": "s2-no-entry-api-key", "key": "OTHER"}}}
    environment.apply(
        [
            *(resource(environment, name) for name in names),
            resource(environment, "s2-no-entry", auth=other_entry),
            resource(environment, "s11-ca", tls={"caRef": {"kind": "ConfigMap", "name": "garbage"}}),
        ]
    )


@pytest.mark.parametrize("name", ODD)
def test_a_key_of_odd_form(environment: Environment, wait_for: WaitFor, name: str) -> None:
    value, reason = ODD[name]
    status = wait_for("odd", name, ready=reason)
    assert conditions(status)["CredentialsValid"] == ("False", reason)
    assert conditions(status)["Available"][0] == "Unknown"
    assert not [c["message"] for c in status["conditions"] if str(len(value)) in c["message"].replace("12 to 128", "")]
    assert ("endpoints" in status) is (reason == "APIKeyRejected")  # nobody was asked with a key of bad form


@pytest.mark.parametrize(
    ("name", "reason", "says"),
    [
        ("s1-no-secret", "SecretNotFound", "create it"),
        ("s2-no-entry", "SecretKeyMissing", "has no entry OTHER"),
        ("s10-service-account", "SecretForbidden", "allow it"),
        ("s10-bootstrap", "SecretForbidden", "allow it"),
        ("s11-ca", "CANotFound", "put PEM there"),
    ],
)
def test_what_is_not_there(wait_for: WaitFor, name: str, reason: str, says: str) -> None:
    status = wait_for("odd", name, ready=reason)
    (message,) = [c["message"] for c in status["conditions"] if c["type"] == "Accepted"]
    assert says in message
    assert "WA_API_KEY" not in message  # S2: no other entry is named
    assert conditions(status)["Available"][0] == "Unknown"
