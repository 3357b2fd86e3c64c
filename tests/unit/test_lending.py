"""A connection of the pool is lent for a question: it stays parked, and nobody else asks over it meanwhile."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from wahealth.probe.message import Route
from wahealth.probe.pool import Pool
from wahealth.probe.wire import Wire

HOST, PERIOD = "10.0.0.1", 30.0
ROUTE = Route(HOST, 443, None, "")


class Line(NamedTuple):
    wire: Wire
    other: socket.socket


@pytest.fixture
def line() -> Iterator[Line]:
    ours, other = socket.socketpair()
    ours.setblocking(False)
    with ours, other:
        yield Line(Wire(ours, HOST), other)


@pytest.fixture
def pool(line: Line) -> Pool:
    made = Pool()
    made.park(ROUTE, line.wire, PERIOD)
    return made


def is_closed(wire: Wire) -> bool:
    return wire.fileno() < 0


def test_what_is_lent_is_nobody_elses_until_it_is_given_back(pool: Pool, line: Line) -> None:
    lent = pool.lend(ROUTE, (HOST,))
    assert lent is not None
    assert lent.wire is line.wire
    assert pool.lend(ROUTE, (HOST,)) is None
    assert pool.take(ROUTE, (HOST,)) is None
    pool.give_back(ROUTE, lent)
    assert pool.take(ROUTE, (HOST,)) is line.wire


def test_what_leads_to_another_address_is_not_lent(pool: Pool, line: Line) -> None:
    assert pool.lend(ROUTE, ("10.0.0.2",)) is None
    assert pool.take(ROUTE, (HOST,)) is line.wire


def test_a_pod_that_goes_meanwhile_leaves_no_connection_behind(pool: Pool, line: Line) -> None:
    lent = pool.lend(ROUTE, (HOST,))
    assert lent is not None
    pool.drop(HOST)
    assert not is_closed(line.wire)
    pool.give_back(ROUTE, lent)
    assert is_closed(line.wire)
    assert len(pool) == 0


def test_another_connection_that_is_parked_meanwhile_stays(pool: Pool, line: Line) -> None:
    lent = pool.lend(ROUTE, (HOST,))
    assert lent is not None
    ours, other = socket.socketpair()
    with ours, other:
        ours.setblocking(False)
        newer = Wire(ours, HOST)
        pool.park(ROUTE, newer, PERIOD)
        pool.give_back(ROUTE, lent)
        assert is_closed(line.wire)
        assert pool.take(ROUTE, (HOST,)) is newer


def test_what_is_withdrawn_is_closed_and_parked_no_more(pool: Pool, line: Line) -> None:
    lent = pool.lend(ROUTE, (HOST,))
    assert lent is not None
    pool.withdraw(ROUTE, lent)
    assert is_closed(line.wire)
    assert len(pool) == 0


def test_where_something_came_unasked_the_connection_is_looked_at_first(pool: Pool, line: Line) -> None:
    line.wire.has_news = True
    assert pool.lend(ROUTE, (HOST,)) is None
    line.other.sendall(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
    assert pool.take(ROUTE, (HOST,)) is None
    assert is_closed(line.wire)


def test_where_news_were_looked_at_and_are_none_it_is_lent_again(pool: Pool, line: Line) -> None:
    line.wire.has_news = True
    wire = pool.take(ROUTE, (HOST,))
    assert wire is line.wire
    pool.park(ROUTE, wire, PERIOD)
    assert pool.lend(ROUTE, (HOST,)) is not None


def test_what_is_too_old_to_be_kept_is_not_lent(pool: Pool, line: Line) -> None:
    line.wire.until = 0.0
    assert pool.lend(ROUTE, (HOST,)) is None
    assert is_closed(line.wire)
