"""What an apply of our status leaves in the resource, because somebody else wrote it too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wahealth.api.v1alpha1 import Status
from wahealth.core.status import ConditionType

_REPLACED_WHOLE = frozenset({"history"})  # an atomic list
_OURS = frozenset(type_.value for type_ in ConditionType)


def left_standing(status: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """Fields of ours that are still in the resource although the apply left them out, as JSON pointers such as
    `/status/endpoints/2`.

    A field that another field manager also owns survives an apply without it. `status` is what was applied, `found`
    what the API server holds now. The pointers are in an order in which they can be removed one by one.
    """
    known = {field.alias or name for name, field in Status.model_fields.items()}
    ours = {key: value for key, value in found.items() if key in known - (status.keys() & _REPLACED_WHOLE)}
    if "conditions" in ours:
        # A condition of a type that is not ours belongs to somebody else and stays.
        ours["conditions"] = [one if one.get("type") in _OURS else None for one in ours["conditions"]]
    return list(_surplus(status, ours, "/status"))


_KEYS = ("type", "name", "pod")  # fields by which the entries of our lists are told apart


def _surplus(wanted: Any, found: Any, at: str) -> Iterator[str]:
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        for name, value in found.items():
            if name in wanted:
                yield from _surplus(wanted[name], value, f"{at}/{name}")
            else:
                yield f"{at}/{name}"
    elif isinstance(wanted, list) and isinstance(found, list):
        entries = {_key(entry): entry for entry in wanted}
        for place in reversed(range(len(found))):
            entry = found[place]
            if _key(entry) in entries:
                yield from _surplus(entries[_key(entry)], entry, f"{at}/{place}")
            elif entry is not None:
                yield f"{at}/{place}"


def _key(entry: Any) -> Any:
    return next((entry[key] for key in _KEYS if key in entry), None) if isinstance(entry, Mapping) else entry
