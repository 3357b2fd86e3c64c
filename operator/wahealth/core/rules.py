"""Tables of rules: the order is the precedence, and the last rule always finds something."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar, TypeVarTuple

Subject = TypeVarTuple("Subject")
F = TypeVar("F")


def first_match(rules: Iterable[Callable[[*Subject], F | None]], *subject: *Subject) -> F:
    """The finding of the first rule that finds anything.

    Raises `StopIteration` if none does, which a complete table rules out.
    """
    return next(found for rule in rules if (found := rule(*subject)) is not None)
