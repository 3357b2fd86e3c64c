"""Who leads: what a Lease says, and what follows from it. Times are monotonic seconds; no clock of anybody else is
read.

As Kubernetes' own components do it: a Lease is free when nobody renewed it for as long as its holder promised to,
counted from when we saw it change last.
"""

from __future__ import annotations

from typing import NamedTuple
from zlib import crc32


class LeaseTiming(NamedTuple):
    """Seconds. Whoever could not renew for `deadline` stops to write, before anybody else may lead after `duration`."""

    duration: float = 15.0
    deadline: float = 10.0
    retry: float = 2.0


class Lease(NamedTuple):
    """As the API server shows it. `holder` empty: it was given back."""

    holder: str
    renewed: str  # as it is written: compared, never read as a time
    duration: float
    transitions: int
    version: str
    acquired: str = ""


class LeaseState(NamedTuple):
    """What one replica knows of one Lease.

    `renewed`: when the last renewal that succeeded was begun; None: another leads, or nobody is known to.
    """

    lease: Lease | None = None
    changed: float = float("-inf")  # when the lease was seen to change last
    renewed: float | None = None

    @property
    def leads(self) -> bool:
        """Nobody else is known to lead since we did. We go on to look; whether we may write is another question."""
        return self.renewed is not None

    def may_write(self, now: float, timing: LeaseTiming) -> bool:
        return self.renewed is not None and now - self.renewed < timing.deadline

    def observed(self, lease: Lease, me: str, now: float) -> LeaseState:
        """The Lease was read."""
        same = self.lease is not None and (self.lease.holder, self.lease.renewed) == (lease.holder, lease.renewed)
        ours = self.renewed if lease.holder == me else None
        return LeaseState(lease, self.changed if same else now, ours)

    def without_lease(self, timing: LeaseTiming) -> LeaseState:
        """Somebody deleted it: whoever held it leads on, for it does not know yet; but no longer than one of us would,
        for what it had promised nobody can read any more."""
        if self.lease is None:
            return self
        return self._replace(lease=self.lease._replace(version="", duration=min(self.lease.duration, timing.duration)))

    def is_free(self, me: str, now: float) -> bool:
        if self.lease is None or self.lease.holder in {"", me}:
            return True
        return now - self.changed >= self.lease.duration

    def acquired(self, lease: Lease, began: float) -> LeaseState:
        """We wrote it, and the API server took it; `began` is when we sent it."""
        return LeaseState(lease, began, began)


def shard_of(uid: str, shards: int) -> int:
    """The same in every process."""
    return crc32(uid.encode()) % shards
