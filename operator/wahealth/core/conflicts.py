"""What does not go together in a spec, or among flags: one sentence each, with the names that the fields have there."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from wahealth.core.facts import ALLOWED_SHARDS, Expectation
from wahealth.core.status import Mode


class Names(NamedTuple):
    """What something is called where it is written."""

    mode: str
    shards: str


RESOURCE = Names("mode", "multiconnect.shards")
FLAGS = Names("--mode", "--shards")


def shards_needed(names: Names) -> str:
    *most, last = map(str, ALLOWED_SHARDS)
    return f"{names.mode} Multiconnect needs {names.shards}: set it to {', '.join(most)} or {last}"


def shards_useless(names: Names) -> str:
    return f"{names.shards} has a meaning with {names.mode} Multiconnect or Auto only: remove it or change the mode"


_AMONG_FLAGS: tuple[tuple[Callable[[Expectation], bool], str], ...] = (
    (lambda said: said.mode is Mode.MULTICONNECT and said.shards is None, shards_needed(FLAGS)),
    (lambda said: said.shards is not None and said.mode not in {None, Mode.MULTICONNECT}, shards_useless(FLAGS)),
)


def among_flags(said: Expectation) -> str | None:
    """The first that there is; None: all of it goes together."""
    return next((sentence for is_there, sentence in _AMONG_FLAGS if is_there(said)), None)
