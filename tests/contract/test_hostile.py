"""Answers that nobody means well with, over real sockets: each comes back as a word of the closed set, in time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import resource
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from contract.scripted import ADDRESS, CERTIFICATE, KEY, Script, Served, answer, says, server_context, serving
from wahealth.core.answer import Answered, Malformed, Outcome, Refused, Unreachable, Unreached
from wahealth.playground.pki import self_signed
from wahealth.probe.client import Prober, Question
from wahealth.probe.names import Resolver
from wahealth.probe.trust import full, pinned, skip_hostname, unverified

GOOD = b'{"health": {"gateway_status": "connected"}}'
OK = b"HTTP/1.1 200 OK\r\n"
DEEP = b'{"health":' + b"[" * 100_000
NODES = json.dumps({"health": {f"10.0.0.1:core-{i}": {"gateway_status": "connected"} for i in range(100_000)}}).encode()


def reason(outcome: Outcome) -> str:
    match outcome:
        case Unreachable(word):
            return word.value
        case Malformed():
            return "InvalidResponse"
        case _:
            return type(outcome).__name__


async def asked(question: Question) -> Outcome:
    async with Prober() as prober:
        return (await prober.ask(question)).outcome


def told(script: Script, seconds: float = 2.0, tls: bool = True) -> Outcome:
    async def run() -> Outcome:
        async with serving(script, tls=tls) as served:
            return await asked(served.question(seconds, tls))

    started = time.monotonic()
    outcome = asyncio.run(run())
    assert time.monotonic() - started < seconds + 2
    return outcome


# (name of the row in the fault matrix, what is said, what comes of it)
ANSWERS: list[tuple[str, Script, str]] = [
    ("an answer", says(answer(GOOD)), "Answered"),
    ("T5 slow headers", says(OK, b"X: " + b"x", *[b"x"] * 50, pause=0.1), "ReadTimeout"),
    ("T5 slow body", says(OK + b"Content-Length: 90\r\n\r\n", *[b"{"] * 50, pause=0.1), "ReadTimeout"),
    ("T6 endless body", says(OK + b"\r\n", *[b"x" * 65536] * 64), "BodyTooLarge"),
    (
        "T6 endless chunks",
        says(OK + b"Transfer-Encoding: chunked\r\n\r\n", *[b"10000\r\n" + b"x" * 65536 + b"\r\n"] * 64),
        "BodyTooLarge",
    ),
    (
        "T6 a body in crumbs",
        says(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 30_000),
        "InvalidResponse",
    ),
    ("T7 gzip", says(answer(GOOD, b"Content-Encoding: gzip, gzip\r\n")), "InvalidResponse"),
    ("T7 zstd", says(answer(GOOD, b"Content-Encoding: zstd\r\n")), "InvalidResponse"),
    ("T8 a header of 1 MB", says(answer(GOOD, b"X: " + b"x" * 1_000_000 + b"\r\n")), "InvalidResponse"),
    ("T8 10,000 headers", says(answer(GOOD, b"X: a-header\r\n" * 10_000)), "InvalidResponse"),
    ("T9 no UTF-8", says(answer(b'{"health": {"gateway_status": "\xff"}}')), "InvalidResponse"),
    ("T9 a BOM", says(answer(b"\xef\xbb\xbf" + GOOD)), "InvalidResponse"),
    ("T9 UTF-16", says(answer(GOOD.decode().encode("utf-16"))), "InvalidResponse"),
    ("T10 duplicate keys", says(answer(b'{"health": {}, "health": {"gateway_status": "connected"}}')), "Answered"),
    ("T11 NaN", says(answer(b'{"health": NaN}')), "InvalidResponse"),
    ("T11 1e400", says(answer(b'{"health": 1e400}')), "InvalidResponse"),
    ("T12 deep", says(answer(DEEP)), "InvalidResponse"),
    ("T13 100,000 digits", says(answer(b'{"health": ' + b"9" * 100_000 + b"}")), "InvalidResponse"),
    ("T14 a lone surrogate", says(answer(b'{"health": {"\\ud800": {"role": "coreapp"}}}')), "InvalidResponse"),
    ("T15 100,000 nodes", says(answer(NODES)), "BodyTooLarge"),
    ("T16 a login page", says(answer(b"<html>sign in</html>", b"Content-Type: text/html\r\n")), "InvalidResponse"),
    *((f"T17 {body!r}", says(answer(body)), "InvalidResponse") for body in (b"", b"null", b"[]", b'{"health": []}')),
    ("T18 an unknown status", says(answer(b'{"health": {"gateway_status": "dancing"}}')), "Answered"),
    *(
        (f"T21 {code}", says(answer(b"", b"Location: http://169.254.169.254/\r\n", code)), "Redirected")
        for code in (b"301 Moved", b"302 Found", b"307 Temporary")
    ),
    ("T27 HTTP/1.0 without length", says(b"HTTP/1.0 200 OK\r\n\r\n" + GOOD), "Answered"),
    ("T28 HTTP/2", says(b"\0\0\x12\x04\0\0\0\0\0" + b"\0" * 18), "InvalidResponse"),
    (
        "T29 extensions and trailers",
        says(OK + b"Transfer-Encoding: chunked\r\n\r\n%x;a=b\r\n%s\r\n0\r\nX: y\r\n\r\n" % (len(GOOD), GOOD)),
        "Answered",
    ),
    ("T29 two lengths", says(answer(GOOD, b"Content-Length: 5\r\n")), "InvalidResponse"),
    ("T29 length and chunks", says(answer(GOOD, b"Transfer-Encoding: chunked\r\n")), "InvalidResponse"),
    ("T30 a flood of 100", says(*[b"HTTP/1.1 100 Continue\r\n\r\n" * 1000] * 200), "BodyTooLarge"),
    ("T30 100 once", says(b"HTTP/1.1 100 Continue\r\n\r\n" + answer(GOOD)), "Answered"),
    ("T31 a short body", says(OK + b"Content-Length: 900\r\n\r\n" + GOOD), "InvalidResponse"),
    ("T33 401", says(answer(b"", b"", b"401 Unauthorized")), "Refused"),
    ("T33 401 without end", says(b"HTTP/1.1 401 No\r\n\r\n", *[b"x"] * 100, pause=0.1), "Refused"),
    ("T33 403", says(answer(b"", b"", b"403 Forbidden")), "Refused"),
    ("T33 404", says(answer(b"", b"", b"404 Not Found")), "HTTPStatus"),
    ("T33 429", says(answer(b"", b"Retry-After: 60\r\n", b"429 Too Many")), "HTTPStatus"),
    ("T33 503", says(answer(b"", b"", b"503 Unavailable")), "HTTPStatus"),
    ("nothing at all", says(), "InvalidResponse"),
]


@pytest.mark.parametrize(("script", "expected"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_an_answer(script: Script, expected: str) -> None:
    outcome = told(script, seconds=1.5)
    assert reason(outcome) == expected
    assert KEY.decode() not in repr(outcome)


def test_a_retry_after_in_seconds_is_heard() -> None:
    outcome = told(says(answer(b"", b"Retry-After: 60\r\n", b"429 Too Many")))
    assert isinstance(outcome, Unreachable)
    assert outcome.retry_after == 60.0
    later = told(says(answer(b"", b"Retry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n", b"503 No")))
    assert isinstance(later, Unreachable)
    assert later.retry_after == 0.0


def test_names_from_an_answer_are_clean_and_short() -> None:
    """T20"""
    names = ("a\nb", "x" * 10_000, "{{ evil }}\x1b[31m", "<script>")
    outcome = told(says(answer(json.dumps({"health": {n: {"role": "coreapp"} for n in names}}).encode())))
    assert isinstance(outcome, Answered)
    assert len(outcome.report.nodes) == 4
    for node in outcome.report.nodes:
        assert node.key.isprintable()
        assert node.key.isascii()
        assert len(node.key) <= 253


def test_nobody_is_there() -> None:
    """T1"""
    with socket.socket() as free:
        free.bind((ADDRESS, 0))
        port = free.getsockname()[1]
    assert reason(asyncio.run(asked(Served(port).question()))) == "ConnectionRefused"


def test_a_port_that_takes_no_more_connections() -> None:
    """T2: what is sent there is dropped, as in a black hole."""
    with socket.socket() as full_:
        full_.bind((ADDRESS, 0))
        full_.listen(0)
        fillers = [socket.socket() for _ in range(3)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(full_.getsockname())
        question = Served(full_.getsockname()[1]).question(1.0)
        assert reason(asyncio.run(asked(question))) == "ConnectTimeout"
        for filler in fillers:
            filler.close()


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


def with_trust(trust: object, name: str = "whatsapp-web") -> Heard:
    async def run() -> Heard:
        async with serving(says(answer(GOOD))) as served:
            question = served.question()
            question = replace(question, place=replace(question.place, trust=trust, server_name=name))
            return await asked(question), served.heard

    return asyncio.run(run())


@pytest.mark.parametrize(
    "trust",
    [full(CERTIFICATE), skip_hostname(CERTIFICATE), unverified()],
    ids=["full", "without the name", "unverified"],
)
def test_whoever_is_trusted_is_asked(trust: object) -> None:
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
def test_whoever_is_not_trusted_hears_nothing(trust: object, name: str, why: str) -> None:
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


def twice(script: Script, between: float = 0.05) -> tuple[list[Outcome], Served]:
    async def run() -> tuple[list[Outcome], Served]:
        async with serving(script) as served, Prober() as prober:
            first = (await prober.ask(served.question())).outcome
            await asyncio.sleep(between)
            return [first, (await prober.ask(served.question())).outcome], served

    return asyncio.run(run())


def test_a_connection_is_kept() -> None:
    outcomes, served = twice(says(answer(GOOD), keep=True))
    assert [reason(o) for o in outcomes] == ["Answered", "Answered"]
    assert served.connections == 1


def test_a_kept_connection_that_the_server_closed_is_made_anew_in_silence() -> None:
    """T32"""
    outcomes, served = twice(says(answer(GOOD)))
    assert [reason(o) for o in outcomes] == ["Answered", "Answered"]
    assert served.connections == 2


def test_one_that_closes_when_it_is_asked_again_is_tried_once_more() -> None:
    """T32: the close and the question cross each other."""

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer(GOOD))
        await writer.drain()
        await reader.readuntil(b"\r\n\r\n")

    outcomes, served = twice(once)
    assert [reason(o) for o in outcomes] == ["Answered", "Answered"]
    assert served.connections == 2


def test_what_comes_behind_an_answer_is_not_taken_for_the_next() -> None:
    outcomes, served = twice(says(answer(GOOD) + answer(b"{}"), keep=True))
    assert [reason(o) for o in outcomes] == ["Answered", "Answered"]
    assert served.connections == 2


def test_a_cookie_does_not_come_back() -> None:
    _, served = twice(says(answer(GOOD, b"Set-Cookie: a=b; Path=/\r\n"), keep=True))
    assert b"ookie" not in b"".join(served.heard)


def test_the_question_is_as_it_should_be() -> None:
    _, served = twice(says(answer(GOOD), keep=True))
    head = served.heard[0].decode()
    assert head.startswith("GET /v1/health HTTP/1.1\r\n")
    assert f"Authorization: Apikey {KEY.decode()}" in head
    assert "Accept-Encoding: identity" in head


Lookup = Callable[[str], tuple[str, ...]]


def named(lookup: Lookup) -> Callable[[Served], Awaitable[Outcome]]:
    async def ask(served: Served) -> Outcome:
        question = served.question()
        place = replace(question.place, host="waweb.example.org", addresses=())
        async with Prober(Resolver(lookup)) as prober:
            return (await prober.ask(replace(question, place=place))).outcome

    return ask


def test_the_first_address_that_answers_is_taken() -> None:
    """T38: an address family that leads nowhere does not hold anybody up."""

    async def run() -> Outcome:
        async with serving(says(answer(GOOD))) as served:
            return await named(lambda _: ("::1", ADDRESS))(served)

    assert isinstance(asyncio.run(run()), Answered)


def test_a_name_server_that_hangs_hangs_one_name() -> None:
    """T3"""

    def lookup(host: str) -> tuple[str, ...]:
        if host == "hangs.example.org":
            time.sleep(1.5)
        return (ADDRESS,)

    async def run() -> tuple[list[Outcome], float]:
        async with serving(says(answer(GOOD), keep=True)) as served, Prober(Resolver(lookup), slots=400) as prober:

            def of(host: str) -> Question:
                question = served.question(1.0)
                return replace(question, place=replace(question.place, host=host, addresses=()))

            hanging = [asyncio.create_task(prober.ask(of("hangs.example.org"))) for _ in range(100)]
            await asyncio.sleep(0)
            started = time.monotonic()
            good = (await prober.ask(of("good.example.org"))).outcome
            took = time.monotonic() - started
            return [good, *(heard.outcome for heard in await asyncio.gather(*hanging))], took

    (good, *hung), took = asyncio.run(run())
    assert isinstance(good, Answered)
    assert took < 0.9
    assert {reason(outcome) for outcome in hung} == {"DNSLookupFailed"}


def serve_for_ever(script: Script, ready: Connection) -> None:
    async def run() -> None:
        async with serving(script) as served:
            ready.send(served.port)
            await asyncio.sleep(60)

    asyncio.run(run())


def rss() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


WORST = [row for row in ANSWERS if row[0].startswith(("T6", "T8", "T12", "T13", "T15"))]


@pytest.mark.parametrize("script", [row[1] for row in WORST], ids=[row[0] for row in WORST])
def test_memory_stays_where_it_is(script: Script) -> None:
    """The server is a process of its own; the first few answers warm the allocator up."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("fork").Process(target=serve_for_ever, args=(script, theirs), daemon=True)
    server.start()
    question = Served(ours.recv()).question()

    async def run() -> int:
        for _ in range(3):
            await asked(question)
        before = rss()
        for _ in range(5):
            await asked(question)
        return rss() - before

    assert asyncio.run(run()) <= 2 * 2**20
    server.terminate()
    server.join()


