"""A path of the Graph API in its parts, and the version that serves it. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

_VERSIONED = re.compile(r"/(v\d{1,3}\.\d{1,2})(/.*)", re.DOTALL)


class GraphPath(NamedTuple):
    version: str  # empty where the path names none
    name: str  # the id of a number or an account, or debug_token
    edge: str  # such as message_templates; empty for the object itself


def parse_path(path: str) -> GraphPath:
    """`path`: decoded, so that an id may have a newline at its end."""
    versioned = _VERSIONED.fullmatch(path)
    version, rest = versioned.groups() if versioned else ("", path)
    name, _, edge = rest.removeprefix("/").partition("/")
    return GraphPath(version, name, edge)


def served_version(asked: str, oldest: str) -> str:
    """A version that has ended is served by the oldest that has not, in silence; and so is a path without one."""
    return asked if asked and not is_newer(oldest, asked) else oldest


def is_newer(version: str, other: str) -> bool:
    return _numbers(version) > _numbers(other)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.removeprefix("v").split("."))) if version else ()
