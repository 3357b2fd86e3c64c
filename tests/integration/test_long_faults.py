"""What shows after a minute only: an API server that is away, silent, full, or that refuses a status for good."""

from __future__ import annotations

import time
from collections import Counter

from support.faults import all_with, of, watches_with, writes_with, written_once
from support.faulty import Fault
from support.storm import IMPATIENT, STATUS, Storm
from wahealth.playground.environment import until


def test_after_a_minute_it_is_not_ready_and_alive_and_says_one_line_a_minute(storm: Storm) -> None:
    until(lambda: storm.operator.get("/readyz").status_code == 200, "ready after whatever came before", 120)
    lines = len(storm.log())
    with storm.proxy.fault(all_with(Fault(status=503))):
        storm.flip()
        until(lambda: storm.operator.get("/readyz").status_code == 503, "not ready", 150)
        assert "API server" in storm.operator.get("/readyz").text
        assert storm.operator.get("/livez").status_code == 200
        assert 1 <= storm.complaints(storm.log()[lines:]).total() <= 3
    until(lambda: storm.operator.get("/readyz").status_code == 200, "ready again", 120)
    storm.settled()


def test_a_status_that_may_not_be_written_is_tried_once_a_minute(storm: Storm) -> None:
    began = time.monotonic()
    with storm.proxy.fault(of(STATUS, Fault(status=403)), cut_streams=False):
        storm.flip()
        time.sleep(20)
        tried = Counter(one.path for one in storm.proxy.since(began) if one.writes and one.resource == STATUS)
        assert tried
        assert all(times <= 3 for times in tried.values())  # the whole; its conditions with the history, and without
        assert storm.operator.metric("wahealth_status_writes_total", result="refused") >= 1
    storm.settled()


def test_a_database_without_room_gets_no_events_and_one_try_of_a_status_a_round(storm: Storm) -> None:
    """A4: what etcd says when its quota is used up. Events wait for the status that they tell of."""
    full = (
        b'{"kind": "Status", "status": "Failure", "message": "etcdserver: mvcc: database space exceeded", "code": 500}'
    )
    with storm.proxy.fault(writes_with(Fault(status=500, body=full)), cut_streams=False):
        began = time.monotonic()
        storm.flip()
        until(lambda: any(one.writes for one in storm.proxy.since(began) if one.resource == STATUS), "a try", 90)
        time.sleep(15)
        rounds = (time.monotonic() - began) / IMPATIENT["periodSeconds"]
        written = [one for one in storm.proxy.since(began) if one.writes]
        tried = Counter(one.path for one in written if one.resource == STATUS)
        assert tried
        assert all(times <= rounds + 2 for times in tried.values()), tried  # and one for the spec that is new
        assert [one for one in written if one.resource == "events"] == []
    ended = time.monotonic()
    storm.settled()
    written_once(storm, ended)


def test_a_stream_that_is_silent_is_begun_anew_after_seventy_seconds(storm: Storm) -> None:
    """TCP stands and no byte comes; and no list would find it earlier."""
    storm.environment.stop_operator()
    storm.start("--resync", "3600")
    until(lambda: storm.operator.is_up() and storm.probes() >= 3, "it asks", 90)
    storm.proxy.rule = watches_with(Fault(stall=True))
    storm.proxy.cut()
    time.sleep(5)
    assert [one for one in storm.proxy.since(time.monotonic() - 5) if one.watches]
    storm.proxy.rule = lambda _: None  # those that are silent stay so
    storm.flip()
    storm.settled()
    storm.environment.stop_operator()
    storm.start()
    until(storm.operator.is_up, "as before", 90)