def test_a_refusal_in_the_clear_is_one_too() -> None:
    assert told(says(answer(b"", b"", b"401 No")), tls=False) == Refused()


def test_a_pod_that_is_gone_leaves_no_connection() -> None:
    async def run() -> tuple[int, int]:
        async with serving(says(answer(GOOD), keep=True)) as served, Prober() as prober:
            await prober.ask(served.question())
            parked = len(prober.pool)
            prober.drop(ADDRESS)
            return parked, len(prober.pool)

    assert asyncio.run(run()) == (1, 0)


def test_parked_connections_leave_half_of_the_descriptors_to_others() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 300), hard))
    try:
        assert Prober().pool.most == 150
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_parked_connections_are_bounded_in_number_and_in_time() -> None:
    async def run() -> list[int]:
        async with serving(says(answer(GOOD), keep=True)) as served, Prober() as prober:
            lengths = []
            for most, longest in ((2, 60.0), (10, 0.0)):
                prober.pool.most, prober.pool._longest = most, longest
                for host in ("one", "two", "three"):
                    question = served.question()
                    await prober.ask(replace(question, place=replace(question.place, host=host)))
                    await asyncio.sleep(0.01)
                lengths.append(len(prober.pool))
            return lengths

    assert asyncio.run(run()) == [2, 1]
