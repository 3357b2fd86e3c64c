"""Servers that want a client certificate: who shows which one to whom, and what is said where it is not taken."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from support import certificates
from support.mutual import AUTHORITY, OTHER, naming, wanting
from support.scripted import (
    ADDRESS,
    CERTIFICATE,
    Served,
    asked,
    reason,
    server_context,
    serving,
    shaken,
)
from wahealth.core.answer import Answered, FailureReason, Outcome, Unreachable, is_about_ours
from wahealth.core.certificate import Objection
from wahealth.core.reasons.asking import row_of
from wahealth.core.reasons.row import Surface
from wahealth.playground.pki import Authority, self_signed
from wahealth.probe.client import Prober
from wahealth.probe.errors import handshake_error
from wahealth.probe.pair import Pair
from wahealth.probe.trust import Trust, full, objected_to, pinned, skip_hostname, unverified
from wahealth.probe.waweb import ProbeRequest

NOW = datetime.now(UTC)
EXPIRED = certificates.lasting("operator", NOW - timedelta(9), NOW - timedelta(1))
EARLY = certificates.lasting("operator", NOW + timedelta(1), NOW + timedelta(9))
FINGERPRINT = hashlib.sha256(certificates.der(CERTIFICATE)).hexdigest()
VERSIONS = {"TLS 1.2": ssl.TLSVersion.TLSv1_2, "TLS 1.3": ssl.TLSVersion.TLSv1_3}
of_each_version = pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)


def pair(name: str = "operator", authority: Authority = AUTHORITY) -> Pair:
    return Pair(*authority.issue(name))


def trusting(probe_request: ProbeRequest, trust: Trust) -> ProbeRequest:
    return replace(probe_request, endpoint=replace(probe_request.endpoint, trust=trust), period=5.0)


WAYS: dict[str, Callable[[Pair | None], Trust]] = {
    "Full": lambda own: full(CERTIFICATE, own),
    "SkipHostname": lambda own: skip_hostname(CERTIFICATE, own),
    "Pinned": lambda own: pinned(frozenset({FINGERPRINT}), own),
    "None": unverified,
}


@of_each_version
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_whoever_shows_one_that_is_wanted_is_answered(
    way: Callable[[Pair | None], Trust], version: ssl.TLSVersion
) -> None:
    async def run() -> tuple[Outcome, list[str]]:
        seen: list[str] = []
        async with serving(naming(seen), wanting(version)) as served:
            return await asked(trusting(served.question(), way(pair()))), seen

    outcome, seen = asyncio.run(run())
    assert isinstance(outcome, Answered)
    assert seen == ["operator"]


REFUSED: dict[str, tuple[Callable[[], Pair | None], str]] = {
    "none": (lambda: None, "name the Secret of one that it accepts in spec.tls.clientCertificateRef"),
    "of another authority": (lambda: pair(authority=OTHER), "name the Secret of one that it accepts"),
    "an expired one": (
        lambda: Pair(EXPIRED, certificates.PRIVATE),
        "put a valid one into the Secret",
    ),
    "one that is early": (
        lambda: Pair(EARLY, certificates.PRIVATE),
        "put a valid one into the Secret",
    ),
}


@of_each_version
@pytest.mark.parametrize(("shown", "way_out"), REFUSED.values(), ids=REFUSED)
def test_one_that_is_not_taken_is_told_with_the_way_out(
    shown: Callable[[], Pair | None], way_out: str, version: ssl.TLSVersion
) -> None:
    outcome = shaken(wanting(version, EXPIRED, EARLY), trust=skip_hostname(CERTIFICATE, shown()))
    assert isinstance(outcome, Unreachable)
    assert outcome.reason is FailureReason.TLS_HANDSHAKE_FAILED
    said = {at: row_of(outcome).tells(at) for at in Surface}
    assert way_out in said[Surface.RESOURCE]
    assert "--client-certificate and --client-key" in said[Surface.DESK]


ALERTS = {
    "SSLV3_ALERT_BAD_CERTIFICATE": "it does not take the client certificate, or offers no cipher that is safe enough",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": "it does not take the client certificate",
    "SSLV3_ALERT_CERTIFICATE_REVOKED": "the client certificate is revoked",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "the client certificate has expired",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "it does not take the client certificate",
    "TLSV1_ALERT_UNKNOWN_CA": "it does not trust the client certificate",
    "TLSV1_ALERT_ACCESS_DENIED": "it denies access with this client certificate",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "it does not take the client certificate, or offers no cipher that is safe enough",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "it does not take the client certificate",
}


@pytest.mark.parametrize(("alert", "told"), ALERTS.items())
def test_an_alert_is_told_as_what_it_means_of_the_certificate_that_was_shown(alert: str, told: str) -> None:
    error = ssl.SSLError(1, f"[SSL: {alert}] alert")
    said = handshake_error(error, received=7).outcome
    outcome = objected_to(said, unverified(pair()), NOW)
    assert outcome.detail == told
    assert is_about_ours(outcome)
    assert "client certificate" in row_of(outcome).tells()
    lapsed = objected_to(said, unverified(Pair(EXPIRED, certificates.PRIVATE)), NOW)
    assert (lapsed.detail, lapsed.objection) == ("the client certificate has expired", Objection.LAPSED)


def test_what_says_nothing_of_the_certificate_is_told_as_it_is() -> None:
    error = ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number")
    said = handshake_error(error, received=7).outcome
    assert objected_to(said, unverified(Pair(EXPIRED, certificates.PRIVATE)), NOW) is said


STRANGER, STRANGERS_KEY = self_signed("stranger", ["stranger"])
DISTRUSTING: dict[str, Callable[[Pair], Trust]] = {
    "Full": lambda own: full(CERTIFICATE, own),
    "SkipHostname": lambda own: skip_hostname(CERTIFICATE, own),
    "Pinned": lambda own: pinned(frozenset({FINGERPRINT}), own),
}


@of_each_version
@pytest.mark.parametrize("way", DISTRUSTING.values(), ids=DISTRUSTING)
def test_whoever_is_not_trusted_is_shown_nothing(way: Callable[[Pair], Trust], version: ssl.TLSVersion) -> None:
    """Not in the look at its certificate either. With TLS 1.2 all of a handshake can be read on the wire."""
    context = server_context(STRANGER, STRANGERS_KEY)
    context.maximum_version = version
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=AUTHORITY.pem.decode())
    pem, key = AUTHORITY.issue("operator")
    heard, shown = bytearray(), []

    def hear(listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                with connection:
                    shown.append(_hear(connection, context, heard))

    with socket.create_server((ADDRESS, 0)) as listening:
        thread = threading.Thread(target=hear, args=(listening,))
        thread.start()
        probe_request = Served(listening.getsockname()[1]).question()
        outcome = asyncio.run(asked(trusting(probe_request, way(Pair(pem, key)))))
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert reason(outcome) == "TLSVerificationFailed"
    assert shown
    assert not any(shown)
    assert certificates.der(pem) not in heard


def _hear(connection: socket.socket, context: ssl.SSLContext, heard: bytearray) -> bool:
    """Until the other side ends it; whether it has shown a certificate."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_side=True)
    while data := connection.recv(65536):
        heard += data
        incoming.write(data)
        try:
            tls.do_handshake()
            return True
        except ssl.SSLWantReadError:
            connection.sendall(outgoing.read())
        except ssl.SSLError:
            return False
    return False


def test_a_renewed_one_is_shown_from_the_next_connection_on() -> None:
    """A connection that is parked was made with another one, and is not used."""

    async def run() -> tuple[list[str], int]:
        seen: list[str] = []
        async with serving(naming(seen), wanting()) as served, Prober() as prober:
            first, second = (skip_hostname(CERTIFICATE, pair(name)) for name in ("first", "second"))
            for trust in (first, first, second, second):
                assert isinstance((await prober.ask(trusting(served.question(), trust))).outcome, Answered)
            return seen, served.connections

    seen, connections = asyncio.run(run())
    assert seen == ["first", "first", "second", "second"]
    assert connections == 2
