"""Words of a closed set."""

from __future__ import annotations

from enum import StrEnum


class FastStrEnum(StrEnum):
    """One of a closed set of words, hashed as the string that it is: an enum hashes by a call of Python's own."""

    __hash__ = str.__hash__
