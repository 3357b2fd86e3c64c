"""`kubectl wa`, which is `wahealth wa` as well: its parser, and how a command ends."""

from __future__ import annotations

import argparse
import sys

from wahealth.kubeconfig.problem import NotUsable
from wahealth.wa import flags
from wahealth.wa.commands import COMMANDS
from wahealth.wa.problem import NOT_THERE, Unusable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """All commands, with the flags of each."""
    parser.description = "What a WhatsAppClient does, why, and what to do next."
    commands = parser.add_subparsers(metavar="COMMAND", dest="asked", required=True, title="commands")
    flags.add_common(parser, defaults=True)
    for name, (text, add) in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=f"{text[:1].upper()}{text[1:]}.")
        add(command)
        flags.add_common(command, defaults=False)


def run(arguments: argparse.Namespace) -> int:
    """Runs a command and returns its exit code: 0, 1 or 2 by the condition Ready where there is a verdict, 64 for wrong
    usage, 69 for what is missing."""
    from wahealth.wa.asks import ask

    try:
        return ask(arguments)
    except (Unusable, NotUsable) as error:
        print(f"kubectl wa {arguments.asked}: {error}.", file=sys.stderr)
        return error.code if isinstance(error, Unusable) else NOT_THERE
