"""Available: enough gateways are connected for the mode."""

from __future__ import annotations

from wahealth.core.reasons import client
from wahealth.core.reasons.found import false, true, unknown
from wahealth.core.reasons.reason import Reason
from wahealth.core.status import ConditionType, Finding, Gateway, Truth
from wahealth.core.table import first
from wahealth.core.verdict.checks.case import Case, Rule
from wahealth.core.verdict.checks.words import connections
from wahealth.core.verdict.problem import Problem

CREDENTIAL_REFERENCES = frozenset({Reason.SECRET_NOT_FOUND, Reason.SECRET_KEY_MISSING, Reason.SECRET_FORBIDDEN})


# --- the client is not seen ------------------------------------------------------------------------------------------


def credentials_unknown(case: Case) -> Finding | None:
    reference = case.facts.reference
    no_key = case.facts.key or (reference and reference.reason in CREDENTIAL_REFERENCES)
    if case.round.view is not None or not (no_key or case.round.refusing or case.round.forbidding):
        return None
    return unknown(client.CREDENTIALS_UNKNOWN)


def kept(case: Case) -> Finding | None:
    """It wants to be asked less often, and what was confirmed of it stays for a while."""
    last = case.confirmed.condition(ConditionType.AVAILABLE) if case.kept else None
    return Finding(last.status, last.reason, last.message) if last is not None else None


def throttled(case: Case) -> Finding | None:
    if case.problem is not Problem.THROTTLED:
        return None
    expected = case.facts.expected
    if case.kept:
        return unknown(client.THROTTLED_AT_FIRST, expected.surface)
    return unknown(client.THROTTLED, expected.surface, minutes=round(expected.thresholds.throttled_grace / 60))


def unseen(case: Case) -> Finding | None:
    return unknown(client.UNREACHABLE) if case.level is None else None


# --- nothing is wrong with it ----------------------------------------------------------------------------------------


def unregistered_allowed(case: Case) -> Finding | None:
    if case.problem is not None or _gateway(case) is not Gateway.UNREGISTERED:
        return None
    return true(client.UNREGISTERED_ALLOWED)


def connected(case: Case) -> Finding | None:
    """Documented (page "Multiconnect"): as many coreapps as shards; High Availability is the case of one."""
    if case.problem is not None or _gateway(case) is not Gateway.CONNECTED or case.level is None:
        return None
    return true(client.CONNECTED, connections=connections(case.level))


def enough_connected(case: Case) -> Finding | None:
    if case.problem is not None or case.level is None:
        return None
    return true(client.MINIMUM_CONNECTED, connections=connections(case.level), minimum=case.level.minimum)


# --- it cannot be told yet -------------------------------------------------------------------------------------------


def undecided(case: Case) -> Finding | None:
    """A gateway_status that nobody knows, or a shape that no mode has, decides nothing."""
    if case.problem is Problem.UNDECIDED:
        found = unknown(client.UNKNOWN_WORD)
        return _last_known(case) or found  # no grace runs: whatever it says, it may say for ever
    if case.problem is not Problem.NO_MODE:
        return None
    found = unknown(client.NO_MODE)
    return found if case.mismatch else _as_it_was(case, found)


def initializing(case: Case) -> Finding | None:
    """Documented (page "Health"): try again in a few minutes, contact support if it stays."""
    if case.problem is not Problem.UNINITIALIZED or case.over:
        return None
    return unknown(client.INITIALIZING)


def within_grace(case: Case) -> Finding | None:
    return None if case.over else _as_it_was(case, first(_TROUBLES, case))


def _as_it_was(case: Case, seen: Finding) -> Finding:
    return _last_known(case) or unknown(client.MAY_PASS, seen=seen.message)


def _last_known(case: Case) -> Finding | None:
    last = case.confirmed.condition(ConditionType.AVAILABLE)
    known = last is not None and last.status is not Truth.UNKNOWN
    return Finding(last.status, last.reason, last.message) if last is not None and known else None


# --- something is wrong with it --------------------------------------------------------------------------------------


def several_active(case: Case) -> Finding | None:
    """Two live instances of one number can get the account banned (page "High Availability": exactly one)."""
    if case.problem is not Problem.TOO_MANY or case.level is None:
        return None
    expected = case.facts.expected
    row = client.MULTIPLE_ACTIVE_COREAPPS if expected.mode else client.SEVERAL_OF_A_GUESSED_MODE
    return false(row, expected.surface, count=case.level.connected)


def partially_connected(case: Case) -> Finding | None:
    if case.problem is not Problem.TOO_FEW or case.level is None:
        return None
    return false(client.PARTIALLY_CONNECTED, connections=connections(case.level))


def connecting(case: Case) -> Finding | None:
    """Documented (page "Health"): connecting is good; past its grace the way out is blocked."""
    if case.problem is not Problem.CONNECTING:
        return None
    return false(client.CONNECTING)


def uninitialized(case: Case) -> Finding | None:
    """Documented (page "Health"): it may be upgrading or initialising the database; contact support if it stays."""
    if case.problem is not Problem.UNINITIALIZED:
        return None
    return false(client.UNINITIALIZED)


def unregistered(case: Case) -> Finding | None:
    """Documented (page "Health"): the client must be registered; a person does that."""
    if case.problem is not Problem.UNREGISTERED:
        return None
    return false(client.UNREGISTERED_SINCE if _was_connected(case) else client.UNREGISTERED)


def _was_connected(case: Case) -> bool:
    """Until now, or until it was confirmed that it is not registered any more: its sentence tells that afterwards.

    Documented (page "Frequently asked questions"): an instance that registers a number shuts the one before out.
    """
    last = case.confirmed.condition(ConditionType.AVAILABLE)
    if last is None:
        return False
    return last.reason in _CONNECTED or last.message == client.UNREGISTERED_SINCE.says()


_CONNECTED = frozenset({Reason.CONNECTED, Reason.MINIMUM_CONNECTED})


def disconnected(case: Case) -> Finding | None:
    """Documented (page "Health"): the Coreapp is not connected to the WhatsApp servers."""
    said = connections(case.level) if case.level else "The client is not connected"
    return false(client.DISCONNECTED, connections=said)


def _gateway(case: Case) -> Gateway | None:
    return case.level.gateway if case.level else None


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
