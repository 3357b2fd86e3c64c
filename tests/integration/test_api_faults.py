"""The API server misbehaves, between the operator and the real one: nobody ends, probing goes on, and afterwards all is
as if nothing had been. Rows A1 to A20 of the fault matrix."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from support.faulty import Asked, Fault, Rule
from support.storm import CLIENTS, IMPATIENT, SPACE, STATUS, Storm, weathered
from wahealth.playground.cluster.control_plane import ControlPlaneFailed
from wahealth.playground.environment import until
from wahealth.playground.pki import Authority

HOLD = 6.0  # seconds that a fault lasts
EXPIRED = {"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired"}}


@pytest.fixture(scope="module")
def storm() -> Iterator[Storm]:
    with weathered(*CLIENTS) as storm:
        storm.environment.apply([storm.twice()])
        storm.start()
        storm.learn()
        yield storm


def all_with(fault: Fault) -> Rule:
    return lambda _: fault


def watches_with(fault: Fault) -> Rule:
    return lambda asked: fault if asked.watches else None


def lists_with(fault: Fault) -> Rule:
    return lambda asked: fault if asked.lists else None


def writes_with(fault: Fault) -> Rule:
    return lambda asked: fault if asked.writes else None


def of(resource: str, fault: Fault) -> Rule:
    return lambda asked: fault if asked.resource == resource else None


def documents_with(fault: Fault) -> Rule:
    return lambda asked: fault if not asked.watches and asked.method == "GET" else None


def in_stream(code: int) -> Fault:
    return Fault(first=({"type": "ERROR", "object": {"kind": "Status", "code": code, "reason": "Injected"}},))


def in_a_moment() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)


ODD = (
    {"type": "BOOKMARK", "object": {"kind": "WhatsAppClient", "metadata": {}}},
    {"type": "NEWS", "object": {"kind": "WhatsAppClient", "metadata": {"name": "x", "namespace": "y", "uid": "z"}}},
)

FAULTS: dict[str, Rule] = {
    "connections are closed": all_with(Fault(abort=True)),
    "503 for all": all_with(Fault(status=503)),
    "504 for lists": lists_with(Fault(status=504)),
    "500 for writes: no quorum": writes_with(Fault(status=500)),
    "429 without a time": all_with(Fault(status=429)),
    "429 in seconds": all_with(Fault(status=429, headers={"Retry-After": "2"})),
    "429 with a date": lambda _: Fault(status=429, headers={"Retry-After": in_a_moment()}),
    "429 with nonsense": all_with(Fault(status=429, headers={"Retry-After": "soon"})),
    "410 for watches": watches_with(Fault(status=410)),
    "410 in a stream": watches_with(Fault(first=(EXPIRED,))),
    "500 in a stream": watches_with(in_stream(500)),
    "403 in a stream": watches_with(in_stream(403)),
    "504 in a stream": watches_with(in_stream(504)),
    "watches are cut each second": watches_with(Fault(cut_after=1.0)),
    "watches are cut at once": watches_with(Fault(cut_after=0.0)),
    "watches are slow": watches_with(Fault(between=0.5)),
    "watches are silent": watches_with(Fault(stall=True)),
    "events are dropped": watches_with(Fault(events=lambda _: ())),
    "events come twice": watches_with(Fault(events=lambda event: (event, event))),
    "odd events": watches_with(Fault(first=ODD)),
    "lists are stale": lists_with(Fault(stale=True)),
    "documents are cut": documents_with(Fault(cut_bytes=60)),
    "documents are no JSON": documents_with(Fault(status=200, body=b"<html>welcome</html>")),
    "403 for watches": watches_with(Fault(status=403)),
    "404 for the status": of(STATUS, Fault(status=404)),
    "409 for the status": of(STATUS, Fault(status=409)),
    "403 for events": of("events", Fault(status=403)),
    "403 for Secrets": of("secrets", Fault(status=403)),
    "500 for Secrets": of("secrets", Fault(status=500)),
    "403 for the Lease": of("leases", Fault(status=403)),
    "all takes two seconds": all_with(Fault(delay=2.0)),
}


WITHOUT_A_KEY = {"403 for Secrets"}  # who may not read it any more does not use what was read


def written_once(storm: Storm, ended: float) -> None:
    """Each resource; but the one whose pod was replaced meanwhile once more, when the watch has told of the new one."""
    for path, times in storm.writes_of_each(ended).items():
        assert times <= (2 if path.endswith("/ha/status") else 1), path


@pytest.mark.parametrize("name", FAULTS)
def test_afterwards_all_is_as_if_nothing_had_been(storm: Storm, name: str) -> None:
    lines, probes = len(storm.log()), storm.probes()
    with storm.proxy.fault(FAULTS[name]):
        storm.flip()
        time.sleep(HOLD)
        assert storm.operator.is_alive()
        if name not in WITHOUT_A_KEY:
            until(lambda: storm.probes() - probes >= 3, "probing goes on", 15)
        assert storm.operator.get("/livez").status_code == 200
        loud = storm.complaints(storm.log()[lines:])
        assert all(times <= 5 for times in loud.values()), loud  # one a topic and minute; of watches, one each
        assert sum(loud.values()) <= 8, loud
    ended = time.monotonic()
    storm.settled(120)
    written_once(storm, ended)
    assert not storm.operator.metric("wahealth_internal_errors_total")


def test_nobody_listens_for_ten_seconds(storm: Storm) -> None:
    probes = storm.probes()
    with storm.proxy.refusing():
        storm.flip()
        time.sleep(10)
        assert storm.probes() - probes >= 3
    ended = time.monotonic()
    storm.settled()
    written_once(storm, ended)


def test_after_a_minute_it_is_not_ready_and_alive_and_says_one_line_a_minute(storm: Storm) -> None:
    lines = len(storm.log())
    with storm.proxy.fault(all_with(Fault(status=503))):
        assert storm.operator.get("/readyz").status_code == 200
        storm.flip()
        until(lambda: storm.operator.get("/readyz").status_code == 503, "not ready", 75)
        assert "API server" in storm.operator.get("/readyz").text
        assert storm.operator.get("/livez").status_code == 200
        assert 1 <= storm.complaints(storm.log()[lines:]).total() <= 3
    until(lambda: storm.operator.get("/readyz").status_code == 200, "ready again", 60)
    storm.settled()


def test_while_it_wants_to_be_left_alone_nobody_asks(storm: Storm) -> None:
    """A 429 of one write: for seven seconds no other write of a status comes."""
    told: list[float] = []

    def once(asked: Asked) -> Fault | None:
        if asked.resource != STATUS or told:
            return None
        told.append(asked.second)
        return Fault(status=429, headers={"Retry-After": "7"})

    with storm.proxy.fault(once, cut_streams=False):
        storm.flip()
        until(lambda: told, "a write", 30)
        time.sleep(7)
        meanwhile = [one for one in storm.proxy.since(told[0] + 0.3) if one.second < told[0] + 6.5]
        assert [one for one in meanwhile if one.resource != "leases" and not one.watches] == []
    storm.settled()


def test_a_token_that_is_refused_is_read_again(storm: Storm) -> None:
    old = f"Bearer {storm.token.read_text().strip()}"
    new = storm.renew_token()
    began = time.monotonic()
    with storm.proxy.fault(lambda asked: Fault(status=401) if asked.authorization == old else None):
        storm.flip()
        storm.settled()
        refused = [one for one in storm.proxy.since(began) if one.authorization == old]
        assert storm.proxy.since(began, authorization=f"Bearer {new}")
        assert len(refused) <= len({one.peer for one in refused}) + 3
    assert storm.operator.is_alive()


def test_an_authority_that_is_rotated_is_read_again(storm: Storm) -> None:
    new = Authority.new("another")
    with storm.proxy.refusing():
        storm.proxy.authority = new
        storm.proxy.ca.write_bytes(new.pem)
    storm.flip()
    storm.settled()


def test_a_status_that_may_not_be_written_is_tried_once_a_minute(storm: Storm) -> None:
    began = time.monotonic()
    with storm.proxy.fault(of(STATUS, Fault(status=403)), cut_streams=False):
        storm.flip()
        time.sleep(20)
        tried = Counter(one.path for one in storm.proxy.since(began) if one.writes and one.resource == STATUS)
        assert tried
        assert all(times <= 2 for times in tried.values())  # the whole, and its conditions alone
        assert storm.operator.metric("wahealth_status_writes_total", result="refused") >= 1
    storm.settled(90)


def test_a_database_without_room_gets_no_events_and_one_try_of_a_status_a_round(storm: Storm) -> None:
    """A4: what etcd says when its quota is used up. Events wait for the status that they tell of."""
    full = (
        b'{"kind": "Status", "status": "Failure", "message": "etcdserver: mvcc: database space exceeded", "code": 500}'
    )
    with storm.proxy.fault(writes_with(Fault(status=500, body=full)), cut_streams=False):
        began = time.monotonic()
        storm.flip()
        time.sleep(15)
        rounds = (time.monotonic() - began) / IMPATIENT["periodSeconds"]
        written = [one for one in storm.proxy.since(began) if one.writes]
        tried = Counter(one.path for one in written if one.resource == STATUS)
        assert tried
        assert all(times <= rounds + 2 for times in tried.values()), tried  # and one for the spec that is new
        assert [one for one in written if one.resource == "events"] == []
    ended = time.monotonic()
    storm.settled(90)
    written_once(storm, ended)


def test_a_schema_without_our_fields_gets_the_conditions(storm: Storm) -> None:
    """422 for all but a least status."""

    def narrow(asked: Asked) -> Fault | None:
        return Fault(status=422) if asked.resource == STATUS and not tried.pop() else None

    tried = [True, False] * 100  # of each two the first is refused
    with storm.proxy.fault(narrow, cut_streams=False):
        storm.flip()
        until(lambda: len(tried) < 199, "a whole status and a least one", 30)
        assert storm.operator.is_alive()
    storm.settled(90)


@pytest.mark.skipif(sys.platform != "linux", reason="its threads are counted in /proc")
def test_no_thread_is_left_of_all_that(storm: Storm) -> None:
    """kopf has ended and begun again some times by now; six threads are usual."""
    assert len(list(Path(f"/proc/{storm.operator.pid}/task").iterdir())) <= 10


def test_a_stream_that_is_silent_is_begun_anew_after_seventy_seconds(storm: Storm) -> None:
    """TCP stands and no byte comes; and no list would find it earlier."""
    storm.environment.stop_operator()
    storm.start("--resync", "3600")
    until(lambda: storm.operator.is_up() and storm.probes() >= 3, "it asks", 30)
    storm.proxy.rule = watches_with(Fault(stall=True))
    storm.proxy.cut()
    time.sleep(5)
    assert [one for one in storm.proxy.since(time.monotonic() - 5) if one.watches]
    storm.proxy.rule = lambda _: None  # those that are silent stay so
    storm.flip()
    storm.settled(90)
    storm.environment.stop_operator()
    storm.start()
    until(storm.operator.is_up, "as before", 30)


def test_the_kind_goes_and_comes_back(storm: Storm) -> None:
    from wahealth.api.crd import custom_resource_definition

    kept = [storm.environment.client(SPACE, name) for name in ("single", "ha", "twice")]
    storm.kubectl("delete", "crd", "--all", "--wait=true")
    time.sleep(5)
    assert storm.operator.is_alive()
    storm.environment.apply([custom_resource_definition()])
    storm.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")
    fields = ("apiVersion", "kind", "spec")
    again = [{**{name: one[name] for name in fields}, "metadata": _name(one)} for one in kept]
    until(lambda: _applied(storm, again), "the kind is served", 30)
    storm.settled(90)
    assert storm.operator.get("/readyz").status_code == 200


def _name(document: dict[str, dict[str, str]]) -> dict[str, str]:
    return {"name": document["metadata"]["name"], "namespace": SPACE}


def _applied(storm: Storm, documents: list[dict[str, object]]) -> bool:
    try:
        storm.environment.apply(documents)
    except ControlPlaneFailed:
        return False
    return True
