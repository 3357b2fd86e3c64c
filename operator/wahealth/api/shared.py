"""Holds equal parts of specs once: those of a fleet differ in little but their target, and a part weighs half a KB."""

from __future__ import annotations

from typing import TypeVar
from weakref import WeakValueDictionary

from wahealth.api.schema import Model

M = TypeVar("M", bound=Model)
_held: WeakValueDictionary[tuple[type[Model], str], Model] = WeakValueDictionary()


def shared(spec: M) -> M:
    """The same spec, whose parts are those of others where they say the same. Nobody may change them."""
    for name in type(spec).model_fields:
        part = getattr(spec, name)
        if isinstance(part, Model):
            said = type(part), part.model_dump_json(exclude_unset=True)
            object.__setattr__(spec, name, _held.setdefault(said, part))
    return spec
