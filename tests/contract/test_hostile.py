"""Answers that nobody means well with, over real sockets: each comes back as a word of the closed set, in time."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from support.scripted import (
    GOOD,
    KEY,
    Script,
    Served,
    answer,
    asked,
    reason,
    says,
    serving,
)
from support.work import instructions
from wahealth.core.answer import (
    BROKE_OFF,
    NO_ANSWER,
    Answered,
    FailureReason,
    GatewayStatus,
    Malformed,
    Outcome,
    Throttled,
    Unauthorized,
    Unreachable,
)
from wahealth.core.reasons.asking import row_of

OK = b"HTTP/1.1 200 OK\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
CHUNKS = OK + b"Transfer-Encoding: chunked\r\n\r\n"

DEEP = b'{"health":' + b"[" * 100_000


def nodes(count: int) -> bytes:
    entry = {"gateway_status": "connected"}
    return json.dumps({"health": {f"10.0.0.1:core-{number}": entry for number in range(count)}}).encode()


def told(script: Script, seconds: float = 2.0, tls: bool = True) -> Outcome:
    async def run() -> Outcome:
        async with serving(script, tls=tls) as served:
            return await asked(served.question(seconds, tls))

    started = time.monotonic()
    outcome = asyncio.run(run())
    assert time.monotonic() - started < seconds + 2
    return outcome


def silent_after(*parts: bytes) -> Script:
    return says(*parts, *[b""] * 50, pause=0.1)


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
    (
        "T7 gzip after identity",
        says(answer(GOOD, b"Content-Encoding: identity\r\ncontent-encoding: GZIP\r\n")),
        "InvalidResponse",
    ),
    *(
        (f"T7 {coding!r} is none", says(answer(GOOD, b"Content-Encoding:" + coding + b"\r\n")), "Answered")
        for coding in (b" identity", b" Identity", b" IDENTITY ", b"", b" ", b" identity, ", b" Identity,identity")
    ),
    ("T7 nothing twice", says(answer(GOOD, b"Content-Encoding:\r\n" * 2)), "Answered"),
    ("T8 a header of 1 MB", says(answer(GOOD, b"X: " + b"x" * 1_000_000 + b"\r\n")), "InvalidResponse"),
    ("T8 10,000 headers", says(answer(GOOD, b"X: a-header\r\n" * 10_000)), "InvalidResponse"),
    (
        "T8 13,000 headers that fit",
        says(OK + b"a:b\r\n" * 13_000 + b"Content-Length: 43\r\n\r\n" + GOOD),
        "InvalidResponse",
    ),
    ("T8 100 headers", says(answer(GOOD, b"X: a-header\r\n" * 100)), "Answered"),
    ("T9 no UTF-8", says(answer(b'{"health": {"gateway_status": "\xff"}}')), "InvalidResponse"),
    ("T9 a BOM", says(answer(b"\xef\xbb\xbf" + GOOD)), "InvalidResponse"),
    ("T9 UTF-16", says(answer(GOOD.decode().encode("utf-16"))), "InvalidResponse"),
    ("T10 duplicate keys", says(answer(b'{"health": {}, "health": {"gateway_status": "connected"}}')), "Answered"),
    ("T11 NaN", says(answer(b'{"health": NaN}')), "InvalidResponse"),
    ("T11 1e400", says(answer(b'{"health": 1e400}')), "InvalidResponse"),
    ("T12 deep", says(answer(DEEP)), "InvalidResponse"),
    ("T13 100,000 digits", says(answer(b'{"health": ' + b"9" * 100_000 + b"}")), "InvalidResponse"),
    ("T14 a lone surrogate", says(answer(b'{"health": {"\\ud800": {"role": "coreapp"}}}')), "InvalidResponse"),
    ("T15 100,000 nodes", says(answer(nodes(100_000))), "BodyTooLarge"),
    ("T15 13,000 nodes", says(answer(nodes(13_000))), "InvalidResponse"),
    ("T15 1,001 nodes", says(answer(nodes(1_001))), "InvalidResponse"),
    ("T15 1,000 nodes", says(answer(nodes(1_000))), "Answered"),
    ("T15 500,000 numbers", says(answer(b"[" + b"1," * 500_000 + b"1]")), "InvalidResponse"),
    ("T16 a login page", says(answer(b"<html>sign in</html>", b"Content-Type: text/html\r\n")), "InvalidResponse"),
    *((f"T17 {body!r}", says(answer(body)), "InvalidResponse") for body in (b"", b"null", b"[]", b'{"health": []}')),
    ("T18 an unknown status", says(answer(b'{"health": {"gateway_status": "dancing"}}')), "Answered"),
    *(
        (f"T21 {code!r}", says(answer(b"", b"Location: http://169.254.169.254/\r\n", code)), "Redirected")
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
    ("T30 a flood of 100", says(*[b"HTTP/1.1 100 \r\n\r\n" * 1000] * 200), "InvalidResponse"),
    ("T30 100 nine times", says(CONTINUE * 9 + answer(GOOD)), "InvalidResponse"),
    ("T30 100 eight times", says(CONTINUE * 8 + answer(GOOD)), "Answered"),
    ("T30 100 once", says(CONTINUE + answer(GOOD)), "Answered"),
    ("T30 100 and no end", says(*[CONTINUE] * 7, *[b"HTTP/1.1 100"] * 50, pause=0.1), "InvalidResponse or ReadTimeout"),
    ("T30 100 and silence", silent_after(CONTINUE), "ReadTimeout"),
    ("T30 long heads of 103", says((b"HTTP/1.1 103 \r\nX: " + b"x" * 30_000 + b"\r\n\r\n") * 3), "InvalidResponse"),
    ("T8 blanks in a header", says(OK + b"X:" + b" \t" * 30_000 + b"\x0b\r\n\r\n"), "InvalidResponse"),
    ("T8 blanks behind a chunk", says(CHUNKS + b"1;" + b" " * 60_000 + b"\n\r\n"), "InvalidResponse"),
    ("T8 blanks in a trailer", says(CHUNKS + b"0\r\nX:" + b" " * 60_000 + b"\x0b\r\n\r\n"), "InvalidResponse"),
    ("T31 a short body", says(OK + b"Content-Length: 900\r\n\r\n" + GOOD), "InvalidResponse"),
    ("T33 401", says(answer(b"", b"", b"401 Unauthorized")), "Unauthorized"),
    ("T33 401 without end", says(b"HTTP/1.1 401 No\r\n\r\n", *[b"x"] * 100, pause=0.1), "Unauthorized"),
    ("T33 403", says(answer(b"", b"", b"403 Forbidden")), "Forbidden"),
    ("T33 404", says(answer(b"", b"", b"404 Not Found")), "HTTPStatus"),
    ("T33 429", says(answer(b"", b"Retry-After: 60\r\n", b"429 Too Many")), "Throttled"),
    ("T33 503", says(answer(b"", b"", b"503 Unavailable")), "HTTPStatus"),
    ("nothing at all", says(), "InvalidResponse"),
]


@pytest.mark.parametrize(("script", "expected"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_an_answer(script: Script, expected: str) -> None:
    seconds = 1.5 if "Timeout" in expected else 20.0  # on a busy machine, too, the bound is what ends it
    outcome = told(script, seconds=seconds)
    assert reason(outcome) in expected.split(" or ")  # of two bounds the one that this machine comes to first
    assert KEY.decode() not in repr(outcome)


def test_half_an_answer_and_none_are_told_apart() -> None:
    half = told(silent_after(OK + b"Content-Length: 90\r\n\r\n", GOOD[:20]), 1.0)
    assert half == Unreachable(FailureReason.READ_TIMEOUT, "the answer began and was not complete within 1 s")
    assert told(silent_after(), 1.0) == Unreachable(FailureReason.READ_TIMEOUT, "no answer within 1 s")


def test_what_ends_before_it_is_an_answer_does_not_answer() -> None:
    for script, ending in ((says(), NO_ANSWER), (says(OK + b"Content-Length: 90\r\n\r\n", GOOD), BROKE_OFF)):
        outcome = told(script)
        assert outcome == Unreachable(FailureReason.INVALID_RESPONSE, ending)
        assert isinstance(outcome, Unreachable)
        assert row_of(outcome).event == "HealthNodeUnreachable"


def test_an_empty_answer_is_told_as_empty() -> None:
    assert told(says(answer(b""))) == Malformed("the body is empty")


def test_a_retry_after_in_seconds_is_heard() -> None:
    outcome = told(says(answer(b"", b"Retry-After: 60\r\n", b"429 Too Many")))
    assert isinstance(outcome, Throttled)
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


def repeating(head: bytes, body: bytes) -> Script:
    """An answer with what the question is signed in with in place of each KEY."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        probe_request = await reader.readuntil(b"\r\n\r\n")
        signed = probe_request.partition(b"Authorization: ")[2].partition(b"\r\n")[0]
        writer.write(answer(body.replace(b"KEY", signed), head.replace(b"KEY", signed), b"200 OK"))
        await writer.drain()

    return script


