"""The varying parts of condition messages, in words."""

from __future__ import annotations

from wahealth.core.answer import FailureReason, Unreachable
from wahealth.core.observation.endpoints import Endpoints
from wahealth.core.observation.views import MergedView
from wahealth.core.reasons.reason import Reason
from wahealth.core.reasons.row import Surface
from wahealth.core.reasons.trust import way_out
from wahealth.core.status import Endpoint, Mode
from wahealth.core.verdict.problem import Connectivity

MOST_NAMED = 5


def connections(level: Connectivity) -> str:
    if level.mode is Mode.SINGLE:
        return "The client is connected" if level.connected else "The client is not connected"
    return f"{level.connected} of {level.expected} coreapp{' is' if level.expected == 1 else 's are'} connected"


def pods(count: int) -> str:
    return "the web pod" if count == 1 else f"all {count} web pods"


def silent_of(silent: int, asked: int) -> str:
    if asked == 1:
        return "The web pod does not answer"
    return f"{silent} of {asked} web pods {'does' if silent == 1 else 'do'} not answer"


def without_answer(merged: MergedView, why: Unreachable, at: Surface) -> dict[str, str]:
    """The {names} of a row of `reasons.asking`, with their words. `at`: where the message is read."""
    silent, asked = len(merged.silent), merged.asked
    one, untrusted = silent == 1, why.reason is FailureReason.TLS_VERIFICATION_FAILED
    return {
        "who": "The web pod" if asked == 1 else f"{silent} of {asked} web pods",
        "does": "does" if one else "do",
        "was": "was" if one else "were",
        "answers": "answers" if one else "answer",
        "detail": why.detail or _DETAIL.get(why.reason, ""),
        "comma": ", " if why.detail else "",
        "way_out": way_out(why, at) if untrusted else "",
    }


# The detail if nothing is known besides the reason.
_DETAIL = {
    FailureReason.TLS_VERIFICATION_FAILED: "the certificate is not trusted",
    FailureReason.HTTP_STATUS: "with an HTTP error",
}


def throttled(endpoints: Endpoints) -> str:
    """The sentence about the pods that ask to be probed less often; empty if none does."""
    confirmed = [w.confirmed for w in endpoints.values() if w.confirmed is not None]
    count = sum(endpoint.reason == Reason.THROTTLED for endpoint in confirmed)
    if not count:
        return ""
    who = "The web pod" if len(confirmed) == 1 else f"{count} of {len(confirmed)} web pods"
    return f"{who} {'asks' if count == 1 else 'ask'} to be probed less often (HTTP 429)"


def answering(endpoints: Endpoints, in_turns: bool) -> str:
    """The sentence about the confirmed endpoints; a pod that fails for the first time is not reported yet.

    `in_turns`: no number is given, because a new process learns how many pods there are only after some rounds, and
    each new number would be a write.
    """
    confirmed = [w.confirmed for _, w in sorted(endpoints.items()) if w.confirmed is not None]
    silent = [endpoint for endpoint in confirmed if not endpoint.reachable]
    if not silent and in_turns:
        return "The health node answers on each web pod that was asked"
    if not silent:
        return f"The health node answers on {pods(max(1, len(confirmed)))}"
    return f"{silent_of(len(silent), len(confirmed))}: {_named(silent)}"


def _named(silent: list[Endpoint]) -> str:
    more = ", …" if len(silent) > MOST_NAMED else ""
    return ", ".join(f"{e.pod} ({e.reason})" for e in silent[:MOST_NAMED]) + more


def some(names: tuple[str, ...]) -> str:
    """The first names, at most `MOST_NAMED`, and an ellipsis if there are more."""
    return ", ".join(names[:MOST_NAMED]) + (", …" if len(names) > MOST_NAMED else "")
