"""One question over real TLS: whatever the other side does comes back as a value of the closed set."""

from __future__ import annotations

import asyncio
import errno
import socket
import time
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from contract.conftest import FIRST, KEY, Simulator
from wahealth.core.answer import Answered, FailureReason, Malformed, Outcome, Unauthorized, Unreachable
from wahealth.playground.pki import self_signed
from wahealth.probe.client import Prober
from wahealth.probe.credential import api_key
from wahealth.probe.errors import ObserverFault, connect_error, handshake_error, read_error
from wahealth.probe.trust import UntrustedCA, full, skip_hostname
from wahealth.probe.waweb import HealthEndpoint, ProbeRequest


@pytest.fixture
def question(simulator: Simulator) -> ProbeRequest:
    return ProbeRequest(
        HealthEndpoint.at(FIRST, simulator.port, skip_hostname(simulator.ca.encode())), api_key(KEY.encode()), 2
    )


def ask(probe_request: ProbeRequest) -> Outcome:
    async def asked() -> Outcome:
        async with Prober() as prober:
            return (await prober.ask(probe_request)).outcome

    return asyncio.run(asked())


def elsewhere(probe_request: ProbeRequest, **place: Any) -> ProbeRequest:
    return replace(probe_request, endpoint=replace(probe_request.endpoint, **place))


def reason(outcome: Outcome) -> str:
    assert isinstance(outcome, Unreachable), outcome
    return outcome.reason.value


def test_an_answer(question: ProbeRequest) -> None:
    outcome = ask(question)
    assert isinstance(outcome, Answered)
    assert [n.container for n in outcome.report.nodes] == ["ha-coreapp-0", "ha-master-0", "ha-coreapp-1", "ha-master-1"]


def test_a_refusal(question: ProbeRequest) -> None:
    assert ask(replace(question, credential=api_key(b"a-wrong-key-of-enough"))) == Unauthorized()


FAULTS = {
    "ConnectionRefused": {"refuse": True},
    "ReadTimeout": {"hang": True},
    "HTTPStatus": {"status": 503},
    "Redirected": {"status": 302, "headers": {"Location": "http://169.254.169.254/"}},
    "BodyTooLarge": {"body": "x" * (1024 * 1024 + 1)},
}


@pytest.mark.parametrize(("expected", "fault"), FAULTS.items(), ids=FAULTS.keys())
def test_a_fault(simulator: Simulator, question: ProbeRequest, expected: str, fault: dict[str, object]) -> None:
    simulator.set(**fault)
    assert reason(ask(question)) == expected


def test_a_connection_that_breaks(simulator: Simulator, question: ProbeRequest) -> None:
    simulator.set(reset=True)
    assert reason(ask(question)) == "InvalidResponse"


def test_a_slow_drip_does_not_stretch_the_deadline(simulator: Simulator, question: ProbeRequest) -> None:
    simulator.set(drip=0.1)
    started = time.monotonic()
    assert reason(ask(replace(question, timeout=1))) == "ReadTimeout"
    assert time.monotonic() - started < 1.5


def test_the_vendors_error_code_stands_in_the_detail(simulator: Simulator, question: ProbeRequest) -> None:
    simulator.set(status=500, body='{"errors": [{"code": 1014}]}')
    assert ask(question) == Unreachable(FailureReason.HTTP_STATUS, "HTTP 500, code 1014", status=500, code=1014)


@pytest.mark.parametrize("body", ["<html></html>", '{"meta": {}}', "null", ""])
def test_a_body_that_is_no_answer(simulator: Simulator, question: ProbeRequest, body: str) -> None:
    simulator.set(body=body)
    assert isinstance(ask(question), Malformed)


def test_a_compressed_body_is_not_unpacked(simulator: Simulator, question: ProbeRequest) -> None:
    simulator.set(body="x", headers={"Content-Encoding": "gzip"})
    assert isinstance(ask(question), Malformed)


def test_another_authority_is_not_trusted(question: ProbeRequest) -> None:
    another = skip_hostname(self_signed("another", ["another"])[0])
    assert reason(ask(elsewhere(question, trust=another))) == "TLSVerificationFailed"
    assert reason(ask(elsewhere(question, trust=full()))) == "TLSVerificationFailed"


def test_plain_text_on_the_port_is_no_handshake(question: ProbeRequest) -> None:
    with socket.create_server((FIRST, 0)) as plain:
        plain.settimeout(5)
        import threading

        def serve() -> None:
            connection, _ = plain.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        assert reason(ask(elsewhere(question, port=plain.getsockname()[1]))) == "TLSHandshakeFailed"
        thread.join()


def test_a_name_that_is_none(question: ProbeRequest) -> None:
    assert reason(ask(elsewhere(question, host="nowhere.invalid", addresses=()))) == "DNSLookupFailed"


@pytest.mark.parametrize("number", [errno.EMFILE, errno.EADDRNOTAVAIL])
def test_what_is_our_own_fault_is_no_outcome(number: int) -> None:
    for meaning in (connect_error, partial(handshake_error, received=0), read_error):
        with pytest.raises(ObserverFault):
            meaning(OSError(number, "ours"))


def test_bytes_that_are_no_certificate() -> None:
    for pem in (b"", b"not PEM", "ü".encode(), b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        with pytest.raises(UntrustedCA):
            skip_hostname(pem)


def test_proxies_of_the_environment_are_not_asked(question: ProbeRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert isinstance(ask(question), Answered)


def test_where_a_redirect_leads_stands_in_the_detail_without_its_query(
    simulator: Simulator, question: ProbeRequest
) -> None:
    simulator.set(status=301, headers={"Location": "https://me:secret@login.example/start?return=secret"})
    heard = ask(question)
    assert isinstance(heard, Unreachable)
    assert heard.detail == "HTTP 301 to https://login.example/start"
