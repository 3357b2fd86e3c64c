"""Which of two resourceVersions is newer. The API conventions allow comparing those of one collection since 1.35."""

from __future__ import annotations


def is_older(version: str, than: str) -> bool:
    """False also when one of them is not a number."""
    return _are_numbers(version, than) and int(version) < int(than)


def is_newer(version: str, than: str) -> bool:
    """When one of them is not a number, any other version counts as newer."""
    return is_older(than, version) if _are_numbers(version, than) else version != than


def _are_numbers(*versions: str) -> bool:
    return all(map(str.isdecimal, versions))