def test_what_repeats_the_key_is_shown_without_it() -> None:
    nodes = b'"10.0.0.1:KEY": {"gateway_status": "KEY", "role": "KEY"}, "b": {"gateway_status": "connected"}'
    outcome = told(repeating(b"", b'{"meta": {"version": "KEY"}, "health": {%s}}' % nodes))
    assert isinstance(outcome, Answered)
    first, second = outcome.report.nodes
    shown = (outcome.report.version, first.key, first.reported, first.reported_role)
    assert shown == ("vApikey?(hidden)", "10.0.0.1:Apikey?(hidden)", "Apikey?(hidden)", "Apikey?(hidden)")
    assert second.gateway is GatewayStatus.CONNECTED
    single = told(repeating(b"", b'{"health": {"gateway_status": "KEY"}}'), tls=False)
    assert isinstance(single, Answered)
    assert single.report.reported == "Apikey?(hidden)"


def test_a_redirect_that_repeats_the_key_is_shown_without_it() -> None:
    outcome = told(says(answer(b"", b"Location: https://sso.example/%s/start\r\n" % KEY, b"302 Found")))
    assert isinstance(outcome, Unreachable)
    assert outcome.detail == "HTTP 302 to https://sso.example/(hidden)/start"


BLANKS = b" " * 1_048_000  # a body, as far as the wire goes
DEAR: dict[str, Script] = {
    "crumbs": says(CHUNKS, b"1\r\nx\r\n" * 30_000),
    "one byte at a time": says(OK, *[b"x"] * 6_000),
    "short headers": says(OK + b"a:b\r\n" * 13_000 + b"\r\n"),
    "options of a connection": says(OK + b"Connection: " + b"a," * 32_000 + b"\r\nContent-Length: 2\r\n\r\n{}"),
    "a flood of 100": says(b"HTTP/1.1 100 \r\n\r\n" * 100_000),
    "1 MiB": says(answer(BLANKS)),
    "1 MiB as one chunk": says(CHUNKS + b"%x\r\n%s\r\n0\r\n\r\n" % (len(BLANKS), BLANKS)),
}


