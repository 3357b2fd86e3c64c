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
    Served,
    answer,
    asked,
    reason,
    says,
    server_context,
    serving,
)
from wahealth.core.answer import Answered, Outcome, Unreachable, Unreached
from wahealth.core.certificate import Untrusted
from wahealth.playground.pki import self_signed
from wahealth.probe.certificate import certificate_of
from wahealth.probe.trust import Trust, full, pinned, skip_hostname, unverified


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


def shaken(context: ssl.SSLContext) -> Outcome:
    """What comes of a handshake with a blocking server: asyncio's ends without the alert that says why."""

    def shake(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False) as tls:
            with contextlib.suppress(ssl.SSLError):
                tls.do_handshake()
            socket.socket.recv(tls, 4096)  # the question: unread, it would reset the connection

    with socket.create_server((ADDRESS, 0)) as listening:
        thread = threading.Thread(target=shake, args=(listening,))
        thread.start()
        outcome = asyncio.run(asked(Served(listening.getsockname()[1]).question()))
        thread.join()
    return outcome


def test_a_client_certificate_is_demanded() -> None:
    """T24"""
    context = server_context()
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=CERTIFICATE.decode())
    outcome = shaken(context)
    assert reason(outcome) == "TLSHandshakeFailed"
    assert isinstance(outcome, Unreachable)
    assert "client certificate" in outcome.detail


def test_old_tls_is_not_spoken() -> None:
    """T23"""
    context = server_context()
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    assert shaken(context) == Unreachable(Unreached.TLS_HANDSHAKE_FAILED, "waweb speaks no TLS 1.2 or newer there")


def test_plain_http_on_the_port_is_told_as_what_it_is() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    async def run() -> Outcome:
        async with serving(plain, tls=False) as served:
            return await asked(served.question())

    assert asyncio.run(run()) == Unreachable(Unreached.TLS_HANDSHAKE_FAILED, "that is no TLS")


Heard = tuple[Outcome, list[bytes]]


def with_trust(trust: Trust, name: str = "whatsapp-web", context: ssl.SSLContext | None = None) -> Heard:
    async def run() -> Heard:
        async with serving(says(answer(GOOD)), context) as served:
            question = served.question()
            question = replace(question, place=replace(question.place, trust=trust, server_name=name))
            return await asked(question), served.heard

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


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_a_certificate_that_our_library_does_not_like_is_judged_as_any_other(odd: bytes) -> None:
    context = server_context(ssl.DER_cert_to_PEM_cert(odd).encode(), certificates.PRIVATE)

    async def asked_with(trust: Trust) -> Outcome:
        async with serving(says(answer(GOOD)), context) as served:
            question = served.question()
            return await asked(replace(question, place=replace(question.place, trust=trust)))

    fingerprint = hashlib.sha256(odd).hexdigest()
    assert isinstance(asyncio.run(asked_with(pinned(frozenset({fingerprint})))), Answered)
    for stranger in (full(), pinned(frozenset({"0" * 64}))):
        outcome = asyncio.run(asked_with(stranger))
        assert isinstance(outcome, Unreachable)
        assert outcome.reason is Unreached.TLS_VERIFICATION_FAILED
        assert outcome.presented is not None
        assert outcome.presented.fingerprint == fingerprint
        assert outcome.detail.endswith("and it cannot be read") is (certificate_of(odd) is None)


def test_the_look_at_a_certificate_that_is_not_trusted_has_no_more_time_than_its_question() -> None:
    """The first connection presents it late, the next one hangs."""

    def serve(listening: socket.socket) -> None:
        with listening.accept()[0] as connection, contextlib.suppress(OSError):
            time.sleep(1.5)
            server_context().wrap_socket(connection, server_side=True).close()

    async def run(port: int) -> tuple[Outcome, float]:
        began = asyncio.get_running_loop().time()
        question = Served(port).question(2.0)
        outcome = await asked(replace(question, place=replace(question.place, trust=full())))
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
