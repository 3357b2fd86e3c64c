"""For how many rounds in a row each anomaly was seen: one is reported once it has lasted as long as a failure must."""

from __future__ import annotations

from collections.abc import Set

from wahealth.core.verdict.verdict import Anomaly

AnomalyStreaks = tuple[tuple[Anomaly, int], ...]  # rounds in a row, by anomaly


def count(streaks: AnomalyStreaks, anomalies: Set[Anomaly]) -> AnomalyStreaks:
    """The streaks with one more round, in which these `anomalies` were seen; any other streak ends."""
    before = dict(streaks)
    return tuple((anomaly, before.get(anomaly, 0) + 1) for anomaly in sorted(anomalies))


def lasting(streaks: AnomalyStreaks, rounds: int) -> frozenset[Anomaly]:
    """The anomalies that were seen for at least so many rounds in a row."""
    return frozenset(anomaly for anomaly, times in streaks if times >= rounds)
