"""Validates a resource against the CustomResourceDefinition's schema, in words close to the API server's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import re2
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from wahealth.api.crd import Schema, structural_schema
from wahealth.api.schema import DNS_NAME
from wahealth.api.v1alpha1 import API_VERSION, KIND

Where = tuple[str | int, ...]
LONGEST_SHOWN = 80  # characters of a value


class Problem(NamedTuple):
    """What is wrong with a resource. `node` is the path of the invalid value, `field` the path of the field to
    correct."""

    node: Where
    field: Where
    sentence: str
    keyword: str = ""  # of the schema; empty for a CEL rule


def with_defaults(client: Mapping[str, Any]) -> dict[str, Any]:
    """The client as the API server would store it, with defaults and without a status, which is a subresource."""
    given = {name: value for name, value in client.items() if name != "status"}
    stored: dict[str, Any] = _with_defaults(_schema(), given)
    return stored


def _with_defaults(schema: Schema, value: Any) -> Any:
    if isinstance(value, list):
        return [_with_defaults(schema.get("items", {}), entry) for entry in value]
    if not isinstance(value, dict):
        return value
    known = schema.get("properties", {})
    missing = {name: child["default"] for name, child in known.items() if "default" in child and name not in value}
    return {name: _with_defaults(known.get(name, {}), inner) for name, inner in (value | missing).items()}


def misfits(stored: Mapping[str, Any]) -> tuple[Problem, ...]:
    """The values that the schema does not admit. `stored` is the resource with its defaults."""
    return tuple(dict.fromkeys(problem for error in _validator().iter_errors(stored) for problem in _told(error)))


@cache
def _validator() -> Any:
    as_the_api_server = extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]
    return as_the_api_server(_schema())


def _pattern(_validator: Any, pattern: str, value: Any, _schema: Any) -> Iterator[ValidationError]:
    """The keyword `pattern`, by RE2 as in the API server: in Python `$` also matches before a final newline."""
    if isinstance(value, str) and re2.search(pattern, value) is None:
        yield ValidationError("")


@cache
def _schema() -> Schema:
    """The schema, with what the API server itself checks: apiVersion, kind and the form of a name. The client of a
    scenario can leave out all three."""
    schema = structural_schema()
    name = {"type": "string", "maxLength": 253, "pattern": DNS_NAME, "default": "client"}
    known = {
        "apiVersion": {"enum": [API_VERSION]},
        "kind": {"enum": [KIND]},
        "metadata": {"type": "object", "properties": {"name": name}, "additionalProperties": {}, "default": {}},
        "spec": schema["properties"]["spec"],
    }
    return _strict({**schema, "properties": known})


def _strict(node: Schema) -> Schema:
    """The schema without unknown fields, and without duplicates in sets."""
    strict = dict(node)
    if "properties" in node:
        strict["properties"] = {name: _strict(child) for name, child in node["properties"].items()}
        strict.setdefault("additionalProperties", False)
    if node.get("x-kubernetes-list-type") == "set":
        strict["uniqueItems"] = True
    return strict


def _told(error: ValidationError) -> Iterator[Problem]:
    node, keyword = tuple(error.absolute_path), str(error.validator)
    for name in _named(keyword, error):
        yield Problem(node, (*node, *name), _SAYS[keyword](error.validator_value, error.instance), keyword)


def _named(keyword: str, error: ValidationError) -> Iterator[Where]:
    """Paths, relative to the invalid value, of the fields that the error is about."""
    there: Any = error.instance
    wanted: Any = error.validator_value
    known: Any = error.schema
    if keyword == "required":
        yield from ((name,) for name in wanted if name not in there)
    elif keyword == "additionalProperties":
        yield from ((name,) for name in there if name not in known["properties"])
    elif keyword == "uniqueItems":
        yield from ((place,) for place, entry in enumerate(there) if entry in there[:place])
    else:
        yield ()


_TYPES = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}

_SAYS: dict[str, Callable[[Any, Any], str]] = {
    "additionalProperties": lambda _, __: "unknown field: correct its name or remove it",
    "required": lambda _, __: "Required value: add it",
    "type": lambda wanted, value: f"must be of type {wanted}, not {_TYPES.get(type(value), 'null')}",
    "enum": lambda words, value: f"Unsupported value: {_shown(value)}: use one of {', '.join(map(_shown, words))}",
    "pattern": lambda pattern, value: f"Invalid value: {_shown(value)}: should match '{pattern}'",
    "minimum": lambda least, value: f"Invalid value: {value}: should be greater than or equal to {least}",
    "maximum": lambda most, value: f"Invalid value: {value}: should be less than or equal to {most}",
    "minLength": lambda least, _: f"Invalid value: should have at least {_many(least, 'character')}",
    "maxLength": lambda most, _: f"Too long: must have at most {_many(most, 'character')}",
    "minItems": lambda least, _: f"Invalid value: should have at least {_many(least, 'item')}",
    "maxItems": lambda most, value: f"Too many: {len(value)}: must have at most {_many(most, 'item')}",
    "maxProperties": lambda most, value: f"Too many: {len(value)}: must have at most {_many(most, 'item')}",
    "uniqueItems": lambda _, __: "Duplicate value: remove it",
}


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _many(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
