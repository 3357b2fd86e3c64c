"""What the words behind a flag or a command are: names to be looked up, or files."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

from wahealth.core.strenum import FastStrEnum


class Wanted(FastStrEnum):
    """Names that are in no table of the parser, by the metavar or the destination that asks for them."""

    CLIENT = "NAME"
    REASON = "REASON"
    NODE = "NODE"
    SECRET = "SECRET"  # noqa: S105 - a word
    NAMESPACE = "namespace"
    OPERATOR_NAMESPACE = "operator_namespace"
    CONTEXT = "context"


class Candidate(NamedTuple):
    """A word, and what it is; empty where the word says it."""

    word: str
    text: str = ""


def wanted_by(action: argparse.Action) -> tuple[Wanted, ...]:
    """The kinds of names that an argument takes."""
    metavar = str(action.metavar or "")
    return tuple(Wanted(part) for part in (*metavar.split("|"), action.dest) if part in _WANTED)


_WANTED = frozenset(word.value for word in Wanted)


def takes_files(action: argparse.Action) -> bool:
    """Whether an argument is a path."""
    return action.type is Path
