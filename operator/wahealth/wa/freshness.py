"""Whether a status is current: an operator holds the Lease of the resource's shard, and renews it.

A status has no time of the last probe, because an idle fleet writes nothing. What tells whether somebody still looks is
the Lease, which its holder renews every two seconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from wahealth.core.control.lease import shard_of
from wahealth.wa import document as read
from wahealth.wa.client import LEASE, NAMESPACE
from wahealth.wa.cluster import LEASES, Cluster, Part
from wahealth.wa.document import Document

NOBODY_LOOKS = "NobodyLooks"  # the reason of a verdict that is not current; no condition has it
_DURATION = 15  # seconds, where a Lease does not say
_LEFT_OVER = 3600.0  # seconds: a shard's Lease that is so much older than the newest is of an earlier number of shards


class Where(NamedTuple):
    """Where the operator's Leases are, as flags say."""

    namespace: str = NAMESPACE
    name: str = LEASE


class Watch(NamedTuple):
    """The Lease of a shard: the replica that holds it or held it last, and how long ago it was renewed, in seconds."""

    holder: str
    age: float
    duration: float

    @property
    def is_kept(self) -> bool:
        """Whether somebody looks. Another replica takes a Lease that is not renewed for its duration; it has as long
        again to do so."""
        return self.age <= 2 * self.duration


class Operators(NamedTuple):
    """All shards' Leases, which are in `namespace`. Empty `watches`: `missing` says why nothing can be told."""

    watches: tuple[Watch, ...] = ()
    missing: str = ""
    namespace: str = NAMESPACE

    def of(self, uid: str) -> Watch | None:
        """The Lease of the shard that a resource belongs to; None if that cannot be told."""
        return self.watches[shard_of(uid, len(self.watches))] if self.watches else None


async def operators(cluster: Cluster, where: Where) -> Operators:
    """Reads the Leases."""
    return operators_of(await cluster.part(LEASES, where.namespace), where, cluster.now)


def operators_of(found: Part, where: Where, now: datetime) -> Operators:
    """What a list of Leases says."""
    if found.missing:
        return Operators(missing=found.missing, namespace=where.namespace)
    watches = _shards(found.objects, where.name, now)
    if watches:
        return Operators(watches, namespace=where.namespace)
    return Operators(
        missing=f"there is no Lease {where.name} in {where.namespace}: name the operator's namespace with "
        "--operator-namespace",
        namespace=where.namespace,
    )


def _shards(leases: Iterable[Document], name: str, now: datetime) -> tuple[Watch, ...]:
    """By the number of the shard; a single Lease has none in its name."""
    numbered = re.compile(rf"{re.escape(name)}(?:-(\d{{1,4}}))?")
    found: dict[int, Watch] = {}
    for lease in leases:
        match, watch = numbered.fullmatch(read.text(lease, "metadata", "name")), _watch(lease, now)
        if match is not None and watch is not None:
            found[int(match[1]) if match[1] else -1] = watch
    if not found:
        return ()
    newest = min(watch.age for watch in found.values())
    current = {number: watch for number, watch in found.items() if watch.age - newest < _LEFT_OVER}
    alone = current.pop(-1, None)
    if alone is not None and (not current or alone.age <= min(watch.age for watch in current.values())):
        return (alone,)
    return tuple(current[number] for number in sorted(current))


def _watch(lease: Document, now: datetime) -> Watch | None:
    renewed = read.time(lease, "spec", "renewTime")
    if renewed is None:
        return None
    holder = read.text(lease, "spec", "holderIdentity").rpartition("_")[0] or "nobody"
    return Watch(
        holder,
        max(0.0, (now - renewed).total_seconds()),
        read.whole(lease, "spec", "leaseDurationSeconds") or _DURATION,
    )
