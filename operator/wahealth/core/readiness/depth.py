"""Depths of readiness, and the readiness of a pod at each of them."""

from __future__ import annotations

from typing import NamedTuple

from wahealth.core.strenum import FastStrEnum


class Depth(FastStrEnum):
    """How much of the client readiness depends on, from the shallowest to the deepest.

    A pod that is not ready at one depth is not ready at those after it.
    """

    REACHABLE = "reachable"
    REGISTERED = "registered"
    CONNECTED = "connected"


_ORDER = tuple(Depth)


class Readiness(NamedTuple):
    """The readiness of a pod.

    `lacking`: the shallowest depth at which the pod is not ready; None: it is ready at all of them.
    """

    reason: str
    lacking: Depth | None = None

    def at(self, depth: Depth) -> bool:
        """Whether the pod is ready at this depth."""
        return self.lacking is None or _ORDER.index(depth) < _ORDER.index(self.lacking)


STARTING = Readiness("Starting", Depth.REACHABLE)
