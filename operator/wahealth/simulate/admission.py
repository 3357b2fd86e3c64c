"""Whether the API server would admit a client: by the CustomResourceDefinition, as at `kubectl apply`.

What it takes to look is an extra, `wahealth-operator[simulate]`, and imported only here and only then.
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
# With one of these no rule is looked at: the API server does not, either.
_BLOCKING = frozenset({"additionalProperties", "required", "type", "enum", "maxLength", "maxItems", "maxProperties"})


def is_checked() -> bool:
    return all(find_spec(name) is not None for name in ("celpy", "jsonschema", "re2"))


def refusals(client: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> Sequence[Problem]:
    """Why it is not admitted, the first to be corrected first. `before`: what was there until this edit; what is wrong
    and was so already is no reason (Kubernetes: ratcheting)."""
    from wahealth.simulate import rules, structure

    new = structure.with_defaults(client)
    old = None if before is None else structure.with_defaults(before)
    found = _of_this_edit(structure.misfits(new), old, new)
    if any(problem.keyword in _BLOCKING for problem in found):
        return found
    return [*found, *_of_this_edit(rules.broken(new), old, new)]


def told(problem: Problem) -> str:
    """`spec.probe.periodSeconds: Invalid value: …`, without a full stop."""
    field = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in problem.field)
    return f"{field.removeprefix('.')}: {problem.sentence}" if field else problem.sentence


def _of_this_edit(
    problems: Sequence[Problem], old: Mapping[str, Any] | None, new: Mapping[str, Any]
) -> Sequence[Problem]:
    if old is None:
        return problems
    return [problem for problem in problems if _at(old, problem.node) != _at(new, problem.node)]


def _at(document: Any, node: Where) -> Any:
    """A list counts as one value, for its entries have no names."""
    for part in node:
        if isinstance(part, int):
            return document
        document = document.get(part) if isinstance(document, dict) else None
    return document
