"""Each field of what is remembered of a resource has one writer: its own record, and one other module at most.

Read from the source. Whether a value is a record is known by annotations, by what a function returns, and by the name
`entry`. A field that is handed to another function on its own is not followed there.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).parents[2] / "operator" / "wahealth" / "kube"
OWN = frozenset({"entry.py", "records.py"})  # where the records are
RECORDS = frozenset({"ResourceEntry", "ProbeState", "RoundHistory", "WriteState", "LabelState"})
MUTATORS = frozenset(
    {"add", "append", "clear", "discard", "extend", "pop", "popitem", "remove", "setdefault", "update"}
)
ELEMENTS = frozenset({"get", "items", "pop", "values"})  # methods of a mapping that give what it holds


class Field(NamedTuple):
    record: str
    name: str


def record_in(annotation: ast.expr | None) -> str:
    """The record that an annotation names, alone or as what a container holds; empty where it names none."""
    names = {one.id for one in ast.walk(annotation) if isinstance(one, ast.Name)} if annotation else set()
    return min(names & RECORDS, default="")


class Records:
    """What all sources together say of the records: the fields of each; which attributes and functions give one."""

    def __init__(self, trees: Mapping[str, ast.Module]) -> None:
        self.fields: defaultdict[str, set[str]] = defaultdict(set)
        self.given: dict[str, str] = {}  # by the name of the attribute or function
        for node in (node for tree in trees.values() for node in ast.walk(tree)):
            if isinstance(node, ast.ClassDef) and node.name in RECORDS:
                annotated = (one.target for one in node.body if isinstance(one, ast.AnnAssign))
                self.fields[node.name] = {target.id for target in annotated if isinstance(target, ast.Name)}
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self._note(node.name, node.returns)
            if isinstance(node, ast.AnnAssign):
                self._note(ast.unparse(node.target).rpartition(".")[2], node.annotation)

    def _note(self, name: str, annotation: ast.expr | None) -> None:
        if record := record_in(annotation):
            self.given[name] = record


class Function:
    """One function of a module, or a method of the class `owner`."""

    def __init__(self, records: Records, body: ast.AST, owner: str) -> None:
        self._records, self._nodes = records, list(ast.walk(body))
        self._typed = {"entry": "ResourceEntry", **({"self": owner} if owner in RECORDS else {})}
        self._fields: dict[str, Field] = {}  # by variable
        for node in self._nodes:
            if isinstance(node, ast.arg) and (record := record_in(node.annotation)):
                self._typed[node.arg] = record
        for node in self._nodes:
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    self._alias(target, node.value)
            if isinstance(node, ast.For):
                self._alias(node.target.elts[-1] if isinstance(node.target, ast.Tuple) else node.target, node.iter)

    def written(self) -> Iterator[Field]:
        for node in self._nodes:
            if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
                yield from self._written(node)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
                yield from self._written(node.func.value)

    def _alias(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for one, other in zip(target.elts, value.elts, strict=False):
                self._alias(one, other)
        elif isinstance(target, ast.Name) and (record := self._record(value)):
            self._typed[target.id] = record
        elif isinstance(target, ast.Name) and (field := self._field(value)):
            self._fields[target.id] = field

    def _written(self, node: ast.expr) -> Iterator[Field]:
        """The field that a write to `node` changes: of `entry.probe.trust.until` it is `trust`."""
        if field := self._field(node):
            yield field
        elif isinstance(node, ast.Attribute | ast.Subscript):
            yield from self._written(node.value)

    def _field(self, node: ast.expr) -> Field | None:
        if isinstance(node, ast.Name):
            return self._fields.get(node.id)
        if isinstance(node, ast.Attribute) and node.attr in self._records.fields[self._record(node.value)]:
            return Field(self._record(node.value), node.attr)
        return None

    def _record(self, node: ast.expr) -> str:
        match node:
            case ast.Name(id=name):
                return self._typed.get(name, "")
            case ast.Attribute(attr=name) | ast.Call(func=ast.Name(id=name)):
                return self._records.given.get(name, "")
            case ast.Call(func=ast.Attribute(value=value, attr=name)):
                return self._record(value) if name in ELEMENTS else self._records.given.get(name, "")
            case ast.Subscript(value=value) | ast.Await(value=value):
                return self._record(value)
            case _:
                return ""


def functions(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from ((method, node.name) for method in node.body)
        else:
            yield node, ""


def writers(sources: Mapping[str, str]) -> dict[Field, set[str]]:
    """By field: the modules outside of the records' own that write it."""
    trees = {name: ast.parse(source) for name, source in sources.items()}
    records, found = Records(trees), defaultdict[Field, set[str]](set)
    for name in trees.keys() - OWN:
        for body, owner in functions(trees[name]):
            for field in Function(records, body, owner).written():
                found[field].add(name)
    return found


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    return {path.relative_to(PACKAGE).as_posix(): path.read_text() for path in PACKAGE.rglob("*.py")}


def test_each_field_has_one_writer(sources: dict[str, str]) -> None:
    found = writers(sources)
    assert {field: modules for field, modules in found.items() if len(modules) > 1} == {}
    assert found[Field("ResourceEntry", "state")] == {"reconciler.py"}  # so that it is known to look at all


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("entry.gone = True", "gone"),
        ("one, entry.uid = 1, 'u'", "uid"),
        ("self._entries['u'].generation += 1", "generation"),
        ("for one in self._entries.values(): one.version = ''", "version"),
        ("entry_of({}).spec = None", "spec"),
        ("entry.probe.turn = ''", "turn"),
        ("del entry.history.failovers['a']", "failovers"),
        ("entry.probe.trust.until = 0.0", "trust"),
        ("state = entry.probe; state.heard = {}", "heard"),
        ("first, held = 1, entry.probe.certificates; held['a'] = 1", "certificates"),
        ("entry.labels.pod_writes.clear()", "pod_writes"),
    ],
)
def test_a_write_from_elsewhere_is_seen(sources: dict[str, str], line: str, field: str) -> None:
    found = writers({**sources, "elsewhere.py": f"def change(self, entry):\n    {line}\n"})
    assert [one.name for one, modules in found.items() if "elsewhere.py" in modules] == [field]
