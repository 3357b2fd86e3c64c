"""The one problem of a round, and how long it may last before it counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from wahealth.core.facts import Desired, Thresholds
from wahealth.core.status import Gateway, Mode
from wahealth.core.strenum import FastStrEnum


class Problem(FastStrEnum):
    """A problem of a client; a grace is counted from the first round of the very same problem."""

    REFERENCE = "something referred to does not exist"
    KEY_FORM = "the key does not have the right form"
    REFUSED = "the key is refused"
    FORBIDDEN = "the question is forbidden"
    THROTTLED = "it asks to be probed less often"
    UNREACHABLE = "nobody answers"
    UNDECIDED = "the answer decides nothing"
    NO_MODE = "the shape fits no mode"
    TOO_MANY = "more than one coreapp is connected"
    TOO_FEW = "too few coreapps are connected"
    CONNECTING = "connecting"
    UNINITIALIZED = "uninitialized"
    UNREGISTERED = "unregistered"
    DISCONNECTED = "disconnected"
    BLOCKED = "the vendor lets no message out"
    NOT_FOUND = "no such number"


OF_GATEWAY = {
    Gateway.CONNECTING: Problem.CONNECTING,
    Gateway.UNINITIALIZED: Problem.UNINITIALIZED,
    Gateway.UNREGISTERED: Problem.UNREGISTERED,
    Gateway.DISCONNECTED: Problem.DISCONNECTED,
}


class Connectivity(NamedTuple):
    """The mode, the gateway and the connections that follow from an answer.

    `mode`: the one to judge by (None: the answer fits none). `gateway` None: an unknown status or role would decide.
    `connected`, `expected` and `minimum`: how many connections there are, should be, and are enough.
    """

    mode: Mode | None
    gateway: Gateway | None
    connected: int
    expected: int
    minimum: int


def problem_of(connectivity: Connectivity, desired: Desired) -> Problem | None:
    """The problem of a client that was seen; None if nothing is wrong."""
    if connectivity.mode is None:
        return Problem.NO_MODE
    if connectivity.gateway is None:
        return Problem.UNDECIDED
    if connectivity.mode is Mode.HIGH_AVAILABILITY and connectivity.connected > 1:
        return Problem.TOO_MANY
    if connectivity.gateway is Gateway.PARTIALLY_CONNECTED and connectivity.connected < connectivity.minimum:
        return Problem.TOO_FEW
    if connectivity.gateway is Gateway.UNREGISTERED and not desired.registration_required:
        return None
    return OF_GATEWAY.get(connectivity.gateway)


def _failover_between_nodes(thresholds: Thresholds, nodes: bool) -> float:
    return thresholds.failover_grace if nodes else 0.0


def _failover(thresholds: Thresholds, _: bool) -> float:
    return thresholds.failover_grace


def _connecting(thresholds: Thresholds, nodes: bool) -> float:
    return max(thresholds.connecting_grace, thresholds.failover_grace) if nodes else thresholds.connecting_grace


def _kept(thresholds: Thresholds, _: bool) -> float:
    return thresholds.throttled_grace


def _uninitialized(thresholds: Thresholds, _: bool) -> float:
    return thresholds.uninitialized_grace


# The vendor publishes no timing of a failover or an upgrade: how long each may take is a setting of the resource.
GRACE_PERIODS: dict[Problem, Callable[[Thresholds, bool], float]] = {
    Problem.THROTTLED: _kept,
    Problem.NO_MODE: _failover,
    Problem.TOO_MANY: _failover,
    Problem.TOO_FEW: _failover,
    Problem.CONNECTING: _connecting,
    Problem.UNINITIALIZED: _uninitialized,
    Problem.UNREGISTERED: _failover_between_nodes,
    Problem.DISCONNECTED: _failover_between_nodes,
}


def grace_of(problem: Problem, thresholds: Thresholds, nodes: bool) -> float:
    """Seconds that a problem may last before it counts; `nodes`: the client has nodes, so another may take over."""
    grace = GRACE_PERIODS.get(problem)
    return grace(thresholds, nodes) if grace else 0.0
