"""Handshakes that fail, and whom a question trusts: nobody else is ever sent the key."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import socket
import ssl
import threading
import time
from dataclasses import replace

import pytest

from support import certificates
from support.scripted import (
    ADDRESS,
    CERTIFICATE,
    GOOD,
    KEY,
    RESET,
    Served,
    answer,
    asked,
    heard_from,
    reason,
    says,
    server_context,
    serving,
    shaken,
)
from wahealth.core.answer import HALF_A_HANDSHAKE, NOBODY_BEHIND, Answered, FailureReason, Outcome, Unreachable
from wahealth.core.certificate import Objection, Untrusted
from wahealth.core.reasons.asking import row_of
from wahealth.playground.pki import self_signed
from wahealth.probe.certificate import certificate_of
from wahealth.probe.errors import handshake_error, objected
from wahealth.probe.trust import Trust, full, pinned, skip_hostname, unverified
from wahealth.probe.waweb import HealthEndpoint


def test_a_handshake_that_never_ends() -> None:
    """T26"""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(5)

    async def run() -> Outcome:
        async with serving(silent, tls=False) as served:
            return await asked(served.question(0.5))

    assert reason(asyncio.run(run())) == "TLSHandshakeFailed"


@pytest.mark.parametrize("garbage", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\0" * 100, b"\0"])
def test_no_tls_on_the_port_and_the_key_is_not_sent(garbage: bytes) -> None:
    """T25"""

    async def garbled(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(garbage)
        await writer.drain()

    async def run() -> tuple[Outcome, list[bytes]]:
        async with serving(garbled, tls=False) as served:
            return await asked(served.question()), served.heard

    outcome, heard = asyncio.run(run())
    assert reason(outcome) == "TLSHandshakeFailed"
    assert KEY not in b"".join(heard)


@pytest.mark.parametrize("resets", [False, True])
def test_a_client_certificate_is_demanded(resets: bool) -> None:
    """T24"""
    context = server_context()
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=CERTIFICATE.decode())
    assert shaken(context, resets) == Unreachable(
        FailureReason.TLS_HANDSHAKE_FAILED, "it wants a client certificate", objection=Objection.CERTIFICATE
    )


@pytest.mark.parametrize("resets", [False, True])
def test_nobody_stands_behind_what_accepts(resets: bool) -> None:
    """As behind a proxy that passes TLS through: it closes before a byte of TLS."""

    def serve(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(4096)
            if resets:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    outcome = heard_from(serve)
    assert outcome == Unreachable(FailureReason.TLS_HANDSHAKE_FAILED, NOBODY_BEHIND)
    assert "check whether waweb runs behind it" in row_of(outcome).says(
        who="W", does="does", detail=NOBODY_BEHIND, comma=", "
    )


def alert(code: int) -> ssl.SSLError:
    """As Python raises it for an alert of this number (RFC 8446, 6)."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = unverified().context.wrap_bio(incoming, outgoing, server_hostname="whatsapp-web")
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    incoming.write(bytes([0x15, 3, 3, 0, 2, 2, code]))
    with pytest.raises(ssl.SSLError) as caught:
        tls.do_handshake()
    return caught.value


@pytest.mark.parametrize(
    ("code", "says", "objection"),
    [
        (40, "it wants a client certificate, or offers no cipher that is safe enough", Objection.CERTIFICATE),
        (45, "the client certificate has expired", Objection.LAPSED),
        (48, "it does not trust the client certificate", Objection.CERTIFICATE),
        (49, "it denies access", Objection.ACCESS),
        (70, "it speaks no TLS 1.2 or newer", None),
        (80, "it has an error of its own", None),
        (110, "it ends the handshake, and finds what it was sent wrong", None),
        (112, "it knows no such name: correct the server name", None),
        (113, "it does not take the client certificate", Objection.CERTIFICATE),
        (115, "it ends the handshake, and finds what it was sent wrong", None),
        (116, "it wants a client certificate", Objection.CERTIFICATE),
        (120, "it speaks no HTTP/1.1", None),
    ],
)
def test_an_alert_is_told_by_its_meaning(code: int, says: str, objection: Objection | None) -> None:
    """In the handshake, and behind it where nothing of an answer came. Python 3.11.7 has no reason for 115 and 120."""
    meaning = Unreachable(FailureReason.TLS_HANDSHAKE_FAILED, says, objection=objection)
    assert handshake_error(alert(code), received=7).outcome == meaning
    behind = objected(alert(code))
    assert behind is not None
    assert behind.outcome == meaning


