"""What is generated from the chart and kept in the repository is what the chart says now."""

from __future__ import annotations

from chart.written import files
from support.rendered import ROOT


def test_generated_files_are_what_they_are_made_of() -> None:
    differing = [name for name, content in files() if (ROOT / name).read_text() != content]
    assert differing == [], "these differ from the chart: run make generate and commit them"
