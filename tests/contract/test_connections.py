"""Connections: made, kept, closed and looked up, over real sockets."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import resource
import socket
import ssl
import struct
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from support import certificates, portless
from support.scripted import (
    ADDRESS,
    GOOD,
    KEY,
    Script,
    Served,
    answer,
    asked,
    reason,
    says,
    server_context,
    serving,
)
from wahealth.core.answer import Answered, FailureReason, Outcome, Unreachable
from wahealth.probe import renewal
from wahealth.probe.client import Prober
from wahealth.probe.dns import Resolver
from wahealth.probe.errors import ObserverFault, connect_error
from wahealth.probe.renewal import KEPT_AT_THE_END, LONGEST_KEPT
from wahealth.probe.trust import full, pinned, unverified
from wahealth.probe.waweb import ProbeRequest
from wahealth.probe.wire import Wire


def test_nobody_is_there() -> None:
    """T1"""
    with socket.socket() as free:
        free.bind((ADDRESS, 0))
        port = free.getsockname()[1]
    assert reason(asyncio.run(asked(Served(port).question()))) == "ConnectionRefused"


def test_the_certificate_of_a_kept_connection_is_told_to_who_does_not_know_it() -> None:
    """Another resource on the same pod, or one made anew: no new connection tells it."""

    async def run() -> list[bytes | None]:
        async with serving(says(answer(GOOD), keep=True)) as served, Prober() as prober:
            probe_request = replace(served.question(), period=5.0)
            heard = [await prober.ask(probe_request), await prober.ask(probe_request)]
            heard.append(await prober.ask(replace(probe_request, shows_certificate=True)))
            assert served.connections == 1
            return [one.presented for one in heard]

    made, kept, wanted = asyncio.run(run())
    assert made
    assert kept is None
    assert wanted == made


def test_a_port_that_takes_no_more_connections() -> None:
    """T2: what is sent there is dropped, as in a black hole."""
    with socket.socket() as full_:
        full_.bind((ADDRESS, 0))
        full_.listen(0)
        fillers = [socket.socket() for _ in range(3)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(full_.getsockname())
        probe_request = Served(full_.getsockname()[1]).question(1.0)
        assert reason(asyncio.run(asked(probe_request))) == "ConnectTimeout"
        for filler in fillers:
            filler.close()


@pytest.mark.parametrize("tls", [True, False], ids=["over TLS", "in the clear"])
@pytest.mark.parametrize("addresses", [(ADDRESS,), (ADDRESS, "127.0.0.2")], ids=["one address", "two addresses"])
def test_a_connection_that_is_reset_before_we_have_our_turn(addresses: tuple[str, ...], tls: bool) -> None:
    """As of a server without room that accepts and resets at once, while our own loop is busy with others."""

    async def run(listening: socket.socket) -> Outcome:
        loop = asyncio.get_running_loop()
        connect = loop.sock_connect

        async def connected_and_reset(sock: socket.socket, address: tuple[str, int]) -> None:
            await connect(sock, address)
            accepted, _ = listening.accept()
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            accepted.close()

        loop.sock_connect = connected_and_reset  # type: ignore[assignment, method-assign]
        probe_request = Served(listening.getsockname()[1]).question(tls=tls)
        return await asked(replace(probe_request, endpoint=replace(probe_request.endpoint, addresses=addresses)))

    with socket.create_server((ADDRESS, 0)) as listening:
        outcome = asyncio.run(run(listening))
    assert reason(outcome) == ("TLSHandshakeFailed" if tls else "InvalidResponse")


def test_which_of_several_addresses_it_leads_to_is_known() -> None:
    async def run() -> str:
        async with serving(says(answer(GOOD)), tls=False) as served:
            wire = await Wire.connect(("127.0.0.2", ADDRESS), served.port)
            wire.close()
            return wire.address

    assert asyncio.run(run()) == ADDRESS


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


DAY = 24 * 3600.0


@pytest.mark.parametrize("trusted", ["by its chain", "by its pin", "by nobody"])
@pytest.mark.parametrize(
    ("since", "until", "least", "most"),
    [
        (DAY, 365 * DAY, *LONGEST_KEPT),
        (DAY, 864.0, KEPT_AT_THE_END, KEPT_AT_THE_END),  # in its last tenth
        (300 * DAY, 25 * DAY, *LONGEST_KEPT),  # in its last tenth, which begins a day before the end at most
        (9 * DAY, DAY + 1800.0, 1795.0, 1800.0),  # the last tenth begins in half an hour
    ],
)
def test_a_kept_connection_is_made_anew_in_time(
    since: float, until: float, least: float, most: float, trusted: str
) -> None:
    """Within 60 to 90 minutes, and each ten minutes once the certificate is about to end."""
    now = datetime.now(UTC)
    begins, ends = now - timedelta(seconds=since), now + timedelta(seconds=until)
    certificate = certificates.lasting("whatsapp-web", begins, ends, ["whatsapp-web"])
    context = server_context(certificate, certificates.PRIVATE)
    fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.decode())).hexdigest()
    trusts = {"by its chain": full(certificate), "by its pin": pinned(frozenset({fingerprint}))}

    async def run() -> int:
        async with serving(says(answer(GOOD), keep=True), context) as served, Prober() as prober:
            place = replace(served.question().endpoint, trust=trusts.get(trusted, unverified()))
            probe_request = replace(served.question(), endpoint=place, period=5.0)
            began = time.monotonic()
            await prober.ask(probe_request)
            took = time.monotonic() - began
            await prober.ask(probe_request)
            assert served.connections == 1
            (parked,) = prober.pool._parked.values()
            assert least <= parked.wire.until - began <= most + took
            parked.wire.until = time.monotonic()
            await prober.ask(probe_request)
            return served.connections

    assert asyncio.run(run()) == 2


@pytest.mark.parametrize(
    ("begins", "ends", "years"),
    [("260101000000Z", "20500101000000Z", (2026, 2050)), ("20510101000000Z", "20520101000000Z", (2051, 2052))],
)
def test_times_of_a_certificate_are_read_in_both_forms(begins: str, ends: str, years: tuple[int, int]) -> None:
    """Two digits of a year until 2049, four from then on."""
    read = renewal.validity(b"\x02\x01\x00\x30\x1e" + _der(begins) + _der(ends))
    assert read == tuple(datetime(year, 1, 1, tzinfo=UTC) for year in years)


def test_a_certificate_whose_times_are_none_is_kept_as_any_other() -> None:
    for anomalies in (b"", b"\x30\x1e" + _der("269901000000Z") * 2, *certificates.mutated(200)):
        assert KEPT_AT_THE_END <= renewal.kept_for(anomalies) <= LONGEST_KEPT[1]


def _der(time: str) -> bytes:
    return bytes([0x17 if len(time) == 13 else 0x18, len(time)]) + time.encode()


def test_not_all_connections_are_made_anew_at_once() -> None:
    """One a second, or 5 % a minute of all that are parked, where that is more."""

    async def run() -> int:
        async with serving(says(answer(GOOD), keep=True)) as served, Prober() as prober:
            hosts = dict.fromkeys(("one", "two", "three"), 30.0)
            await asked_in_turn(prober, served, hosts)
            for parked in prober.pool._parked.values():
                parked.wire.until = 0.0
            await asked_in_turn(prober, served, hosts)
            return served.connections

    assert asyncio.run(run()) == 3 + 1


@pytest.mark.parametrize(("parked", "most"), [(10, 60), (1_200, 60), (10_000, 500)])
def test_how_many_are_made_anew_a_minute(parked: int, most: int) -> None:
    renewals = renewal.Renewals()
    renewed = sum(renewals.allow(parked, hundredth / 100) for hundredth in range(6000))
    assert most * 0.9 <= renewed <= most


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
        probe_request = served.question()
        place = replace(probe_request.endpoint, host="waweb.example.org", addresses=())
        async with Prober(Resolver(lookup)) as prober:
            return (await prober.ask(replace(probe_request, endpoint=place))).outcome

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

            def of(host: str) -> ProbeRequest:
                probe_request = served.question(1.0)
                return replace(probe_request, endpoint=replace(probe_request.endpoint, host=host, addresses=()))

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


@pytest.mark.skipif(not portless.is_possible(), reason="needs root on Linux, with unshare and ip")
def test_without_a_port_left_to_connect_from_nobody_is_blamed() -> None:
    """P8"""
    assert portless.said() == ["Answered", "Answered", "our own fault", "our own fault", "Answered"]


REFUSED, NO_ROUTE, LATE, NO_SOURCE = errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ETIMEDOUT, errno.EADDRNOTAVAIL


@pytest.mark.parametrize(
    ("numbers", "says"),
    [
        ((REFUSED, NO_ROUTE), Unreachable(FailureReason.CONNECTION_REFUSED)),
        ((NO_ROUTE, errno.ENETUNREACH), Unreachable(FailureReason.CONNECTION_REFUSED, "no route to host")),
        ((REFUSED, LATE), Unreachable(FailureReason.CONNECT_TIMEOUT)),
        ((NO_SOURCE, REFUSED), Unreachable(FailureReason.CONNECTION_REFUSED)),
        ((NO_SOURCE, NO_ROUTE), Unreachable(FailureReason.CONNECTION_REFUSED, "no route to host")),
        ((NO_SOURCE, errno.ENETUNREACH), None),
        ((errno.EMFILE, REFUSED), None),
        ((errno.EMFILE, NO_SOURCE, REFUSED), None),
    ],
)
def test_of_addresses_that_fail_in_several_ways(numbers: tuple[int, ...], says: Unreachable | None) -> None:
    """As aiohappyeyeballs raises it. None: it is our own fault. An operator without IPv6 has no source for half of a
    dual-stack client, and still hears that the other half refuses."""
    merged = OSError("Multiple exceptions: " + ", ".join(str(OSError(n, os.strerror(n))) for n in numbers))
    if says is None:
        with pytest.raises(ObserverFault):
            connect_error(merged)
    else:
        assert connect_error(merged).outcome == says


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


async def asked_in_turn(prober: Prober, served: Served, hosts: Mapping[str, float]) -> None:
    """Each host once; with its period."""
    for host, period in hosts.items():
        probe_request = served.question()
        await prober.ask(replace(probe_request, endpoint=replace(probe_request.endpoint, host=host), period=period))


def test_beyond_the_bound_the_longest_period_connects_anew() -> None:
    async def run() -> set[str]:
        async with serving(says(answer(GOOD), keep=True)) as served, Prober(parked=2) as prober:
            await asked_in_turn(prober, served, {"slow": 60, "slower": 120, "fast": 10, "also fast": 10, "late": 30})
            return {route.host for route in prober.pool.routes}

    assert asyncio.run(run()) == {"fast", "also fast"}


def test_with_more_targets_than_connections_those_that_are_parked_are_used() -> None:
    """By age each would be closed just before its turn: nine connections."""

    async def run() -> int:
        async with serving(says(answer(GOOD), keep=True)) as served, Prober(parked=2) as prober:
            for _ in range(3):
                await asked_in_turn(prober, served, {"one": 30, "two": 30, "three": 30})
            return served.connections

    assert asyncio.run(run()) == 2 + 3


def test_whoever_is_asked_less_often_than_connections_are_kept_is_not_parked() -> None:
    async def run() -> int:
        async with serving(says(answer(GOOD), keep=True)) as served, Prober() as prober:
            await asked_in_turn(prober, served, {"hourly": 3600})
            return len(prober.pool)

    assert asyncio.run(run()) == 0


def test_what_nobody_asks_any_more_is_closed_in_time() -> None:
    """Such as in a replica that leads no more."""

    async def run() -> tuple[int, int]:
        async with serving(says(answer(GOOD), keep=True)) as served, Prober() as prober:
            await asked_in_turn(prober, served, {"one": 10, "two": 10})
            before, prober.pool.longest = len(prober.pool), 0.05
            tidying = asyncio.create_task(prober.tidy())
            await asyncio.sleep(0.2)
            tidying.cancel()
            return before, len(prober.pool)

    assert asyncio.run(run()) == (2, 0)


def test_parked_connections_are_bounded_in_number_and_in_time() -> None:
    async def run() -> list[int]:
        async with serving(says(answer(GOOD), keep=True)) as served, Prober() as prober:
            lengths = []
            for most, longest in ((2, 60.0), (10, 0.0)):
                prober.pool.most, prober.pool.longest = most, longest
                for host in ("one", "two", "three"):
                    probe_request = served.question()
                    await prober.ask(replace(probe_request, endpoint=replace(probe_request.endpoint, host=host)))
                    await asyncio.sleep(0.01)
                lengths.append(len(prober.pool))
            return lengths

    assert asyncio.run(run()) == [2, 1]
