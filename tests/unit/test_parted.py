"""A message of the table, taken apart again."""

from __future__ import annotations

import re

import pytest

from wahealth.core.reasons.parted import parted, reasons, rows_named
from wahealth.core.reasons.row import NOTHING, Row, Surface

EVERY = [(reason, row) for reason in reasons() for _, row in rows_named(reason)]


def filled(row: Row) -> dict[str, str]:
    return {name: f"some {name}" for name in re.findall(r"{(\w+)}", row.means + row.step)}


@pytest.mark.parametrize(("reason", "row"), EVERY)
def test_every_row_comes_apart_into_what_it_means_and_the_next_step(reason: str, row: Row) -> None:
    varies = filled(row)
    step = "" if row.step == NOTHING else row.step.format_map(varies)
    assert parted(reason, row.says(Surface.RESOURCE, **varies)) == (f"{row.means.format_map(varies)}.", step)


def test_what_another_version_wrote_stays_as_it_stands() -> None:
    assert parted("Sleeping", "It sleeps: wake it.") == ("It sleeps: wake it.", "")
    assert parted("Disconnected", "Nothing is left: despair.") == ("Nothing is left: despair.", "")


def test_a_long_message_costs_no_more_than_itself() -> None:
    assert parted("TLSVerificationFailed", f"It{': ' * 16_000}").step
