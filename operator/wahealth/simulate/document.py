"""What a scenario's file is made of: parts with known fields, text, and JSON objects that are merged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("contains half a character (a surrogate), which cannot be encoded") from None
    return text


Text = Annotated[str, AfterValidator(_encodable)]


def _as_json(value: Any, made: dict[int, Any] | None = None) -> Any:
    """The value as kubectl would read it: dates, bytes and keys become text. Aliases stay shared objects; `made` maps
    the id of an object to its copy."""
    made = {} if made is None else made
    if id(value) in made:
        return made[id(value)]
    if isinstance(value, dict):
        fields: dict[str, Any] = {}
        made[id(value)] = fields
        fields |= {str(name): _as_json(inner, made) for name, inner in value.items()}
        return fields
    if isinstance(value, list):
        entries: list[Any] = []
        made[id(value)] = entries
        entries += [_as_json(inner, made) for inner in value]
        return entries
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value if value is None or isinstance(value, str | int | float) else str(value)


Document = Annotated[dict[str, Any], AfterValidator(_as_json)]


class Strict(BaseModel):
    """A part of a scenario, in camelCase; unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """`old` with the merge patch `new` (RFC 7396): maps are merged, null removes. A new map is stored without its
    nulls, as in the API server."""
    result = dict(old)
    for name, value in new.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            before = result.get(name)
            result[name] = merged(before if isinstance(before, dict) else {}, value)
        else:
            result[name] = value
    return result
