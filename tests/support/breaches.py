"""Each bound of the schema of a spec, once just kept and once just broken, in a resource that is good otherwise."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from support.resources import Resource, changed
from wahealth.api.crd import Schema, structural_schema

Where = tuple[str | int, ...]

# Between them they have every field.
WHOLE: tuple[Resource, ...] = (
    changed(
        spec__target={
            "workload": {"kind": "Deployment", "name": "web", "port": 443},
            "path": "/v1/health",
            "hostHeader": "waweb.example.com:8443",
        },
        spec__auth={"apiKey": {"secretKeyRef": {"name": "k", "key": "WA_API_KEY"}}},
        spec__mode="Multiconnect",
        spec__multiconnect={"shards": 4},
        spec__expectations={
            "minConnectedCoreapps": 3,
            "minCoreapps": 5,
            "minMasters": 2,
            "registration": "Required",
        },
        spec__apiKeyRotation={"restartPolicy": "OnChange", "minPeriodSeconds": 300},
        spec__probe={"periodSeconds": 60, "timeoutSeconds": 20, "failureThreshold": 3, "successThreshold": 1},
        spec__grace={"uninitializedSeconds": 600, "connectingSeconds": 120, "failoverSeconds": 60},
        spec__pods={
            "selector": {"matchLabels": {"app": "whatsapp"}},
            "roleLabels": "Enabled",
            "readinessGates": "Report",
        },
        spec__suspend=True,
    ),
    changed(
        spec__target={"service": {"name": "web", "port": 443}, "scope": "Service", "scheme": "HTTPS"},
        spec__auth={"bearerToken": {"secretKeyRef": {"name": "t", "key": "token"}}},
        spec__apiKeyRotation={"workload": {"kind": "StatefulSet", "name": "web"}},
        spec__tls={"verification": "Pinned", "serverName": "waweb", "pinnedSHA256": ["ab" * 32]},
    ),
    changed(
        spec__target={"url": "https://waweb.example.com"},
        spec__auth={"userCredentials": {"secretRef": {"name": "u", "usernameKey": "n", "passwordKey": "p"}}},
        spec__tls={
            "verification": "Full",
            "caRef": {"kind": "Secret", "name": "ca", "key": "ca.crt"},
            "clientCertificateRef": {"name": "web-client"},
        },
    ),
    changed(
        spec__target={
            "cloud": {
                "provider": "Graph",
                "phoneNumberID": "900000000000001",
                "graphVersion": "v26.0",
                "accountID": "900000000000002",
            }
        },
        spec__auth={
            "bearerToken": {
                "secretKeyRef": {"name": "t", "key": "token"},
                "appSecretKeyRef": {"name": "t", "key": "app-secret"},
            }
        },
        spec__cloud={
            "limited": "Accepted",
            "ignoredCodes": [141010],
            "templates": ["order_update"],
            "quality": "Ignore",
        },
    ),
)


def cases() -> dict[str, Resource]:
    """By what is changed; each place of the schema in the first resource that has it."""
    found = {f"whole {number}": resource for number, resource in enumerate(WHOLE)}
    for at, schema in _places(structural_schema()["properties"]["spec"], ("spec",)):
        resource = next(resource for resource in WHOLE if _value(resource, at) is not None)
        for what, value in _values(schema, _value(resource, at)):
            found[f"{'.'.join(map(str, at))}: {what}"] = _with(resource, at, value)
    return found


def _places(schema: Schema, at: Where) -> Iterator[tuple[Where, Schema]]:
    yield at, schema
    for name, child in schema.get("properties", {}).items():
        yield from _places(child, (*at, name))
    if "items" in schema:
        yield from _places(schema["items"], (*at, 0))
    if isinstance(values := schema.get("additionalProperties"), dict):
        yield from _places(values, (*at, "app"))


def _value(document: Any, at: Where) -> Any:
    for part in at:
        if isinstance(part, str) and part not in document:
            return None
        document = document[part]
    return document


def _with(resource: Resource, at: Where, value: Any) -> Resource:
    document = copy.deepcopy(resource)
    _value(document, at[:-1])[at[-1]] = value
    return document


_OTHERS: dict[str, tuple[Any, ...]] = {  # values of other types
    "object": ("text", [], None),
    "array": ("text", {}, None),
    "string": (5, True, {}, None),
    "boolean": ("true", 1, None),
    "integer": ("5", 7.5, True, None),
}


def _values(schema: Schema, good: Any) -> Iterator[tuple[str, Any]]:
    yield from ((f"{value!r}", value) for value in _OTHERS[schema["type"]])
    for keyword, limit in schema.items():
        yield from ((f"{keyword} {what}", value) for what, value in _BOUNDS.get(keyword, _nothing)(limit, good))


def _nothing(_: Any, __: Any) -> Iterator[tuple[str, Any]]:
    yield from ()


def _around(step: int) -> Callable[[Any, Any], Iterator[tuple[str, Any]]]:
    def values(limit: int, _: Any) -> Iterator[tuple[str, Any]]:
        yield "kept", limit
        yield "broken", limit + step

    return values


def _words(words: list[Any], _: Any) -> Iterator[tuple[str, Any]]:
    yield from ((f"{word}", word) for word in words)
    yield "broken", "none of them" if isinstance(words[0], str) else 1000


def _patterns(_: str, good: str) -> Iterator[tuple[str, Any]]:
    yield from (("blank", f"{good} "), ("newline", f"{good}\n"), ("not ASCII", f"{good}é"))


def _lengths(limit: int, good: str) -> Iterator[tuple[str, Any]]:
    """Of a value's first character, which any value may have more of."""
    yield from (("kept", good[0] * limit), ("broken", good[0] * (limit + 1)), ("not ASCII", "é" * limit))


