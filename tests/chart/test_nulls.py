"""Values that are set to null, as people leave them when they take out the last line below a name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chart.tried import DEFAULTS, TRIED, merged, set_to
from support.rendered import Document, Refused, documents

EMPTY: tuple[object, ...] = ({}, [], "")


def _all(values: Document, above: str = "") -> Iterator[tuple[str, object]]:
    """The paths of all values and of all groups of them, with their defaults. No name in the chart's own groups has a
    dot; one in a map of the user's, such as a label, is the user's."""
    for name, value in values.items():
        if "." not in name:
            yield f"{above}{name}", value
            if isinstance(value, dict):
                yield from _all(value, f"{above}{name}.")


def _rendered(path: str, value: object) -> list[Document] | str:
    """The objects, where the path has this value and the rest what makes it matter; else what Helm says."""
    needed = next((tried[3] for tried in TRIED if tried[0] == path), {})
    try:
        return documents(merged(needed, set_to(path, value)))
    except Refused as refused:
        return " ".join(str(refused).split())


@pytest.mark.parametrize("path", [path for path, default in _all(DEFAULTS) if default in EMPTY])
def test_null_is_empty_where_the_default_is(path: str) -> None:
    default = next(default for name, default in _all(DEFAULTS) if name == path)
    assert _rendered(path, None) == _rendered(path, default)


@pytest.mark.parametrize("path", [path for path, default in _all(DEFAULTS) if default not in EMPTY])
def test_null_elsewhere_renders_or_is_refused_before_a_template_sees_it(path: str) -> None:
    above, _, name = path.rpartition(".")
    said = _rendered(path, None)
    if isinstance(said, str):
        at = "".join(f"/{part}" for part in above.split(".") if part)
        assert f"at '{at}': missing property '{name}'" in said
        assert "template" not in said
