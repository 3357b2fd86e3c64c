"""Enums whose members are strings of a closed set."""

from __future__ import annotations

from enum import StrEnum


class FastStrEnum(StrEnum):
    """A string enum that hashes as a plain string, in C: Python's own enums hash by a call of a Python function."""

    __hash__ = str.__hash__
