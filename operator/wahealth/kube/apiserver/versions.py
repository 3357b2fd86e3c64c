"""Resource versions of one collection grow; the API conventions allow to compare them as numbers since 1.35."""

from __future__ import annotations


def is_older(version: str, than: str) -> bool:
    """False where that cannot be told."""
    return _are_numbers(version, than) and int(version) < int(than)


def is_newer(version: str, than: str) -> bool:
    """Where that cannot be told, any other one is."""
    return is_older(than, version) if _are_numbers(version, than) else version != than


def _are_numbers(*versions: str) -> bool:
    return all(map(str.isdecimal, versions))
