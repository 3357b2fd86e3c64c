"""Completion of all programs by argcomplete, which runs the parser over what has been typed so far.

A shell asks by environment variables, and the program answers instead of running. `wahealth completion` prints what a
shell needs for that.
"""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Callable, Iterator
from typing import Any, TextIO

SHELLS = ("bash", "zsh")
PROGRAM = "wahealth"
_ASKS = "_ARGCOMPLETE"
HOW = {
    "bash": "Add this to ~/.bashrc:  source <(wahealth completion bash)",
    "zsh": "Add this to ~/.zshrc, after compinit:  source <(wahealth completion zsh)",
}
Completer = Callable[..., Any]


def is_asked() -> bool:
    """Whether a shell asks for candidates."""
    return _ASKS in os.environ


def typed() -> list[str]:
    """The words behind the program's name, as far as they are whole."""
    try:
        return shlex.split(os.environ.get("COMP_LINE", ""))[1:]
    except ValueError:  # a quote that is still open
        return os.environ.get("COMP_LINE", "").split()[1:]


def answer(
    parser: argparse.ArgumentParser,
    completer_of: Callable[[argparse.Action], Completer | None],
    stream: TextIO | None = None,
    end: Callable[[int], object] = os._exit,
) -> None:
    """Writes the candidates to whom the shell has told, or to `stream`, and ends. `completer_of` gives what is behind
    the words of an argument that has no choices; None if nothing is."""
    from argcomplete import autocomplete

    for action in _actions(parser):
        if action.choices is None:
            action.completer = completer_of(action) or _nothing  # type: ignore[attr-defined]
    autocomplete(parser, always_complete_options=False, exit_method=end, output_stream=stream)


def script(shell: str) -> str:
    """What a shell reads to complete the words of `wahealth`."""
    from argcomplete.shell_integration import shellcode

    return str(shellcode([PROGRAM], shell=shell))


def files(**asked: Any) -> Any:
    """Paths that begin so."""
    from argcomplete.completers import FilesCompleter

    return FilesCompleter()(**asked)


def _nothing(**_: object) -> list[str]:
    return []


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                yield from _actions(each)
