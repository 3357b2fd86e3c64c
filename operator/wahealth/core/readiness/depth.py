"""How deep readiness looks, and what it found."""

from __future__ import annotations

from typing import NamedTuple

from wahealth.core.strenum import FastStrEnum


class Depth(FastStrEnum):
    """From the shallowest to the deepest: what is not ready at one is not ready at those after it."""

    REACHABLE = "reachable"
    REGISTERED = "registered"
    CONNECTED = "connected"


_ORDER = tuple(Depth)


class Readiness(NamedTuple):
    """`lacking`: the shallowest depth at which the pod is not ready; None: it is ready at all of them."""

    reason: str
    lacking: Depth | None = None

    def at(self, depth: Depth) -> bool:
        return self.lacking is None or _ORDER.index(depth) < _ORDER.index(self.lacking)


STARTING = Readiness("Starting", Depth.REACHABLE)
