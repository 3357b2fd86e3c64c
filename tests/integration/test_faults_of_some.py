"""Lists, documents or one kind of object misbehave (rows A1 to A20), and afterwards all is as if nothing had been."""

from __future__ import annotations

import pytest

from support.faults import all_is_as_if_nothing_had_been, documents_with, lists_with, of
from support.faulty import Fault, Rule
from support.storm import STATUS, Storm

WITHOUT_A_KEY = {"403 for Secrets"}  # who may not read it any more does not use what was read
FAULTS: dict[str, Rule] = {
    "504 for lists": lists_with(Fault(status=504)),
    "lists are stale": lists_with(Fault(stale=True)),
    "documents are cut": documents_with(Fault(cut_bytes=60)),
    "documents are no JSON": documents_with(Fault(status=200, body=b"<html>welcome</html>")),
    "404 for the status": of(STATUS, Fault(status=404)),
    "409 for the status": of(STATUS, Fault(status=409)),
    "403 for events": of("events", Fault(status=403)),
    "403 for Secrets": of("secrets", Fault(status=403)),
    "500 for Secrets": of("secrets", Fault(status=500)),
    "403 for the Lease": of("leases", Fault(status=403)),
}


@pytest.mark.parametrize("name", FAULTS)
def test_afterwards_all_is_as_if_nothing_had_been(storm: Storm, name: str) -> None:
    all_is_as_if_nothing_had_been(storm, FAULTS[name], asks=name not in WITHOUT_A_KEY)
