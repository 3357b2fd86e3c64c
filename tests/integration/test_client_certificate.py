"""A host that wants a client certificate: shown from a labelled Secret alone, and renewed while the operator runs."""

from __future__ import annotations

import hashlib
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import yaml

from support import certificates
from support.clients import CANARY, FAST, WaitFor, conditions, simulated
from support.scripted import CERTIFICATE, server_context
from support.steps import step
from support.worlds import FLAGS, OUTSIDE, Worlds
from wahealth.api import labels
from wahealth.playground import manifests
from wahealth.playground.environment import Environment, until
from wahealth.playground.pki import Authority

SPACE = "mutual"
CLIENT = simulated(SPACE, "shop", 1, 0, 1, CANARY, FAST)
AUTHORITY, OTHER = Authority.new("clients"), Authority.new("others")
FINGERPRINT = hashlib.sha256(certificates.der(CERTIFICATE)).hexdigest()


@pytest.fixture(scope="module")
def environment(worlds: Worlds) -> Iterator[Environment]:
    running = worlds.shared((*FLAGS, "--require-secret-label"))
    running.add(CLIENT)
    running.plane.kubectl("label", "secret", "shop-api-key", "-n", SPACE, f"{labels.API_KEY}=WA_API_KEY")
    yield running
    worlds.shared(FLAGS)


@contextmanager
def waweb(seen: list[str]) -> Iterator[int]:
    """A single instance that is connected; it answers whoever shows a certificate of AUTHORITY, and notes the names."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown: Any = self.connection.getpeercert()
            (((_, name),),) = shown["subject"]
            seen.append(name)
            body = json.dumps({"health": {"gateway_status": "connected"}}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    context = server_context()
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=AUTHORITY.pem.decode())
    server = ThreadingHTTPServer((OUTSIDE, 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def ask(environment: Environment, port: int, **more: Any) -> None:
    resource = manifests.resource(CLIENT, environment.port)
    resource["spec"]["target"] = {"url": f"https://{OUTSIDE}:{port}"}
    resource["spec"]["tls"] = {"verification": "Pinned", "pinnedSHA256": [FINGERPRINT], **more}
    environment.plane.kubectl("replace", "-f", "-", input=yaml.safe_dump(resource))


def store(environment: Environment, pair: tuple[bytes, bytes], labelled: bool = True) -> None:
    certificate, key = pair
    document = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {"name": "own", "namespace": SPACE, "labels": {labels.CREDENTIALS: "true"} if labelled else {}},
        "stringData": {"tls.crt": certificate.decode(), "tls.key": key.decode()},
    }
    environment.apply([document])


def message(status: dict[str, Any], type_: str) -> str:
    return next(str(c["message"]) for c in status["conditions"] if c["type"] == type_)


def test_a_client_certificate_from_its_secret_to_its_renewal(environment: Environment, wait_for: WaitFor) -> None:
    seen: list[str] = []
    own = {"clientCertificateRef": {"name": "own"}}
    with waweb(seen) as port:
        with step("the Secret is not there"):
            ask(environment, port, **own)
            status = wait_for(SPACE, "shop", ready="SecretNotFound", seconds=90)
        with step("it is not labelled"):
            store(environment, AUTHORITY.issue("first"), labelled=False)
            status = wait_for(SPACE, "shop", ready="SecretForbidden")
            assert f'add the label {labels.CREDENTIALS}: "true"' in message(status, "Accepted")
            assert not seen
        with step("it is labelled"):
            store(environment, AUTHORITY.issue("first"))
            status = wait_for(SPACE, "shop", ready="Available")
            assert set(seen) == {"first"}
            first = status["clientCertificate"]
            assert first["fingerprintSHA256"] != status["tls"]["fingerprintSHA256"] == FINGERPRINT
        with step("it is renewed"):
            store(environment, AUTHORITY.issue("second"))
            until(lambda: "second" in seen, "the renewed certificate", 30)
            until(lambda: environment.client(SPACE, "shop")["status"]["clientCertificate"] != first, "its end", 30)
            assert conditions(environment.client(SPACE, "shop")["status"])["Ready"] == ("True", "Available")
        with step("it is one that is not taken"):
            store(environment, OTHER.issue("third"))
            status = wait_for(SPACE, "shop", ready="TLSHandshakeFailed")
            assert "name the Secret of one that it accepts in spec.tls.clientCertificateRef" in message(
                status, "Reachable"
            )
        with step("it is mended"):
            store(environment, AUTHORITY.issue("fourth"))
            wait_for(SPACE, "shop", ready="Available")
        with step("its key is none"):
            store(environment, (AUTHORITY.issue("fifth")[0], AUTHORITY.issue("fifth")[1]))
            status = wait_for(SPACE, "shop", ready="ClientCertificateInvalid")
            assert "the key belongs to another certificate" in message(status, "Accepted")
        with step("none is named"):
            ask(environment, port)
            status = wait_for(SPACE, "shop", ready="TLSHandshakeFailed")
            assert "clientCertificate" not in status
    assert set(seen) == {"first", "second", "fourth"}
    assert "PRIVATE KEY" not in (environment.operator.log_tail() if environment.operator else "")
