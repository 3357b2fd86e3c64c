"""Watches misbehave (rows A1 to A20 of the fault matrix), and afterwards all is as if nothing had been."""

from __future__ import annotations

import pytest

from support.faults import all_is_as_if_nothing_had_been, in_stream, watches_with
from support.faulty import Fault, Rule
from support.storm import Storm

EXPIRED = {"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired"}}
ODD = (
    {"type": "BOOKMARK", "object": {"kind": "WhatsAppClient", "metadata": {}}},
    {"type": "NEWS", "object": {"kind": "WhatsAppClient", "metadata": {"name": "x", "namespace": "y", "uid": "z"}}},
)
FAULTS: dict[str, Rule] = {
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
    "403 for watches": watches_with(Fault(status=403)),
}


@pytest.mark.parametrize("name", FAULTS)
def test_afterwards_all_is_as_if_nothing_had_been(storm: Storm, name: str) -> None:
    all_is_as_if_nothing_had_been(storm, FAULTS[name])
