"""One round seen as a whole: what the pods said, met with what is remembered of the client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from wahealth.core.answer import Report
from wahealth.core.facts import Facts
from wahealth.core.moment import AsOf
from wahealth.core.sight.census import Census, counted
from wahealth.core.sight.endpoints import Endpoints, settle_endpoints, that_count
from wahealth.core.sight.expected import Rise, risen
from wahealth.core.sight.modes import Detection, detected, judged_by
from wahealth.core.sight.roster import Roster, met, shown_names, with_missed
from wahealth.core.sight.views import Round, one_view
from wahealth.core.status import Mode


class Remembered(NamedTuple):
    """What is remembered of a client from round to round."""

    endpoints: Endpoints
    roster: Roster
    detection: Detection = Detection()
    rise: Rise = Rise()
    differing: int = 0  # rounds in a row in which web pods reported different topologies


class Sight(NamedTuple):
    """What is seen of the client in this round; `census` None: nobody answered."""

    round: Round
    endpoints: Endpoints
    roster: Roster
    names: Mapping[str, str]  # of the roster's nodes, as they are shown
    census: Census | None
    detected: Mode | None
    mismatch: bool  # spec.mode is another than the mode detected, and for long enough
    judged: Mode | None  # the mode to judge by
    expected: int  # how many coreapps are to be connected
    now: AsOf


def look(before: Remembered, facts: Facts, protected: bool, now: float) -> tuple[Remembered, Sight]:
    """`protected`: a verdict is confirmed already. `now` in seconds."""
    endpoints = before.endpoints
    if not facts.asked_nobody:
        endpoints = settle_endpoints(endpoints, facts.outcomes, facts.expected.patience, protected)
    round_ = one_view(that_count(endpoints, facts.outcomes))
    after = before._replace(endpoints=endpoints)
    if round_.fresh:
        after = after._replace(differing=before.differing + 1 if round_.differing else 0)
    if round_.view is None:
        return after, _sight(after, round_, None, None, now)
    seen, sight = _seen(after, facts, round_, round_.view, now)
    return seen if round_.fresh else after, sight


def as_of_mode(sight: Sight, before: Detection, fixed: Mode | None) -> Sight:
    """The sight as it was while its shape contradicted every mode; any other is the same."""
    if before.mode is not None or before.unclear is None or sight.census is None:
        return sight
    return sight._replace(detected=None, judged=judged_by(before, fixed, sight.census))


def _seen(before: Remembered, facts: Facts, round_: Round, view: Report, now: float) -> tuple[Remembered, Sight]:
    expected = facts.expected
    roster = met(before.roster, view.nodes, facts.pods, now, expected.patience.failover)
    census = counted(view, roster)
    detection = detected(before.detection, census, expected.mode, expected.patience, now)
    judged = judged_by(detection, expected.mode, census)
    rise = risen(before.rise, census.connections, judged, facts, now)
    wanted = rise.expected or 1
    enough = census.connections >= wanted or census.may_be(wanted)
    lacking = not enough or (judged is Mode.MULTICONNECT and not census.primaries_connected)
    if lacking or any(seen.missed is not None for seen in roster.values()):
        roster = with_missed(roster, judged, enough, now)
    after = before._replace(roster=roster, detection=detection, rise=rise)
    return after, _sight(after, round_, census, judged, now)


def _sight(after: Remembered, round_: Round, census: Census | None, judged: Mode | None, now: float) -> Sight:
    return Sight(
        round_,
        after.endpoints,
        after.roster,
        shown_names(after.roster),
        census,
        after.detection.mode,
        after.detection.mismatch,
        judged,
        after.rise.expected or 1,
        AsOf(now, now),
    )
