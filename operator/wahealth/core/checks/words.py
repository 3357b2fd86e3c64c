"""Findings in words: whole sentences that name the thing, the number and what to do."""

from __future__ import annotations

from wahealth.core.checks.case import Case
from wahealth.core.status import Finding, Mode, Truth
from wahealth.core.views import Round


def connections(case: Case) -> str:
    if case.mode is Mode.SINGLE:
        return "The client is connected" if case.connected else "The client is not connected"
    return f"{case.connected} of {case.expected} coreapp{' is' if case.expected == 1 else 's are'} connected"


def pods(count: int) -> str:
    return "the web pod" if count == 1 else f"all {count} web pods"


def how_many(round_: Round) -> str:
    if round_.asked == 1:
        return "The web pod does"
    return f"{len(round_.silent)} of {round_.asked} web pods {'does' if len(round_.silent) == 1 else 'do'}"


def silent_pods(round_: Round) -> str:
    return ", ".join(f"{pod} ({why(reason, detail)})" for pod, reason, detail in round_.silent[:5])


def why(reason: str, detail: str) -> str:
    return f"{reason}, {detail}" if detail else str(reason)


def true(reason: str, message: str) -> Finding:
    return Finding(Truth.TRUE, reason, message)


def false(reason: str, message: str) -> Finding:
    return Finding(Truth.FALSE, reason, message)


def unknown(reason: str, message: str) -> Finding:
    return Finding(Truth.UNKNOWN, reason, message)


def not_probed_yet() -> Finding:
    return unknown("NotProbedYet", "The client was not asked yet.")
