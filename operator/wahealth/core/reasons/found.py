"""Findings whose message is a row of the table. `at`: where it is read; `varies`: the {names} of its template."""

from __future__ import annotations

from wahealth.core.reasons.row import Row, Surface
from wahealth.core.status import ConditionStatus, Finding


def true(row: Row, at: Surface = Surface.RESOURCE, **varies: object) -> Finding:
    """The finding that the condition is True. Raises `KeyError` if a {name} of the row is not given."""
    return Finding(ConditionStatus.TRUE, row.reason.value, row.says(at, **varies))


def false(row: Row, at: Surface = Surface.RESOURCE, **varies: object) -> Finding:
    """The finding that the condition is False. Raises `KeyError` if a {name} of the row is not given."""
    return Finding(ConditionStatus.FALSE, row.reason.value, row.says(at, **varies))


def unknown(row: Row, at: Surface = Surface.RESOURCE, **varies: object) -> Finding:
    """The finding that the condition is Unknown. Raises `KeyError` if a {name} of the row is not given."""
    return Finding(ConditionStatus.UNKNOWN, row.reason.value, row.says(at, **varies))
