"""Whether the API server would admit a client: checked against the CustomResourceDefinition, as by `kubectl apply`.

The libraries for this are an extra, `wahealth-operator[simulate]`; they are imported only here, and only for a check.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wahealth.simulate.structure import Problem, Where

NOT_CHECKED = (
    "whether the API server admits the client, by schema and CEL rules, was not checked: "
    "pip install 'wahealth-operator[simulate]'"
)
# With one of these problems no rule is evaluated, as in the API server.
_BLOCKING = frozenset({"additionalProperties", "required", "type", "enum", "maxLength", "maxItems", "maxProperties"})


def is_checked() -> bool:
    """Whether the libraries of the extra are installed."""
    return all(find_spec(name) is not None for name in ("celpy", "jsonschema", "re2"))


def refusals(client: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> Sequence[Problem]:
    """Why the API server would reject the client; empty if it would not. The first problem is the first to correct.

    `before` is the client before an edit; None for a new one. As in Kubernetes (ratcheting), a value that was invalid
    before the edit and is unchanged is not a problem.
    """
    from wahealth.simulate import rules, structure

    new = structure.with_defaults(client)
    old = None if before is None else structure.with_defaults(before)
    found = _of_this_edit(structure.misfits(new), old, new)
    if any(problem.keyword in _BLOCKING for problem in found):
        return found
    return [*found, *_of_this_edit(rules.broken(new), old, new)]


def told(problem: Problem) -> str:
    """The problem as a sentence, such as `spec.probe.periodSeconds: Invalid value: …`, without a full stop."""
    field = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in problem.field)
    return f"{field.removeprefix('.')}: {problem.sentence}" if field else problem.sentence


def _of_this_edit(
    problems: Sequence[Problem], old: Mapping[str, Any] | None, new: Mapping[str, Any]
) -> Sequence[Problem]:
    if old is None:
        return problems
    return [problem for problem in problems if _at(old, problem.node) != _at(new, problem.node)]


def _at(document: Any, node: Where) -> Any:
    """The value at `node`. A list counts as one value, because its entries have no names."""
    for part in node:
        if isinstance(part, int):
            return document
        document = document.get(part) if isinstance(document, dict) else None
    return document
