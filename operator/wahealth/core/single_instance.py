"""Workloads that are marked as a single instance, and whether one of them is about to run twice.

Two live instances of one phone number get it banned. Admission refuses what would start a second one only where the
policy is installed, so the operator looks at the workloads themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class SingleInstance(NamedTuple):
    """A marked workload. `surges`: its rollouts start a pod beside the one that runs."""

    kind: str
    name: str
    replicas: int
    surges: bool = False
    rolling_out: bool = False

    @property
    def has_several(self) -> bool:
        """Whether it wants more than one pod."""
        return self.replicas > 1

    @property
    def is_surging(self) -> bool:
        """Whether it rolls out now, beside the pod that runs."""
        return self.surges and self.rolling_out and self.replicas > 0


class Danger(NamedTuple):
    """The workload that is told of; `coming`: a second pod is on its way, else its next rollout starts one."""

    workload: SingleInstance
    coming: bool


def danger_of(marked: Sequence[SingleInstance]) -> Danger | None:
    """The worst that the marked workloads of a client come to; None: each of them runs at most once."""
    coming = next((one for one in marked if one.has_several or one.is_surging), None)
    if coming is not None:
        return Danger(coming, coming=True)
    surging = next((one for one in marked if one.surges), None)
    return Danger(surging, coming=False) if surging is not None else None
