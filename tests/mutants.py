"""Breaks the core in one place at a time and sees whether a test notices: `make mutants`.

    python tests/mutants.py [--sample=N] [FILE…]     default: all mutants, of every file of operator/wahealth/core

A mutant is one changed place: a comparison, `and`/`or`, `not`, a number, True/False, a row of a rule table left out, a
field left out of a `_replace`. Each runs the scenarios and the unit tests of the core in a process of its own; those
that nobody noticed are printed with their line.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib.abc
import importlib.util
import os
import random
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pydantic  # noqa: F401 - what every child needs is imported once
import pytest
import yaml  # noqa: F401

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "operator"
TESTS = [
    ROOT / "tests" / name
    for name in (
        "unit/test_scenarios.py",
        "unit/test_verdict.py",
        "unit/test_redundancy.py",
        "unit/test_restart.py",
        "unit/test_debounce.py",
        "unit/test_history.py",
        "unit/test_keys.py",
        "unit/test_isolation_detector.py",
        "unit/test_credentials.py",
        "unit/test_logins.py",
        "unit/test_web_restart.py",
        "unit/test_readiness.py",
        "unit/test_pod_labels.py",
        "unit/test_claims.py",
        "unit/test_budget.py",
        "unit/test_unreachable_once.py",
        "unit/test_unknown_words.py",
        "unit/test_targets.py",
        "unit/test_networks.py",
        "unit/test_graph_errors.py",
        "unit/test_graph_payload.py",
        "contract/test_payloads.py",
    )
]
LONGEST = 60  # seconds for one mutant

Change = Callable[[], Callable[[], None]]  # makes it, and gives what undoes it

_OTHER: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}


def set_to(holder: Any, name: str, new: object) -> Change:
    def make() -> Callable[[], None]:
        old = getattr(holder, name)
        setattr(holder, name, new)
        return lambda: setattr(holder, name, old)

    return make


def without(items: list[Any], place: int) -> Change:
    def make() -> Callable[[], None]:
        gone = items.pop(place)
        return lambda: items.insert(place, gone)

    return make


def changes(tree: ast.Module) -> Iterator[tuple[int, str, Change]]:
    """(line, what, how) of each mutant."""
    for node in _code(tree):
        yield from _operators(node)
        yield from _constants(node)
        yield from _left_out(node)


def _operators(node: ast.AST) -> Iterator[tuple[int, str, Change]]:
    match node:
        case ast.Compare(ops=[op, *more]) if type(op) in _OTHER:
            new = _OTHER[type(op)]()
            yield node.lineno, f"{type(op).__name__} → {type(new).__name__}", set_to(node, "ops", [new, *more])
        case ast.BoolOp(op=ast.And()):
            yield node.lineno, "and → or", set_to(node, "op", ast.Or())
        case ast.BoolOp():
            yield node.lineno, "or → and", set_to(node, "op", ast.And())
        case ast.UnaryOp(op=ast.Not()):
            yield node.lineno, "not left out", set_to(node, "op", ast.UAdd())
        case ast.BinOp(op=ast.Add()):
            yield node.lineno, "+ → -", set_to(node, "op", ast.Sub())
        case ast.BinOp(op=ast.Sub()):
            yield node.lineno, "- → +", set_to(node, "op", ast.Add())
        case _:
            pass


def _constants(node: ast.AST) -> Iterator[tuple[int, str, Change]]:
    match node:
        case ast.Constant(value=bool() as value):
            yield node.lineno, f"{value} turned", set_to(node, "value", not value)
        case ast.Constant(value=int() | float() as value):
            yield node.lineno, f"{value} + 1", set_to(node, "value", value + 1)
        case _:
            pass


def _left_out(node: ast.AST) -> Iterator[tuple[int, str, Change]]:
    match node:
        case ast.Call(func=ast.Attribute(attr="_replace")):
            for place, keyword in enumerate(node.keywords):
                yield node.lineno, f"_replace without {keyword.arg}", without(node.keywords, place)
        case ast.AnnAssign(value=ast.Tuple(elts=rows)) | ast.Assign(value=ast.Tuple(elts=rows)) if len(rows) > 1:
            for place, row in enumerate(rows):
                yield row.lineno, f"without row {ast.unparse(row)}", without(rows, place)


def _code(node: ast.AST) -> Iterator[ast.AST]:
    """Everything but annotations and defaults of classes, which say what there is and decide nothing."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "decorator_list"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _code(child)


class Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module the mutated code."""

    def __init__(self, name: str, code: CodeType) -> None:
        self._name, self._code = name, code

    def find_spec(self, name: str, *_: object) -> Any:
        return importlib.util.spec_from_loader(name, self) if name == self._name else None

    def exec_module(self, module: ModuleType) -> None:
        exec(self._code, module.__dict__)


def is_noticed(name: str, code: CodeType) -> bool:
    child = os.fork()
    if child == 0:
        signal.alarm(LONGEST)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        sys.meta_path.insert(0, Mutated(name, code))
        failed = 1
        with contextlib.suppress(BaseException):
            failed = pytest.main(
                ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:faulthandler", *map(str, TESTS)]
            )
        os._exit(1 if failed else 0)
    return os.waitpid(child, 0)[1] != 0


def mutants(path: Path) -> Iterator[tuple[str, str, CodeType]]:
    """(where and what, module, code)."""
    tree = ast.parse(path.read_text())
    module = ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
    for line, what, change in list(changes(tree)):
        undo = change()
        with contextlib.suppress(SyntaxError, ValueError):
            yield (
                f"{path.relative_to(ROOT)}:{line}: {what}",
                module,
                compile(ast.fix_missing_locations(tree), path, "exec"),
            )
        undo()


def main(paths: list[Path], sample: int | None) -> int:
    """`sample`: so many of them, the same ones each time."""
    made = [mutant for path in paths for mutant in mutants(path)]
    if sample is not None and sample < len(made):
        made = random.Random(1).sample(made, sample)
    if is_noticed("nothing is mutated", compile("", "nothing", "exec")):
        print("the tests fail without any mutant: mend that first", file=sys.stderr)
        return 1
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        noticed = list(pool.map(lambda mutant: is_noticed(mutant[1], mutant[2]), made))
    survivors = [where for (where, _, _), seen in zip(made, noticed, strict=True) if not seen]
    print("\n".join(survivors))
    print(f"{len(made)} mutants, {len(made) - len(survivors)} noticed, {len(survivors)} not")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--sample", type=int)
    parser.add_argument("files", nargs="*", type=Path)
    given = parser.parse_args()
    files = [path.resolve() for path in given.files] or sorted((SOURCE / "wahealth" / "core").rglob("*.py"))
    sys.exit(main(files, given.sample))
