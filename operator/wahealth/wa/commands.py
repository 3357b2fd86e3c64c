"""All commands of `kubectl wa`, as a table."""

from __future__ import annotations

import argparse

from wahealth.wa import flags, history, reason, status
from wahealth.wa.call import Call, Command
from wahealth.wa.client import client_of
from wahealth.wa.looking import look
from wahealth.wa.problem import UP, USAGE, Unusable


def _name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="of a WhatsAppClient")


async def _status(call: Call) -> int:
    cluster = await call.cluster()
    seen = await look(cluster, call.namespace(cluster), call.arguments.name, flags.where(call.arguments))
    call.give(lambda: status.lines(seen, call.width), lambda: status.document(seen))
    return seen.verdict.code


async def _history(call: Call) -> int:
    cluster = await call.cluster()
    client = client_of(await cluster.client(call.namespace(cluster), call.arguments.name))
    call.give(lambda: history.page(client, cluster.now, call.width), lambda: history.document(client))
    return UP


def _explained(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", metavar="REASON", nargs="?", default="", help="of a condition, such as Disconnected")
    parser.add_argument("--list", action="store_true", help="list all reasons")


async def _explain(call: Call) -> int:
    what = call.arguments.what
    if call.arguments.list:
        call.give(reason.listed, reason.names)
    elif reason.is_reason(what):
        call.give(lambda: reason.lines(what, call.width), lambda: reason.document(what))
    else:
        raise Unusable("name a reason, such as Disconnected, or list all with --list", USAGE)
    return UP


COMMANDS = {
    "status": Command("show the verdict on a client, why, and what to do next", _name, _status),
    "history": Command("show what was believed of a client, and for how long", _name, _history),
    "explain": Command("explain what a reason means, and what to do next", _explained, _explain),
}
