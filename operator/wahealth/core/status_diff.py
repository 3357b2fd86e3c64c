"""The status to write, with its times; None if the resource says it already."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from wahealth.core.status import Condition, Credentials, Endpoint, Failover, Status, TopologyNode

MOST_AHEAD = timedelta(days=2)  # no wrong clock or time zone of ours puts a time further ahead than this


def status_to_write(written: Status, desired: Status, now: datetime) -> Status | None:
    """The desired status with its times, or None if it equals the `written` one but for the history. `now`: UTC.

    Once that is written, the same desired status gives None.
    """
    status = with_transition_times(desired, written, now)
    return None if status._replace(history=written.history) == written else status


def with_transition_times(desired: Status, old: Status, now: datetime) -> Status:
    """The desired status with its times: the old ones where nothing changed, otherwise `now`.

    A time that was written is never followed by an earlier one, even if the clock was set back.
    """
    old = without_impossible_times(old, now)
    now = max([now, *_times(old)])
    nodes = {node.name: node for node in old.nodes}
    endpoints = {(one.pod, one.address): one for one in old.endpoints}
    return desired._replace(
        last_failover=_failover_stamped(desired.last_failover, old.last_failover),
        primary_master_since_time=_primary_since(desired, old, now),
        conditions=tuple(_condition_stamped(c, old, desired.observed_generation, now) for c in desired.conditions),
        nodes=tuple(_node_stamped(node, nodes.get(node.name), now) for node in desired.nodes),
        endpoints=tuple(_endpoint_stamped(e, endpoints.get((e.pod, e.address)), now) for e in desired.endpoints),
    )


def without_impossible_times(old: Status, now: datetime) -> Status:
    """The status without times that no clock of ours can have written, such as one of the year 9999."""
    latest = now + MOST_AHEAD
    if all(time <= latest for time in (*_times(old), *_rotation(old.credentials))):
        return old

    def sane(time: datetime | None) -> datetime | None:
        return None if time is not None and time > latest else time

    failover, credentials = old.last_failover, old.credentials
    return old._replace(
        conditions=tuple(c._replace(last_transition_time=sane(c.last_transition_time)) for c in old.conditions),
        nodes=tuple(node._replace(since_time=sane(node.since_time)) for node in old.nodes),
        endpoints=tuple(endpoint._replace(since_time=sane(endpoint.since_time)) for endpoint in old.endpoints),
        primary_master_since_time=sane(old.primary_master_since_time),
        last_failover=failover if failover and sane(failover.time) else None,
        credentials=credentials and credentials._replace(last_rotation_time=sane(credentials.last_rotation_time)),
    )


def _rotation(credentials: Credentials | None) -> Iterator[datetime]:
    if credentials is not None and credentials.last_rotation_time is not None:
        yield credentials.last_rotation_time


def _times(old: Status) -> Iterator[datetime]:
    stamps = (
        *(condition.last_transition_time for condition in old.conditions),
        *(node.since_time for node in old.nodes),
        *(endpoint.since_time for endpoint in old.endpoints),
        old.primary_master_since_time,
        old.last_failover.time if old.last_failover else None,
    )
    return (stamp for stamp in stamps if stamp is not None)


def _failover_stamped(new: Failover | None, old: Failover | None) -> Failover | None:
    """The failover with its own time, but none earlier than that of the previous failover."""
    return new._replace(time=old.time) if new and old and new.time < old.time else new


def _primary_since(desired: Status, old: Status, now: datetime) -> datetime | None:
    if desired.primary_master is None:
        return None
    return (old.primary_master_since_time or now) if desired.primary_master == old.primary_master else now


def _condition_stamped(new: Condition, old: Status, generation: int | None, now: datetime) -> Condition:
    before = old.condition(new.type)
    same = before is not None and before.status is new.status and before.last_transition_time is not None
    since = before.last_transition_time if before and same else now
    return new._replace(observed_generation=generation, last_transition_time=since)


def _node_stamped(new: TopologyNode, before: TopologyNode | None, now: datetime) -> TopologyNode:
    if before is None or before.verdict is not new.verdict or before.since_time is None:
        return new._replace(since_time=now)
    return before if before[:-1] == new[:-1] else new._replace(since_time=before.since_time)


def _endpoint_stamped(new: Endpoint, before: Endpoint | None, now: datetime) -> Endpoint:
    same = before is not None and before.reachable == new.reachable and before.since_time is not None
    return new._replace(since_time=before.since_time if before and same else now)
