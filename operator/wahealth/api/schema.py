"""Building blocks of the resource's models: names, CEL rules, lists of named objects."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

DNS_NAME = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
ENTRY_NAME = r"^[-._a-zA-Z0-9]+$"

ObjectName = Annotated[str, Field(min_length=1, max_length=253, pattern=DNS_NAME)]
EntryName = Annotated[str, Field(min_length=1, max_length=253, pattern=ENTRY_NAME)]


def rule(cel: str, message: str, **more: str) -> dict[str, str]:
    """A CEL rule of `x-kubernetes-validations`; `more` are further fields of it, such as `fieldPath`."""
    return {"rule": cel, "message": message, **more}


def rules(*written: dict[str, str]) -> dict[str, Any]:
    """A part of a schema that holds these rules."""
    return {"x-kubernetes-validations": list(written)}


def by_key(key: str) -> dict[str, Any]:
    """A part of a schema: a list of objects that server-side apply merges by the field `key`."""
    return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key]}


class Model(BaseModel):
    """A part of the resource: snake_case in Python, camelCase in YAML. Validation errors do not show the input."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, from_attributes=True, hide_input_in_errors=True
    )
