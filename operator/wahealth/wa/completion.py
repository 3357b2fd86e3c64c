"""Completion in a shell, by kubectl's protocol for plugins.

kubectl runs the program `kubectl_complete-wa` with all words behind `wa`, the last being the one to complete. It prints
a candidate a line, with a description behind a tabulator, and at last what the shell does besides: `:4` completes no
files, `:0` does.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from wahealth.probe.printable import harmless
from wahealth.wa.words import Candidate, Next, Wanted, next_of

_LONGEST = 120  # characters of a description
_NO_FILES, _FILES = ":4", ":0"

SCRIPT = """#!/bin/sh
# kubectl runs this program to complete the words of `kubectl wa`.
exec kubectl-wa __complete "$@"
"""
_PLACE = "~/.local/bin/kubectl_complete-wa"
HOW = f"""Where kubectl-wa was installed without it, save this as kubectl_complete-wa in a directory of your PATH:
  kubectl wa completion > {_PLACE} && chmod +x {_PLACE}"""


def run(parser: argparse.ArgumentParser, words: Sequence[str]) -> int:
    """Prints what may come in place of the last word. Returns 0: completion never fails."""
    sys.stdin = None  # so that no plugin that signs in asks a question while somebody types
    following = next_of(parser, words)
    begun = (words[-1] if words else "").removeprefix(following.before)
    for word, text in _candidates(following):
        if word.startswith(begun):
            print(f"{following.before}{word}" + (f"\t{harmless(text, _LONGEST)}" if text else ""))
    print(_FILES if Wanted.FILE in following.wanted else _NO_FILES)
    return 0


def _candidates(following: Next) -> list[Candidate]:
    if not following.wanted:
        return list(following.words)
    from wahealth.wa.names import names

    return [*following.words, *names(following.wanted, following.typed)]
