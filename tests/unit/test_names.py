"""One name, one thing: no two classes and no two files of one name within one package below `wahealth`."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "operator" / "wahealth"
PACKAGES = sorted(path.parent for path in ROOT.glob("*/__init__.py"))
EVERYWHERE = frozenset({"__init__.py", "run.py", "settings.py"})  # each package, or part of one, may have its own

packages = pytest.mark.parametrize("package", PACKAGES, ids=[package.name for package in PACKAGES])


def classes(package: Path) -> Iterator[str]:
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                yield node.name


def twice(names: Iterator[str]) -> list[str]:
    return sorted(name for name, times in Counter(names).items() if times > 1)


@packages
def test_no_two_classes_of_a_package_have_one_name(package: Path) -> None:
    assert twice(classes(package)) == []


@packages
def test_no_two_files_of_a_package_have_one_name(package: Path) -> None:
    assert twice(path.name for path in package.rglob("*.py") if path.name not in EVERYWHERE) == []
