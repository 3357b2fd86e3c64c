"""The observation of one round: what the pods said, combined with what is remembered about the client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from wahealth.core.answer import Report
from wahealth.core.facts import Facts
from wahealth.core.instant import AsOf
from wahealth.core.observation.endpoints import Endpoints, debounce_endpoints, that_count
from wahealth.core.observation.expected import HighWaterMark, raise_high_water_mark
from wahealth.core.observation.modes import Detection, detect_mode, effective_mode
from wahealth.core.observation.summary import NodeSummary, summarize
from wahealth.core.observation.tracking import TrackedNodes, display_names, track, with_missing_since
from wahealth.core.observation.views import MergedView, merge_views
from wahealth.core.status import Mode


class ObservationState(NamedTuple):
    """State that the observation of a client keeps from round to round."""

    endpoints: Endpoints
    tracked: TrackedNodes
    detection: Detection = Detection()
    high_water_mark: HighWaterMark = HighWaterMark()
    differing: int = 0  # rounds in a row in which web pods reported different topologies

    @property
    def is_steady(self) -> bool:
        """Whether nothing in it is being counted or waited for."""
        detection = self.detection
        moving = (
            self.differing
            or self.high_water_mark.sustained
            or any(endpoint.other_streak for endpoint in self.endpoints.values())
        )
        known = detection.ambiguous_since is None and detection.shape.mode in {None, detection.mode}
        return known and not moving and all(node.is_steady for node in self.tracked.values())


class Observation(NamedTuple):
    """The view of the client in one round; `summary` None: no pod answered with a report."""

    merged: MergedView
    endpoints: Endpoints
    tracked: TrackedNodes
    names: Mapping[str, str]  # the names under which the status shows the tracked nodes, by the node's key
    summary: NodeSummary | None
    detected: Mode | None
    mismatch: bool  # spec.mode differs from the detected mode, and has done so for long enough
    effective_mode: Mode | None  # the mode to judge by
    expected: int  # how many coreapps should be connected
    now: AsOf
    detection: Detection  # after this round
    last_detection: Detection = Detection()  # before this round


def observe(
    before: ObservationState, facts: Facts, protected: bool, now: float
) -> tuple[ObservationState, Observation]:
    """Observe one round; returns the state to remember and the observation.

    `protected`: a verdict is confirmed already. `now`: monotonic seconds.
    """
    endpoints = before.endpoints
    if not facts.not_probed:
        endpoints = debounce_endpoints(endpoints, facts.outcomes, facts.desired.thresholds, protected)
    merged = merge_views(that_count(endpoints, facts.outcomes))
    after = before._replace(endpoints=endpoints)
    if merged.fresh:
        after = after._replace(differing=before.differing + 1 if merged.differing else 0)
    if merged.view is None:
        return after, _observation(after, merged, None, None, now)._replace(last_detection=before.detection)
    seen, observation = _seen(after, facts, merged, merged.view, now)
    return seen if merged.fresh else after, observation


def while_ambiguous(observation: Observation, fixed: Mode | None) -> Observation:
    """The observation as it would be had this round not resolved an ambiguous mode; unchanged otherwise."""
    before = observation.last_detection
    if before.mode is not None or before.ambiguous_since is None or observation.summary is None:
        return observation
    return observation._replace(detected=None, effective_mode=effective_mode(before, fixed, observation.summary))


def _seen(
    before: ObservationState, facts: Facts, merged: MergedView, view: Report, now: float
) -> tuple[ObservationState, Observation]:
    desired = facts.desired
    tracked = track(before.tracked, view.nodes, facts.pods, now, desired.thresholds.failover_grace)
    summary = summarize(view, tracked)
    detection = detect_mode(before.detection, summary, desired.mode, desired.thresholds, now)
    judged = effective_mode(detection, desired.mode, summary)
    high_water_mark = raise_high_water_mark(before.high_water_mark, summary.connections, judged, facts, now)
    wanted = high_water_mark.expected or 1
    enough = summary.connections >= wanted or summary.may_be(wanted)
    lacking = not enough or (judged is Mode.MULTICONNECT and not summary.primaries_connected)
    if lacking or any(seen.missing_since is not None for seen in tracked.values()):
        tracked = with_missing_since(tracked, judged, enough, now)
    after = before._replace(tracked=tracked, detection=detection, high_water_mark=high_water_mark)
    return after, _observation(after, merged, summary, judged, now)._replace(last_detection=before.detection)


def _observation(
    after: ObservationState,
    merged: MergedView,
    summary: NodeSummary | None,
    judged: Mode | None,
    now: float,
) -> Observation:
    return Observation(
        merged,
        after.endpoints,
        after.tracked,
        display_names(after.tracked),
        summary,
        after.detection.mode,
        after.detection.mismatch,
        judged,
        after.high_water_mark.expected or 1,
        AsOf(now, now),
        after.detection,
    )