def test_what_is_no_alert_is_told_by_what_is_known() -> None:
    garbled = ssl.SSLError(1, "[SSL: BAD_RECORD_TYPE] bad record type (_ssl.c:1006)")
    assert objected(garbled) is None
    assert handshake_error(garbled, received=7).outcome == Unreachable(FailureReason.TLS_HANDSHAKE_FAILED, "")


@pytest.mark.parametrize("resets", [False, True])
def test_a_handshake_that_ends_in_the_middle(resets: bool) -> None:
    """As where a proxy's other side goes away: half of a ServerHello came."""

    def serve(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"\x16\x03\x03\x00\x7a\x02\x00\x00")
            if resets:
                time.sleep(0.2)  # a reset throws away what was not read
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    outcome = heard_from(serve)
    assert outcome == Unreachable(FailureReason.TLS_HANDSHAKE_FAILED, HALF_A_HANDSHAKE)


def test_old_tls_is_not_spoken() -> None:
    """T23"""
    context = server_context()
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    assert shaken(context) == Unreachable(FailureReason.TLS_HANDSHAKE_FAILED, "it speaks no TLS 1.2 or newer")


def test_plain_http_on_the_port_is_told_as_what_it_is() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    async def run() -> Outcome:
        async with serving(plain, tls=False) as served:
            return await asked(served.question())

    assert asyncio.run(run()) == Unreachable(FailureReason.TLS_HANDSHAKE_FAILED, "that is no TLS")


Heard = tuple[Outcome, list[bytes]]


def with_trust(trust: Trust, name: str = "whatsapp-web", context: ssl.SSLContext | None = None) -> Heard:
    async def run() -> Heard:
        async with serving(says(answer(GOOD)), context) as served:
            probe_request = served.question()
            probe_request = replace(
                probe_request, endpoint=replace(probe_request.endpoint, trust=trust, server_name=name)
            )
            return await asked(probe_request), served.heard

    return asyncio.run(run())


@pytest.mark.parametrize(
    "trust",
    [full(CERTIFICATE), skip_hostname(CERTIFICATE), unverified()],
    ids=["full", "without the name", "unverified"],
)
def test_whoever_is_trusted_is_asked(trust: Trust) -> None:
    assert isinstance(with_trust(trust)[0], Answered)


@pytest.mark.parametrize(
    ("trust", "name", "why"),
    [
        (full(CERTIFICATE), "another-name", "another name"),
        (full(CERTIFICATE), "127.0.0.1", "another address"),
        (full(), "whatsapp-web", "signs itself"),
        (skip_hostname(self_signed("another", ["another"])[0]), "whatsapp-web", "signs itself"),
        (pinned(frozenset({"0" * 64})), "whatsapp-web", "not the one that is pinned"),
        (full(CERTIFICATE), ".bad", "cannot be asked for"),
    ],
)
def test_whoever_is_not_trusted_hears_nothing(trust: Trust, name: str, why: str) -> None:
    """T22: and which certificate it was is told, for a person to decide."""
    outcome, heard = with_trust(trust, name)
    assert reason(outcome) == "TLSVerificationFailed"
    assert isinstance(outcome, Unreachable)
    assert why in outcome.detail
    assert heard == []
    if name != ".bad":
        assert outcome.presented is not None
        assert outcome.presented.name == "whatsapp-web"
        assert isinstance(with_trust(pinned(frozenset({outcome.presented.fingerprint})))[0], Answered)


def test_a_certificate_with_a_common_name_alone_is_known_by_it() -> None:
    certificate, private = self_signed("waweb.example", [])
    context = server_context(certificate, private)
    assert isinstance(with_trust(full(certificate), "waweb.example", context)[0], Answered)
    outcome, heard = with_trust(full(certificate), "another.example", context)
    assert isinstance(outcome, Unreachable)
    assert outcome.presented is not None
    assert (outcome.untrusted, outcome.presented.name) == (Untrusted.OTHER_NAME, "waweb.example")
    assert heard == []


ODD = {"version 2": certificates.of_version(1), "a serial number of 0": certificates.with_serial(b"\0")}


