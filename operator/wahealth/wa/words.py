"""What may be typed next, from the parser's own tables: commands, flags, their values, and what names are wanted."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from wahealth.core.strenum import FastStrEnum


class Wanted(FastStrEnum):
    """Names that are not in the tables, by the metavar or the destination that asks for them."""

    CLIENT = "NAME"
    REASON = "REASON"
    NODE = "NODE"
    SECRET = "SECRET"  # noqa: S105 - a word
    NAMESPACE = "namespace"
    OPERATOR_NAMESPACE = "operator_namespace"
    CONTEXT = "context"
    FILE = "kubeconfig"


class Candidate(NamedTuple):
    """A word, and what it is; empty where the word says it."""

    word: str
    text: str = ""


class Next(NamedTuple):
    """What may come next: words, and names to be looked up. `before` stands in the word already, such as `--context=`.

    `typed` has the values of the flags so far, by their destination.
    """

    words: tuple[Candidate, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    before: str = ""
    typed: Mapping[str, str] = {}


def next_of(parser: argparse.ArgumentParser, words: Sequence[str]) -> Next:
    """What may come in place of the last word, which may be empty or begun."""
    *typed, last = words or [""]
    values: dict[str, str] = {}
    open_flag: argparse.Action | None = None
    arguments = 0
    for word in typed:
        if open_flag is not None:
            values[open_flag.dest], open_flag = word, None
            continue
        name, equals, value = word.partition("=")
        flag = _flags(parser).get(name)
        if flag is not None and flag.nargs != 0:
            open_flag = None if equals else flag
            values[flag.dest] = value
        elif word in _commands(parser):
            parser = _commands(parser)[word]
        elif not word.startswith("-"):
            arguments += 1
    return _at(parser, last, open_flag, arguments)._replace(typed=values)


def _at(parser: argparse.ArgumentParser, last: str, open_flag: argparse.Action | None, arguments: int) -> Next:
    name, equals, _ = last.partition("=")
    if open_flag is not None:
        return _values(open_flag)
    if equals and (flag := _flags(parser).get(name)):
        return _values(flag)._replace(before=f"{name}=")
    if last.startswith("-"):
        return Next(tuple(Candidate(flag, action.help or "") for flag, action in _flags(parser).items()))
    if _commands(parser):
        return Next(tuple(Candidate(name, text) for name, text in _texts(parser).items()))
    positional = [action for action in parser._actions if not action.option_strings]
    many = [action for action in positional if action.nargs in {"+", "*"}]
    wanted = positional[arguments : arguments + 1] or many
    found = (_values(action) for action in wanted)
    return next(found, Next())


def _values(action: argparse.Action) -> Next:
    if action.choices is not None:
        return Next(tuple(map(Candidate, action.choices)))
    metavar = str(action.metavar or "")
    return Next(wanted=tuple(Wanted(part) for part in (*metavar.split("|"), action.dest) if part in _WANTED))


_WANTED = frozenset(word.value for word in Wanted)


def _flags(parser: argparse.ArgumentParser) -> dict[str, argparse.Action]:
    return {name: action for action in parser._actions for name in action.option_strings}


def _subparsers(parser: argparse.ArgumentParser) -> argparse._SubParsersAction[argparse.ArgumentParser] | None:
    found = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return next(found, None)


def _commands(parser: argparse.ArgumentParser) -> Mapping[str, argparse.ArgumentParser]:
    found = _subparsers(parser)
    return found.choices if found is not None else {}


def _texts(parser: argparse.ArgumentParser) -> dict[str, str]:
    found = _subparsers(parser)
    return {action.dest: action.help or "" for action in found._choices_actions} if found is not None else {}
