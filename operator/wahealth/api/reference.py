"""The page `docs/reference.md`, made of the models: every field with its meaning, default and an example."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from wahealth.api import v1alpha1 as api
from wahealth.api.crd import Schema, resolved_schema

HEAD = f"""# The fields of a {api.KIND}

`{api.API_VERSION}`. References are to the resource's own namespace; durations are integers with the unit in the name.
`kubectl explain {api.SINGULAR}.spec --recursive` shows the same in a cluster.
"""


def reference() -> str:
    """The page in Markdown."""
    schema = resolved_schema()
    parts = [HEAD]
    for half in ("spec", "status"):
        top = schema["properties"][half]
        parts.append(f"\n## {half}\n\n{top['description']}\n" + _sentences([top]))
        parts += [_section(half, name, field) for name, field in top["properties"].items()]
    return "".join(parts)


def _section(half: str, name: str, field: Schema) -> str:
    rows = "".join(_row(path, leaf, required) for path, leaf, required in _leaves(name, field, required=False))
    about = f"{field['description']}\n\n" if "description" in field and _children(field) else ""
    head = "| field | type | default | what it is | example |\n|---|---|---|---|---|\n"
    return f"\n### {half}.{name}\n\n{about}{head}{rows}" + _sentences(_nodes(field))


def _children(field: Schema) -> dict[str, Schema]:
    children: dict[str, Schema] = field.get("properties") or field.get("items", {}).get("properties") or {}
    return children


def _leaves(path: str, field: Schema, required: bool) -> Iterator[tuple[str, Schema, bool]]:
    children = _children(field)
    if not children:
        yield path, field, required
    wanted = field.get("required") or field.get("items", {}).get("required", ())
    for name, child in children.items():
        yield from _leaves(f"{path}{'[]' if 'items' in field else ''}.{name}", child, name in wanted)


def _row(path: str, leaf: Schema, required: bool) -> str:
    default = (
        f"`{_shown(leaf['default'])}`" if leaf.get("default") not in (None, []) else "required" if required else ""
    )
    cells = (f"`{path}`", _type(leaf), default, leaf["description"], f"`{_shown(_example(leaf))}`")
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def _type(leaf: Schema) -> str:
    if "enum" in leaf:
        return ", ".join(map(_shown, leaf["enum"]))
    bounds = [str(leaf[bound]) for bound in ("minimum", "maximum") if bound in leaf]
    kind = (
        "time"
        if leaf.get("format") == "date-time"
        else f"list of {_type(leaf['items'])}"
        if "items" in leaf
        else leaf["type"]
    )
    return f"{kind}, {' to '.join(bounds)}" if len(bounds) == 2 else kind


def _example(leaf: Schema) -> Any:
    """The model's own example, else a value other than the default where there is one."""
    if leaf.get("examples"):
        return leaf["examples"][0]
    if "enum" in leaf:
        return next((value for value in leaf["enum"] if value != leaf.get("default")), leaf["enum"][0])
    if leaf.get("format") == "date-time":
        return "2026-03-01T12:00:00Z"
    return not leaf["default"] if leaf.get("type") == "boolean" and "default" in leaf else leaf["default"]


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _sentences(nodes: Iterable[Schema]) -> str:
    """The CEL rules of these nodes as a list, in the words that the API server answers with."""
    said = [rule["message"] for node in nodes for rule in node.get("x-kubernetes-validations", ())]
    return "\nRefused at `kubectl apply`:\n\n" + "".join(f"- {sentence}\n" for sentence in said) if said else ""


def _nodes(node: Schema) -> Iterator[Schema]:
    yield node
    for child in _children(node).values():
        yield from _nodes(child)
