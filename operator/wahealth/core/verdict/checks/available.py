"""Available: enough gateways are connected for the mode."""

from __future__ import annotations

from wahealth.core.reasons import client
from wahealth.core.reasons.found import false, true, unknown
from wahealth.core.reasons.reason import Reason
from wahealth.core.rules import first_match
from wahealth.core.status import ConditionStatus, ConditionType, Finding, Gateway
from wahealth.core.verdict.checks.input import Rule, RuleInput
from wahealth.core.verdict.checks.messages import connections
from wahealth.core.verdict.problem import Problem

CREDENTIAL_REFERENCES = frozenset({Reason.SECRET_NOT_FOUND, Reason.SECRET_KEY_MISSING, Reason.SECRET_FORBIDDEN})


# --- the client is not seen ------------------------------------------------------------------------------------------


def credentials_unknown(given: RuleInput) -> Finding | None:
    reference = given.facts.reference_problem
    no_key = given.facts.credential_problem or (reference and reference.reason in CREDENTIAL_REFERENCES)
    if given.merged.view is not None or not (no_key or given.merged.refusing or given.merged.forbidding):
        return None
    return unknown(client.CREDENTIALS_UNKNOWN)


def kept(given: RuleInput) -> Finding | None:
    """The client asks to be probed less often, and its confirmed condition stays for a while."""
    last = given.confirmed.condition(ConditionType.AVAILABLE) if given.kept else None
    return last.finding if last is not None else None


def throttled(given: RuleInput) -> Finding | None:
    if given.problem is not Problem.THROTTLED:
        return None
    desired = given.facts.desired
    if given.kept:
        return unknown(client.THROTTLED_AT_FIRST, desired.surface)
    return unknown(client.THROTTLED, desired.surface, minutes=round(desired.thresholds.throttled_grace / 60))


def unseen(given: RuleInput) -> Finding | None:
    return unknown(client.UNREACHABLE) if given.connectivity is None else None


# --- nothing is wrong with it ----------------------------------------------------------------------------------------


def unregistered_allowed(given: RuleInput) -> Finding | None:
    if given.problem is not None or _gateway(given) is not Gateway.UNREGISTERED:
        return None
    return true(client.UNREGISTERED_ALLOWED)


def connected(given: RuleInput) -> Finding | None:
    """All expected coreapps are connected.

    Documented (page "Multiconnect"): as many coreapps as shards; High Availability is the case of one.
    """
    if given.problem is not None or _gateway(given) is not Gateway.CONNECTED or given.connectivity is None:
        return None
    return true(client.CONNECTED, connections=connections(given.connectivity))


def enough_connected(given: RuleInput) -> Finding | None:
    if given.problem is not None or given.connectivity is None:
        return None
    return true(
        client.MINIMUM_CONNECTED, connections=connections(given.connectivity), minimum=given.connectivity.minimum
    )


# --- it is not known yet ---------------------------------------------------------------------------------------------


def undecided(given: RuleInput) -> Finding | None:
    """An unknown gateway status or role, or a shape that fits no mode, decides nothing."""
    if given.problem is Problem.UNDECIDED:
        found = unknown(client.UNKNOWN_WORD)
        return _last_known(given) or found  # no grace runs, because the answer may stay like this forever
    if given.problem is not Problem.NO_MODE:
        return None
    found = unknown(client.NO_MODE)
    return found if given.mismatch else _as_it_was(given, found)


def initializing(given: RuleInput) -> Finding | None:
    """The client is uninitialized, within its grace.

    Documented (page "Health"): try again in a few minutes, contact support if it stays.
    """
    if given.problem is not Problem.UNINITIALIZED or given.over:
        return None
    return unknown(client.INITIALIZING)


def within_grace(given: RuleInput) -> Finding | None:
    """The problem's grace has not ended, so the condition stays as it was."""
    return None if given.over else _as_it_was(given, first_match(_TROUBLES, given))


def _as_it_was(given: RuleInput, seen: Finding) -> Finding:
    return _last_known(given) or unknown(client.MAY_PASS, seen=seen.message)


def _last_known(given: RuleInput) -> Finding | None:
    last = given.confirmed.condition(ConditionType.AVAILABLE)
    known = last is not None and last.status is not ConditionStatus.UNKNOWN
    return last.finding if last is not None and known else None


# --- something is wrong with it --------------------------------------------------------------------------------------


def several_active(given: RuleInput) -> Finding | None:
    """More than one coreapp is connected in High Availability.

    Two live instances of one number can get the account banned (page "High Availability": exactly one).
    """
    if given.problem is not Problem.TOO_MANY or given.connectivity is None:
        return None
    desired = given.facts.desired
    row = client.MULTIPLE_ACTIVE_COREAPPS if desired.mode else client.SEVERAL_OF_A_GUESSED_MODE
    return false(row, desired.surface, count=given.connectivity.connected)


def partially_connected(given: RuleInput) -> Finding | None:
    if given.problem is not Problem.TOO_FEW or given.connectivity is None:
        return None
    return false(client.PARTIALLY_CONNECTED, connections=connections(given.connectivity))


def connecting(given: RuleInput) -> Finding | None:
    """The client keeps connecting.

    Documented (page "Health"): connecting is good; past its grace, egress is blocked.
    """
    if given.problem is not Problem.CONNECTING:
        return None
    return false(client.CONNECTING)


def uninitialized(given: RuleInput) -> Finding | None:
    """The client is uninitialized, past its grace.

    Documented (page "Health"): it may be upgrading or initialising the database; contact support if it stays.
    """
    if given.problem is not Problem.UNINITIALIZED:
        return None
    return false(client.UNINITIALIZED)


def unregistered(given: RuleInput) -> Finding | None:
    """The client is not registered. Documented (page "Health"): it must be registered; a person does that."""
    if given.problem is not Problem.UNREGISTERED:
        return None
    return false(client.UNREGISTERED_SINCE if _was_connected(given) else client.UNREGISTERED)


def _was_connected(given: RuleInput) -> bool:
    """Whether the client was connected before it lost its registration.

    It still is in the confirmed status, or that status already says so in its message. Documented (page "Frequently
    asked questions"): an instance that registers a number shuts out the one before.
    """
    last = given.confirmed.condition(ConditionType.AVAILABLE)
    if last is None:
        return False
    return last.reason in _CONNECTED or last.message == client.UNREGISTERED_SINCE.says()


_CONNECTED = frozenset({Reason.CONNECTED, Reason.MINIMUM_CONNECTED})


def disconnected(given: RuleInput) -> Finding | None:
    """No coreapp is connected. Documented (page "Health"): the Coreapp is not connected to the WhatsApp servers."""
    said = connections(given.connectivity) if given.connectivity else "The client is not connected"
    return false(client.DISCONNECTED, connections=said)


def _gateway(given: RuleInput) -> Gateway | None:
    return given.connectivity.gateway if given.connectivity else None


_TROUBLES: tuple[Rule, ...] = (
    several_active,
    partially_connected,
    connecting,
    uninitialized,
    unregistered,
    disconnected,
)
NOT_SEEN: tuple[Rule, ...] = (credentials_unknown, throttled, unseen)
RULES: tuple[Rule, ...] = (
    kept,
    *NOT_SEEN,
    connected,
    unregistered_allowed,
    enough_connected,
    undecided,
    initializing,
    within_grace,
    *_TROUBLES,
)