@pytest.mark.parametrize("anomalies", ODD.values(), ids=ODD)
def test_a_certificate_that_our_library_does_not_like_is_judged_as_any_other(anomalies: bytes) -> None:
    context = server_context(ssl.DER_cert_to_PEM_cert(anomalies).encode(), certificates.PRIVATE)

    async def asked_with(trust: Trust) -> Outcome:
        async with serving(says(answer(GOOD)), context) as served:
            probe_request = served.question()
            return await asked(replace(probe_request, endpoint=replace(probe_request.endpoint, trust=trust)))

    fingerprint = hashlib.sha256(anomalies).hexdigest()
    assert isinstance(asyncio.run(asked_with(pinned(frozenset({fingerprint})))), Answered)
    for stranger in (full(), pinned(frozenset({"0" * 64}))):
        outcome = asyncio.run(asked_with(stranger))
        assert isinstance(outcome, Unreachable)
        assert outcome.reason is FailureReason.TLS_VERIFICATION_FAILED
        assert outcome.presented is not None
        assert outcome.presented.fingerprint == fingerprint
        assert outcome.detail.endswith("and it cannot be read") is (certificate_of(anomalies) is None)


def test_the_look_at_a_certificate_that_is_not_trusted_has_no_more_time_than_its_question() -> None:
    """The first connection presents it late, the next one hangs."""

    def serve(listening: socket.socket) -> None:
        with listening.accept()[0] as connection, contextlib.suppress(OSError):
            time.sleep(1.5)
            server_context().wrap_socket(connection, server_side=True).close()

    async def run(port: int) -> tuple[Outcome, float]:
        began = asyncio.get_running_loop().time()
        probe_request = Served(port).question(2.0)
        outcome = await asked(replace(probe_request, endpoint=replace(probe_request.endpoint, trust=full())))
        return outcome, asyncio.get_running_loop().time() - began

    with socket.create_server((ADDRESS, 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        outcome, seconds = asyncio.run(run(listening.getsockname()[1]))
        thread.join()
    assert reason(outcome) == "TLSVerificationFailed"
    assert isinstance(outcome, Unreachable)
    assert outcome.presented is None
    assert seconds < 3


@pytest.mark.parametrize(
    ("server_name", "host_header", "sent"),
    [
        ("whatsapp-web", "", b"Host: whatsapp-web:"),
        ("whatsapp-web", "support.example.com", b"Host: support.example.com\r\n"),
        ("", "", b"Host: 127.0.0.1:"),
    ],
)
def test_the_host_sent_follows_the_name_verified(server_name: str, host_header: str, sent: bytes) -> None:
    async def run() -> list[bytes]:
        async with serving(says(answer(GOOD))) as served:
            place = replace(served.question().endpoint, server_name=server_name, host_header=host_header)
            assert isinstance(await asked(replace(served.question(), endpoint=place)), Answered)
            return served.heard

    assert sent in b"".join(asyncio.run(run()))


def test_a_dot_at_a_names_end_is_no_part_of_it() -> None:
    """prometheus-operator#1114, cpython#76178"""
    place = HealthEndpoint("whatsapp-web.", (ADDRESS,), 443, full(CERTIFICATE))
    assert (place.name_verified, place.host_sent) == ("whatsapp-web", "whatsapp-web.")


BROKEN = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    "bundle",
    [
        b"\xef\xbb\xbf" + CERTIFICATE,
        CERTIFICATE.replace(b"\n", b"\r\n"),
        "# Főtanúsítvány\n".encode() + CERTIFICATE,
        BROKEN + CERTIFICATE + BROKEN,
        b"Certificate:\n    Data:\n" + CERTIFICATE + CERTIFICATE,
        CERTIFICATE.replace(b"CERTIFICATE", b"X509 CERTIFICATE"),
    ],
    ids=[
        "a byte order mark",
        "CRLF",
        "a comment in UTF-8",
        "broken ones among them",
        "text, and twice",
        "an old label",
    ],
)
def test_a_bundle_as_people_have_it(bundle: bytes) -> None:
    async def run() -> Outcome:
        async with serving(says(answer(GOOD))) as served:
            probe_request = served.question()
            return await asked(replace(probe_request, endpoint=replace(probe_request.endpoint, trust=full(bundle))))

    assert isinstance(asyncio.run(run()), Answered)
