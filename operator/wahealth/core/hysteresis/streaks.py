"""Streaks of anomalies: one is reported once it has been seen for as many rounds in a row as a failure must last."""

from __future__ import annotations

from collections.abc import Set

from wahealth.core.verdict.verdict import Anomaly

AnomalyStreaks = tuple[tuple[Anomaly, int], ...]  # rounds in a row, by anomaly


def count(streaks: AnomalyStreaks, anomalies: Set[Anomaly]) -> AnomalyStreaks:
    """The streaks with one more round, in which these `anomalies` were seen; any other streak ends."""
    before = dict(streaks)
    return tuple((anomaly, before.get(anomaly, 0) + 1) for anomaly in sorted(anomalies))


def lasting(streaks: AnomalyStreaks, rounds: int) -> frozenset[Anomaly]:
    """The anomalies that were seen for at least this many rounds in a row."""
    return frozenset(anomaly for anomaly, times in streaks if times >= rounds)