@pytest.mark.parametrize("script", DEAR.values(), ids=DEAR.keys())
def test_no_answer_is_much_dearer_on_its_way_than_an_honest_one(script: Script) -> None:
    """Counted in instructions, with all of asyncio, TLS and HTTP: what runs in C is in proportion to the bytes. A busy
    machine hands over more and smaller pieces, so the least of three counts."""
    honest = says(answer(nodes(1_000)))
    assert min(instructions_of(script) for _ in range(3)) < 16 * min(instructions_of(honest) for _ in range(3))


def instructions_of(script: Script) -> int:
    """Of one question; the server is a process of its own."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("fork").Process(target=serve_for_ever, args=(script, theirs), daemon=True)
    server.start()
    probe_request = Served(ours.recv()).question(10.0)
    executed = instructions(lambda: asyncio.run(asked(probe_request)))
    server.terminate()
    server.join()
    return executed


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
    probe_request = Served(ours.recv()).question()

    async def run() -> int:
        for _ in range(3):
            await asked(probe_request)
        before = rss()
        for _ in range(5):
            await asked(probe_request)
        return rss() - before

    assert asyncio.run(run()) <= 2 * 2**20
    server.terminate()
    server.join()


def test_a_refusal_in_the_clear_is_one_too() -> None:
    assert told(says(answer(b"", b"", b"401 No")), tls=False) == Unauthorized()
