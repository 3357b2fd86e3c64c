"""Flapping: more confirmed changes of Available than somebody could follow."""

from __future__ import annotations

from wahealth.core.facts import Thresholds

MOST_CHANGES = 6
PAUSE = 30.0  # seconds between two writes while it lasts


def recent(changes: tuple[float, ...], thresholds: Thresholds, now: float) -> tuple[float, ...]:
    """The changes, in seconds, that lie within the stretch that counts."""
    stretch = max(600.0, 20 * thresholds.period)
    return tuple(at for at in changes if now - at < stretch) if changes else changes


def is_flapping(changes: tuple[float, ...]) -> bool:
    return len(changes) > MOST_CHANGES
