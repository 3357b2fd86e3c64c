"""The heads of an answer, piece by piece: taken whole, and bounded."""

from __future__ import annotations

import time

import h11
import pytest

from support.work import instructions
from wahealth.probe.errors import ProbeError
from wahealth.probe.heads import MOST_BYTES, MOST_LINES, Heads

GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"


def taken(*pieces: bytes) -> tuple[list[bytes], bytes]:
    heads, found = Heads(), []
    for piece in pieces:
        heads.add(piece)
        while (head := heads.take()) is not None:
            found.append(head)
            if head.startswith(b"HTTP/1.1 200"):
                return found, heads.rest()
    return found, heads.rest()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_heads_come_whole_however_they_are_sent(size: int) -> None:
    said = GO_ON + OK + b"{}"
    found, rest = taken(*(said[at : at + size] for at in range(0, len(said), size)))
    assert found == [GO_ON, OK]
    assert b"{}".startswith(rest)


def test_lines_may_end_without_a_carriage_return() -> None:
    assert taken(b"HTTP/1.1 200 OK\nX: y\n\n{}") == ([b"HTTP/1.1 200 OK\nX: y\n\n"], b"{}")


def test_a_run_of_blanks_is_one() -> None:
    head = b"HTTP/1.1 200 OK\r\nX: \t  \t a  b\r\n  folded\r\n\r\n"
    assert taken(head + b"{  }") == ([b"HTTP/1.1 200 OK\r\nX: a b\r\n folded\r\n\r\n"], b"{  }")


def test_what_begins_with_no_word_is_some_other_protocol() -> None:
    """Which may never say an end of a line: it is not waited for."""
    with pytest.raises(ProbeError, match="InvalidResponse"):
        taken(b"\0\0\x12\x04\0")


def test_one_head_that_is_too_long() -> None:
    assert taken(b"HTTP/1.1 200 OK\r\nX: ".ljust(MOST_BYTES, b"x"))[0] == []
    with pytest.raises(ProbeError, match="InvalidResponse"):
        taken(b"HTTP/1.1 200 OK\r\nX: ".ljust(MOST_BYTES, b"x"), b"x")


def test_many_heads_that_are_too_long_together() -> None:
    long = b"HTTP/1.1 103 Early Hints\r\nLink: %s\r\n\r\n" % (b"x" * (MOST_BYTES // 3))
    assert len(taken(long, long)[0]) == 2
    with pytest.raises(ProbeError, match="InvalidResponse"):
        taken(long, long, long)


def test_a_head_of_too_many_lines() -> None:
    """Each is matched and kept: 64 KiB of the shortest took 50 ms without a pause."""
    most = b"HTTP/1.1 200 OK\r\n" + b"a:b\r\n" * (MOST_LINES - 2) + b"\r\n"
    assert taken(most + b"\n" * 1000)[0] == [most]
    with pytest.raises(ProbeError, match="InvalidResponse"):
        taken(b"HTTP/1.1 200 OK\r\n" + b"a:b\r\n" * (MOST_LINES - 1) + b"\r\n")


def test_a_byte_at_a_time_costs_twice_as_much_for_twice_the_bytes() -> None:
    def cost(count: int) -> int:
        return instructions(lambda: taken(*[b"x"] * count))

    assert cost(4000) < 2.2 * cost(2000)


def test_blanks_before_something_illegal() -> None:
    """As many as fit, in thread seconds, for it is work in C: without the squeeze a quarter of a minute."""
    http = h11.Connection(h11.CLIENT)
    http.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    http.send(h11.EndOfMessage())
    (head,), _ = taken(b"HTTP/1.1 200 OK\r\nX:%s\x0b\r\n\r\n" % (b" \t" * 30_000))
    http.receive_data(head)
    began = time.thread_time()
    with pytest.raises(h11.RemoteProtocolError):
        http.next_event()
    assert time.thread_time() - began < 0.5
