"""All rows of all subjects: the reference of reasons (`docs/reasons.md`) is generated from them."""

from __future__ import annotations

from types import ModuleType

from wahealth.core.reasons import asking, client, credentials, number, pods, progress, spec
from wahealth.core.reasons.row import Row

_SUBJECTS: dict[str, ModuleType] = {
    "The spec, and what it refers to": spec,
    "What is signed in with": credentials,
    "Asking the health node": asking,
    "The client and its nodes": client,
    "A phone number of the Cloud API": number,
    "What is written onto pods": pods,
    "What is waited for": progress,
}


def rows() -> dict[str, tuple[Row, ...]]:
    """The rows by the title of their subject, in the order in which their modules define them."""
    more = {asking: asking.HTTP_ROWS}
    return {
        title: (*(row for row in vars(module).values() if isinstance(row, Row)), *more.get(module, ()))
        for title, module in _SUBJECTS.items()
    }
