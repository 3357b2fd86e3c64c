"""An API server that nobody listens for, that wants to be left alone, whose tokens, authority or kinds change."""

from __future__ import annotations

import time

from support.faults import written_once
from support.faulty import Asked, Fault
from support.storm import SPACE, STATUS, Storm
from support.worlds import impatient_kind
from wahealth.playground.cluster.control_plane import ControlPlaneFailed
from wahealth.playground.environment import until, until_kinds_are_served
from wahealth.playground.pki import Authority


def test_nobody_listens_for_ten_seconds(storm: Storm) -> None:
    probes = storm.probes()
    with storm.proxy.refusing():
        storm.flip()
        time.sleep(10)
        until(lambda: storm.probes() - probes >= 3, "probing goes on", 60)
    ended = time.monotonic()
    storm.settled()
    written_once(storm, ended)


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
        until(lambda: told, "a write", 90)
        time.sleep(7)
        meanwhile = [one for one in storm.proxy.since(told[0] + 0.3) if one.second < told[0] + 6.5]
        assert [one for one in meanwhile if one.resource != "leases" and not one.watches] == []
    storm.settled()


def test_a_kind_that_is_not_served_for_a_moment_loses_no_resource(storm: Storm) -> None:
    """A 404 of one write, as while a CRD is created anew: the resource is there all the same."""
    told: list[float] = []

    def once(asked: Asked) -> Fault | None:
        if asked.resource != STATUS or told:
            return None
        told.append(asked.second)
        return Fault(status=404, body=b"404 page not found\n")

    with storm.proxy.fault(once, cut_streams=False):
        storm.flip()
        until(lambda: told, "a write", 90)
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


def test_a_schema_without_our_fields_gets_the_conditions(storm: Storm) -> None:
    """422 for all but a least status."""

    def narrow(asked: Asked) -> Fault | None:
        return Fault(status=422) if asked.resource == STATUS and not tried.pop() else None

    tried = [True, False] * 100  # of each two the first is refused
    with storm.proxy.fault(narrow, cut_streams=False):
        storm.flip()
        until(lambda: len(tried) < 199, "a whole status and a least one", 90)
        assert storm.operator.is_alive()
    storm.settled()


def test_the_kind_goes_and_comes_back(storm: Storm) -> None:
    kept = [storm.environment.client(SPACE, name) for name in ("single", "ha", "twice")]
    storm.kubectl("delete", "crd", "--all", "--wait=true")
    time.sleep(5)
    assert storm.operator.is_alive()
    storm.environment.apply([impatient_kind()])
    until_kinds_are_served(storm.environment.plane.read)
    fields = ("apiVersion", "kind", "spec")
    again = [{**{name: one[name] for name in fields}, "metadata": _name(one)} for one in kept]
    until(lambda: _applied(storm, again), "the kind is served", 90)
    storm.settled()
    assert storm.operator.get("/readyz").status_code == 200


def _name(document: dict[str, dict[str, str]]) -> dict[str, str]:
    return {"name": document["metadata"]["name"], "namespace": SPACE}


def _applied(storm: Storm, documents: list[dict[str, object]]) -> bool:
    try:
        storm.environment.apply(documents)
    except ControlPlaneFailed:
        return False
    return True
