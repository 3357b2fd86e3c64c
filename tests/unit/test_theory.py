"""The tables in docstrings are those that the code runs on."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from wahealth.core.hysteresis.debounce import RULES
from wahealth.theory import tables, with_tables

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", tables())
def test_a_docstring_shows_its_module_s_tables(name: str) -> None:
    docstring = ast.get_docstring(ast.parse((ROOT / name).read_text()), clean=False)
    for drawn in tables()[name]:
        assert docstring is not None
        assert drawn in docstring


def test_a_table_has_a_row_for_each_rule() -> None:
    drawn = tables()["operator/wahealth/core/hysteresis/debounce.py"][0]
    assert len(drawn.splitlines()) == 2 + sum(len(rules) for rules in RULES.values())


def test_tables_replace_the_blocks_of_a_docstring_and_nothing_else() -> None:
    source = '"""Head.\n\nFirst:\n\n    old\n    old\n\nThen:\n\n    old\n\nEnd.\n"""\n\ncode:\n\n    stays\n'
    drawn = with_tables(source, ("    new\n", "    newer\n"))
    assert drawn == '"""Head.\n\nFirst:\n\n    new\n\nThen:\n\n    newer\n\nEnd.\n"""\n\ncode:\n\n    stays\n'
