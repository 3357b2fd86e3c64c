"""What a rule finds, said as the table says it."""

from __future__ import annotations

from wahealth.core.reasons.row import Row, Surface
from wahealth.core.status import ConditionStatus, Finding


def true(row: Row, at: Surface = Surface.RESOURCE, **varies: object) -> Finding:
    return Finding(ConditionStatus.TRUE, row.reason.value, row.says(at, **varies))


def false(row: Row, at: Surface = Surface.RESOURCE, **varies: object) -> Finding:
    return Finding(ConditionStatus.FALSE, row.reason.value, row.says(at, **varies))


def unknown(row: Row, at: Surface = Surface.RESOURCE, **varies: object) -> Finding:
    return Finding(ConditionStatus.UNKNOWN, row.reason.value, row.says(at, **varies))
