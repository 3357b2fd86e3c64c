"""All commands of `kubectl wa`, as a table: what each is for, and what may be typed behind it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, NamedTuple


class Command(NamedTuple):
    """A command. `add` adds its own flags and arguments; `asks` has what it does."""

    text: str
    add: Callable[[argparse.ArgumentParser], Any]


def _name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="of a WhatsAppClient")


def _explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", metavar="NAME|REASON", nargs="?", default="", help="client, or reason")
    parser.add_argument("--list", action="store_true", help="list all reasons")


def _nodes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("nodes", metavar="NODE", nargs="+", help="of the cluster; several are drained at once")


def _secret(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("secret", metavar="SECRET", help="secret/NAME or secret/NAME:ENTRY")


def _top(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--bad", action="store_true", help="only those that are not well")
    parser.add_argument("--once", action="store_true", help="a list instead of the live view")


def _url(written: str) -> str:
    if not written.startswith(("https://", "http://")):
        raise argparse.ArgumentTypeError("must begin with https:// or http://")
    return written


def _board(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", metavar="P", type=int, default=0, help="of 127.0.0.1 (default: any that is free)")
    parser.add_argument("--no-open", action="store_true", help="open no browser")
    parser.add_argument("--runbook-url", metavar="URL", type=_url, help="where you publish the runbooks of the alerts")


def _nothing(_: argparse.ArgumentParser) -> None:
    pass


COMMANDS = {
    "status": Command("the verdict on a client, why, and what to do next", _name),
    "history": Command("what was believed of a client, and for how long", _name),
    "top": Command("all clients, the worst first", _top),
    "explain": Command("where a client fails, link by link; or a reason", _explain),
    "drain": Command("whether nodes can be drained without an outage", _nodes),
    "check-key": Command("the form of a credential; its value is not shown", _secret),
    "report": Command("a report without names, for wahealth simulate", _name),
    "board": Command("a page for the browser: map of all clients, each with its topology", _board),
    "completion": Command("the program that completes words in a shell", _nothing),
}
