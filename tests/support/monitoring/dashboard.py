"""The Grafana dashboard as tests read it: its panels, its variables and what they ask Prometheus."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

DASHBOARD = Path(__file__).parents[3] / "charts" / "wahealth" / "files" / "dashboards" / "wahealth.json"

_LABEL_VALUES = re.compile(r"label_values\((?P<selector>.+), (?P<label>\w+)\)")
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")


class Query(NamedTuple):
    panel: str
    expression: str
    instant: bool


class LabelValues(NamedTuple):
    """What a variable can be: the values of a label of some series."""

    variable: str
    selector: str
    label: str


def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DASHBOARD.read_text())
    return found


def panels() -> Iterator[dict[str, Any]]:
    """Rows too; those in a collapsed row after it."""
    for panel in document()["panels"]:
        yield panel
        yield from panel.get("panels", ())


def queries() -> Iterator[Query]:
    for panel in panels():
        for target in panel.get("targets", ()):
            yield Query(panel["title"], target["expr"], target["instant"])


def variables() -> Iterator[LabelValues]:
    for variable in document()["templating"]["list"]:
        if variable["type"] == "query":
            found = _LABEL_VALUES.fullmatch(variable["query"]["query"])
            assert found, variable["query"]["query"]
            yield LabelValues(variable["name"], found["selector"], found["label"])


def filled(expression: str, values: dict[str, str]) -> str:
    """With its variables replaced, all of which have to be in `values`."""
    return _VARIABLE.sub(lambda found: values[found[1]], expression)
