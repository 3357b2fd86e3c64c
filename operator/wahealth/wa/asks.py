"""What each command of `kubectl wa` does: it asks, prints, and returns the exit code."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from importlib.metadata import version

import yaml

from wahealth.wa import chain, completion, drain, history, keys, reason, report, status, top
from wahealth.wa.call import Call
from wahealth.wa.client import client_of
from wahealth.wa.looking import look
from wahealth.wa.problem import UP, USAGE, Unusable
from wahealth.wa.screen import line
from wahealth.wa.target import referred

_HOW_TO_LIVE = """A live view comes with the extra `terminal`: pipx install 'wahealth-operator[terminal]'. \
With --once this list comes without this line."""


def ask(arguments: argparse.Namespace) -> int:
    """Runs the command. Raises `Unusable` and `NotUsable`."""
    return asyncio.run(_asked(Call.of(arguments)))


async def _asked(call: Call) -> int:
    limit = None if call.arguments.asked in _ENDLESS else call.arguments.request_timeout
    try:
        if call.arguments.asked == "top" and call.is_interactive and (live := _live_view()):
            return await live(call)
        async with asyncio.timeout(limit):
            return await ASKS[call.arguments.asked](call)
    except TimeoutError:
        raise Unusable(f"no answer within {limit:g} s: raise --request-timeout, or look at the API server") from None


async def _status(call: Call) -> int:
    cluster = await call.cluster()
    seen = await look(cluster, call.namespace(cluster), call.arguments.name, call.where())
    call.give(lambda: status.lines(seen, call.width), lambda: status.document(seen))
    return seen.verdict.code


async def _history(call: Call) -> int:
    cluster = await call.cluster()
    client = client_of(await cluster.client(call.namespace(cluster), call.arguments.name))
    call.give(lambda: history.page(client, cluster.now, call.width), lambda: history.document(client))
    return UP


def _live_view() -> Callable[[Call], Awaitable[int]] | None:
    """The live view, which bounds each request on its own; None without the extra that draws it."""
    try:
        from wahealth.wa.live.app import shown
    except ModuleNotFoundError:
        return None
    return shown


async def _top(call: Call) -> int:
    cluster = await call.cluster()
    namespace = "" if call.arguments.all_namespaces else call.namespace(cluster)
    progress = top.Progress(sys.stderr)
    try:
        found = await top.fleet(cluster, namespace, call.where(), progress)
    finally:
        progress.end()
    call.give(lambda: top.lines(found, call.width, call.arguments.bad), lambda: top.document(found))
    if call.is_interactive:
        print(f"\n{_HOW_TO_LIVE}", file=sys.stderr)
    return UP


async def _explain(call: Call) -> int:
    what = call.arguments.what
    if call.arguments.list:
        call.give(reason.listed, reason.names)
    elif reason.is_reason(what):
        call.give(lambda: reason.lines(what, call.width), lambda: reason.document(what))
    elif what:
        return await _explain_client(call, what)
    else:
        raise Unusable("name a client, or a reason such as Disconnected, or list all reasons with --list", USAGE)
    return UP


async def _explain_client(call: Call, name: str) -> int:
    cluster = await call.cluster()
    seen = await look(cluster, call.namespace(cluster), name, call.where())
    links = chain.chain(seen, await referred(cluster, seen.client))
    call.give(lambda: chain.lines(seen, links, call.width), lambda: chain.document(seen, links))
    return seen.verdict.code


async def _drain(call: Call) -> int:
    cluster = await call.cluster()
    machines = list(dict.fromkeys(call.arguments.nodes))
    found = drain.swept(await drain.asked(cluster, call.arguments.namespace, machines, call.where()))
    call.give(lambda: drain.lines(found, call.width), lambda: drain.document(found))
    return found.code


async def _check_key(call: Call) -> int:
    name, entry = keys.named(call.arguments.secret)
    cluster = await call.cluster()
    found = await keys.checked(cluster, call.namespace(cluster), name, entry)
    call.give(lambda: keys.lines(found, call.width), lambda: keys.document(found))
    return keys.code(found)


async def _report(call: Call) -> int:
    cluster = await call.cluster()
    seen = await look(cluster, call.namespace(cluster), call.arguments.name, call.where())
    found = report.document(seen, version("wahealth-operator"), await cluster.version())
    if call.arguments.output == "json":
        print(json.dumps(found, indent=2))
    else:
        print(yaml.safe_dump(found, sort_keys=False, width=120), end="")
    return UP


async def _board(call: Call) -> int:
    from wahealth.wa.board.map_feed import Scope
    from wahealth.wa.board.run import Settings, serve
    from wahealth.wa.board.signed import SignedIn

    typed = call.arguments
    signed = SignedIn(call.cluster)
    namespace = "" if typed.all_namespaces else call.namespace(await signed.cluster())
    scope = Scope(namespace, call.where(), typed.request_timeout)

    def say(url: str) -> None:
        call.give(lambda: [line(url)], lambda: {"url": url})
        sys.stdout.flush()

    return await serve(signed, scope, Settings(typed.port, not typed.no_open, typed.runbook_url or ""), say)


async def _completion(_: Call) -> int:
    print(completion.SCRIPT, end="")
    print(completion.HOW, file=sys.stderr)
    return UP


ASKS: dict[str, Callable[[Call], Awaitable[int]]] = {
    "status": _status,
    "history": _history,
    "top": _top,
    "explain": _explain,
    "drain": _drain,
    "check-key": _check_key,
    "report": _report,
    "board": _board,
    "completion": _completion,
}
_ENDLESS = frozenset({"board"})  # their --request-timeout bounds each request
