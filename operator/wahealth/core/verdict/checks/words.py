"""Findings in words: whole sentences that name the thing, the number and what to do."""

from __future__ import annotations

from wahealth.core.sight.endpoints import Endpoints
from wahealth.core.sight.views import Round
from wahealth.core.status import Endpoint, Finding, Mode, Truth
from wahealth.core.verdict.trouble import Level

MOST_NAMED = 5


def connections(level: Level) -> str:
    if level.mode is Mode.SINGLE:
        return "The client is connected" if level.connected else "The client is not connected"
    return f"{level.connected} of {level.expected} coreapp{' is' if level.expected == 1 else 's are'} connected"


def pods(count: int) -> str:
    return "the web pod" if count == 1 else f"all {count} web pods"


def silent_of(silent: int, asked: int) -> str:
    if asked == 1:
        return "The web pod does not answer"
    return f"{silent} of {asked} web pods {'does' if silent == 1 else 'do'} not answer"


def nobody_answers(round_: Round, reason: str, detail: str) -> str:
    return f"{silent_of(len(round_.silent), round_.asked)}: {reason}{', ' + detail if detail else ''}."


def answering(endpoints: Endpoints) -> str:
    """Of the pods as they are believed; one that is silent for the first time is not told yet."""
    believed = [w.believed for _, w in sorted(endpoints.items()) if w.believed is not None]
    silent = [endpoint for endpoint in believed if not endpoint.reachable]
    if not silent:
        return f"The health node answers on {pods(max(1, len(believed)))}."
    return f"{silent_of(len(silent), len(believed))}: {_named(silent)}."


def _named(silent: list[Endpoint]) -> str:
    more = ", …" if len(silent) > MOST_NAMED else ""
    return ", ".join(f"{e.pod} ({e.reason})" for e in silent[:MOST_NAMED]) + more


def some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:MOST_NAMED]) + (", …" if len(names) > MOST_NAMED else "")


def true(reason: str, message: str) -> Finding:
    return Finding(Truth.TRUE, reason, message)


def false(reason: str, message: str) -> Finding:
    return Finding(Truth.FALSE, reason, message)


def unknown(reason: str, message: str) -> Finding:
    return Finding(Truth.UNKNOWN, reason, message)


def not_probed_yet() -> Finding:
    return unknown("NotProbedYet", "The client was not asked yet.")
