"""What `wahealth simulate` prints of a scenario, as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wahealth import cli


def simulated(capsys: pytest.CaptureFixture[str], path: Path) -> dict[str, Any]:
    cli.main(["simulate", str(path), "-o", "json"])
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def readys(document: dict[str, Any]) -> list[tuple[float, str]]:
    """(when, reason of Ready) of each write."""
    found = []
    for entry in document["timeline"]:
        if "status" not in entry:
            continue
        conditions = {c["type"]: c["reason"] for c in entry["status"]["conditions"]}
        found.append((entry["at"], conditions.get("Ready", "no Ready")))
    return found
