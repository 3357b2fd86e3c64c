"""The part of the observation that a written status restores: nodes, endpoints, mode, expected number of coreapps."""

from __future__ import annotations

from wahealth.core.answer import Node
from wahealth.core.facts import Pod, Thresholds
from wahealth.core.instant import LONG_AGO, Instant
from wahealth.core.observation.endpoints import EndpointState
from wahealth.core.observation.expected import HighWaterMark
from wahealth.core.observation.modes import Detection
from wahealth.core.observation.observe import ObservationState
from wahealth.core.observation.tracking import TrackedNode
from wahealth.core.reasons.reason import Reason
from wahealth.core.status import ConditionType, Mode, NodeVerdict, Status, TopologyNode


def written_observation(written: Status, thresholds: Thresholds, now: Instant) -> ObservationState:
    """The observation state that a written status describes."""
    if written.mode is Mode.CLOUD_API:
        return ObservationState({}, {})
    accepted = written.condition(ConditionType.ACCEPTED)
    mismatch = accepted is not None and accepted.reason == Reason.MODE_MISMATCH
    return ObservationState(
        endpoints={e.pod: EndpointState(e._replace(since_time=None)) for e in written.endpoints},
        tracked={node.name: _tracked(node, thresholds, now) for node in written.nodes},
        detection=Detection(written.mode, mismatch=mismatch),
        high_water_mark=_high_water_mark(written),
    )


def _high_water_mark(written: Status) -> HighWaterMark:
    if written.connected is None or written.observed_generation is None:
        return HighWaterMark()
    return HighWaterMark(written.connected.expected, written.observed_generation, written.mode)


def _tracked(written: TopologyNode, thresholds: Thresholds, now: Instant) -> TrackedNode:
    """The tracked node under the name that the status shows: the next answer brings its whole key."""
    host, said = written.pod_ip or "", (written.role, written.gateway_status)
    reported = written.reported_gateway_status, written.reported_role
    node = Node(written.name, host, written.name, *said, *reported)
    pod = Pod(written.pod_name, written.pod_ip, written.node_name) if written.pod_name else None
    since = now.since(written.since_time)
    tracked = TrackedNode(node, since, pod, gone=written.verdict is NodeVerdict.STALE)
    match written.verdict:
        case NodeVerdict.MISSING:
            return tracked._replace(absent_since=since - thresholds.failover_grace)
        case NodeVerdict.FAULTY:
            return tracked._replace(since=LONG_AGO, missing_since=LONG_AGO)
        case _:
            return tracked
