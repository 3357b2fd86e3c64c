"""Leader election by a Lease: what it says, and who leads. Times are monotonic seconds; no other clock is trusted.

A Lease is free, as for Kubernetes' own components, when it has not been renewed within the duration that its holder
wrote into it, counted from when we last saw it change.
"""

from __future__ import annotations

from typing import NamedTuple
from zlib import crc32


class LeaseTiming(NamedTuple):
    """The timing of leader election, in seconds.

    A replica that cannot renew within `deadline` stops writing, before another may lead after `duration`. `retry`:
    between two attempts.
    """

    duration: float = 15.0
    deadline: float = 10.0
    retry: float = 2.0


class Lease(NamedTuple):
    """A Lease as the API server shows it. `holder` empty: it was released."""

    holder: str
    renewed: str  # spec.renewTime as text: it is compared, never read as a time
    duration: float  # seconds
    transitions: int
    version: str  # metadata.resourceVersion
    acquired: str = ""  # spec.acquireTime as text


class LeaseState(NamedTuple):
    """One replica's view of one Lease.

    `renewed`: when our last successful renewal was begun; None: another replica leads, or none is known to.
    """

    lease: Lease | None = None
    changed: float = float("-inf")  # when we last saw the Lease change
    renewed: float | None = None

    @property
    def leads(self) -> bool:
        """Whether we led last, and no other replica is known to lead since. It does not mean that we may write."""
        return self.renewed is not None

    def may_write(self, now: float, timing: LeaseTiming) -> bool:
        """Whether we lead, and have renewed within the deadline."""
        return self.renewed is not None and now - self.renewed < timing.deadline

    def observed(self, lease: Lease, me: str, now: float) -> LeaseState:
        """The state after the Lease was read. `me`: our own name as a holder."""
        same = self.lease is not None and (self.lease.holder, self.lease.renewed) == (lease.holder, lease.renewed)
        ours = self.renewed if lease.holder == me else None
        return LeaseState(lease, self.changed if same else now, ours)

    def without_lease(self, timing: LeaseTiming) -> LeaseState:
        """The state after somebody deleted the Lease.

        Its holder keeps leading, because it does not know yet; but no longer than one of us would, because the duration
        that it wrote can no longer be read.
        """
        if self.lease is None:
            return self
        return self._replace(lease=self.lease._replace(version="", duration=min(self.lease.duration, timing.duration)))

    def is_free(self, me: str, now: float) -> bool:
        """Whether we may take the Lease: it is ours, released or expired, or was never seen."""
        if self.lease is None or self.lease.holder in {"", me}:
            return True
        return now - self.changed >= self.lease.duration

    def acquired(self, lease: Lease, began: float) -> LeaseState:
        """The state after the API server accepted our write of the Lease. `began`: when we sent it."""
        return LeaseState(lease, began, began)


def shard_of(uid: str, shards: int) -> int:
    """The number of the shard that a resource belongs to, from 0 to `shards` - 1; the same in every process."""
    return crc32(uid.encode()) % shards