def _without(names: list[str], good: Resource) -> Iterator[tuple[str, Any]]:
    yield from ((f"without {name}", {key: value for key, value in good.items() if key != name}) for name in names)


def _beside(_: Any, good: Resource) -> Iterator[tuple[str, Any]]:
    yield "an unknown field", {**good, "unknown": 1}


def _items(limit: int, _: Any) -> Iterator[tuple[str, Any]]:
    pins = [f"{number:02x}" * 32 for number in range(limit + 1)]
    yield from (("kept", pins[:limit]), ("broken", pins))


def _entries(limit: int, _: Any) -> Iterator[tuple[str, Any]]:
    labels = {f"label-{number}": "x" for number in range(limit + 1)}
    yield from (("kept", dict(list(labels.items())[:limit])), ("broken", labels))


_BOUNDS: dict[str, Callable[[Any, Any], Iterator[tuple[str, Any]]]] = {
    "minimum": _around(-1),
    "maximum": _around(1),
    "enum": _words,
    "pattern": _patterns,
    "maxLength": _lengths,
    "minLength": lambda _, __: iter([("broken", "")]),
    "required": _without,
    "properties": _beside,
    "minItems": lambda _, __: iter([("broken", [])]),
    "maxItems": _items,
    "x-kubernetes-list-type": lambda _, good: iter([("one twice", [*good, *good])]),
    "maxProperties": _entries,
}
# What a schema has besides, and what is neither kept nor broken.
SILENT = {"type", "description", "default", "items", "additionalProperties", "x-kubernetes-validations"}


def keywords() -> set[str]:
    """All that the schema of a spec has."""
    return {keyword for _, schema in _places(structural_schema()["properties"]["spec"], ()) for keyword in schema}


def known_keywords() -> set[str]:
    return {*_BOUNDS, *SILENT}


def rules(schema: Schema | None = None) -> Iterator[str]:
    """The sentences of all CEL rules."""
    schema = structural_schema() if schema is None else schema
    for rule in schema.get("x-kubernetes-validations", ()):
        assert rule.keys() <= {"rule", "message", "fieldPath"}, "simulate.rules knows no more than these"
        yield rule["message"]
    for child in (*schema.get("properties", {}).values(), *filter(None, [schema.get("items")])):
        yield from rules(child)
