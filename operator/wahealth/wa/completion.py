"""Completion by kubectl's protocol for plugins, answered by the same library as that of the shells.

kubectl runs the program `kubectl_complete-wa` with all words behind `wa`, the last being the one to complete. It prints
a candidate a line, with a description behind a tabulator, and at last what the shell does besides: `:4` completes no
files, `:0` does.
"""

from __future__ import annotations

import argparse
import io
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from wahealth import completion
from wahealth.probe.printable import harmless
from wahealth.wa.words import Wanted, takes_files, wanted_by

_LONGEST = 120  # characters of a description
_NO_FILES, _FILES = ":4", ":0"

SCRIPT = """#!/bin/sh
# kubectl runs this program to complete the words of `kubectl wa`.
exec kubectl-wa __complete "$@"
"""
_PLACE = "~/.local/bin/kubectl_complete-wa"
HOW = f"""Where kubectl-wa was installed without it, save this as kubectl_complete-wa in a directory of your PATH:
  kubectl wa completion > {_PLACE} && chmod +x {_PLACE}"""


def completer_of(action: argparse.Action) -> completion.Completer | None:
    """What completes the words of an argument: names, files, or nothing."""
    if takes_files(action):
        return completion.files
    wanted = wanted_by(action)
    return partial(_named, wanted) if wanted else None


def run(parser: argparse.ArgumentParser, words: Sequence[str]) -> int:
    """Prints what may come in place of the last word. Returns 0: completion never fails."""
    sys.stdin = None  # so that no plugin that signs in asks a question while somebody types
    wants_files: list[bool] = []

    def of_kubectl(action: argparse.Action) -> completion.Completer | None:
        return partial(_noted, wants_files) if takes_files(action) else completer_of(action)

    found = io.StringIO()
    os.environ.update(_asked(words))
    completion.answer(parser, of_kubectl, found, lambda _: None)
    for each in filter(None, found.getvalue().split("\n")):
        word, _, text = each.partition("\t")
        print(word + (f"\t{harmless(text, _LONGEST)}" if text else ""))
    print(_FILES if wants_files else _NO_FILES)
    return 0


def _asked(words: Sequence[str]) -> dict[str, str]:
    """The question as a shell that escapes nothing asks it."""
    *before, last = words or [""]
    line = f"{shlex.join(['kubectl-wa', *before])} {shlex.quote(last) if last else ''}"
    return {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_SHELL": "fish",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_DFS": "\t",
        "_ARGCOMPLETE_SUPPRESS_SPACE": "1",
        "_ARGCOMPLETE_COMP_WORDBREAKS": " ",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line.encode())),
    }


def _noted(wanted: list[bool], **_: object) -> list[str]:
    wanted.append(True)
    return []


def _named(wanted: tuple[Wanted, ...], parsed_args: argparse.Namespace, **_: Any) -> Mapping[str, str]:
    from wahealth.wa.names import names

    return {each.word: each.text for each in names(wanted, parsed_args)}
