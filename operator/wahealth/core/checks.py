"""The rules: one function a rule, one line in a table; the order of a table is its precedence.

A table belongs to one condition: its first finding is what the condition says. What the vendor documents about a
gateway_status (page "Health") stands at the rule that rests on it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wahealth.core.facts import Facts
from wahealth.core.model import ConditionType, Finding, Gateway, Mode, Truth
from wahealth.core.modes import shown_mode
from wahealth.core.views import Round, commonest


@dataclass(frozen=True, slots=True)
class Case:
    """The facts, and what was made of them, as far as one round tells."""

    facts: Facts
    round: Round
    mode: Mode | None
    gateway: Gateway
    connected: int
    expected: int

    @property
    def asked_nothing(self) -> bool:
        return self.facts.reference is not None or self.facts.key is not None


Rule = Callable[[Case], Finding | None]

CREDENTIAL_REFERENCES = frozenset({"SecretNotFound", "SecretKeyMissing", "SecretForbidden"})


# --- Accepted: the spec is valid and every reference resolves --------------------------------------------------------


def reference_missing(case: Case) -> Finding | None:
    return case.facts.reference


def mode_mismatch(case: Case) -> Finding | None:
    fixed, view = case.facts.expected.mode, case.round.view
    if fixed is None or view is None or (shown := shown_mode(view, fixed)) in {fixed, None}:
        return None
    return _false("ModeMismatch", f"spec.mode is {fixed}, but the client answers as {shown}: correct spec.mode.")


def accepted(_: Case) -> Finding | None:
    return _true("Accepted", "The spec is valid and everything it refers to is there.")


# --- CredentialsValid: the key has the right form and was not refused ------------------------------------------------


def key_malformed(case: Case) -> Finding | None:
    return case.facts.key


def key_refused_by_all(case: Case) -> Finding | None:
    """Documented: a missing or invalid Authorization header is answered with 401."""
    if case.round.view is not None or not case.round.refusing:
        return None
    return _false("APIKeyRejected", "The client refuses the API key: compare the Secret with WA_API_KEY of waweb.")


def key_accepted(case: Case) -> Finding | None:
    return None if case.round.view is None else _true("KeyAccepted", "The client accepts the API key.")


def key_as_last_known(case: Case) -> Finding | None:
    last = case.facts.believed.condition(ConditionType.CREDENTIALS_VALID)
    if last is None or last.reason not in {"KeyAccepted", "APIKeyRejected"}:
        return None
    return Finding(last.status, last.reason, last.message)


def key_not_tried(_: Case) -> Finding | None:
    return _unknown("NotProbedYet", "The API key was not tried yet.")


# --- Reachable: the health node answers with something we understand -------------------------------------------------


def reachable_as_last_known(case: Case) -> Finding | None:
    if not case.asked_nothing:
        return None
    last = case.facts.believed.condition(ConditionType.REACHABLE)
    return Finding(last.status, last.reason, last.message) if last else not_probed_yet(case)


def nobody_to_ask(case: Case) -> Finding | None:
    if case.round.asked:
        return None
    return _false("NoReadyEndpoints", "No web pod is running: look at the pods of the target.")


def nobody_answers(case: Case) -> Finding | None:
    if case.round.reached:
        return None
    reason, detail = commonest(case.round)
    return _false(reason, f"{_how_many(case.round)} not answer: {_why(reason, detail)}.")


def reached(case: Case) -> Finding | None:
    if case.round.silent:
        return _true("HealthNodeAnswered", f"{_how_many(case.round)} not answer: {_silent_pods(case.round)}.")
    return _true("HealthNodeAnswered", f"The health node answers on {_pods(case.round.asked)}.")


# --- Available: enough gateways are connected for the mode -----------------------------------------------------------


def credentials_unknown(case: Case) -> Finding | None:
    reference = case.facts.reference
    no_key = case.facts.key or (reference and reference.reason in CREDENTIAL_REFERENCES)
    if case.round.view is not None or not (no_key or case.round.refusing):
        return None
    return _unknown("CredentialsUnknown", "The client cannot be seen without a valid API key.")


def unseen(case: Case) -> Finding | None:
    return _unknown("Unreachable", "The client cannot be seen.") if case.round.view is None else None


def several_active(case: Case) -> Finding | None:
    """Two live instances of one number can get the account banned (page "High Availability": exactly one)."""
    if case.mode is not Mode.HIGH_AVAILABILITY or case.connected < 2:
        return None
    return _false(
        "MultipleActiveCoreapps",
        f"{case.connected} coreapps are connected where High Availability has exactly one: stop all but one of them.",
    )


def connected(case: Case) -> Finding | None:
    if not _is(case, Gateway.CONNECTED):
        return None
    return _true("Connected", f"{_connections(case)} to the WhatsApp servers.")


def partially_connected(case: Case) -> Finding | None:
    if not _is(case, Gateway.PARTIALLY_CONNECTED):
        return None
    return _false("PartiallyConnected", f"{_connections(case)} to the WhatsApp servers: look at the other coreapps.")


def connecting(case: Case) -> Finding | None:
    if not _is(case, Gateway.CONNECTING):
        return None
    return _false("Connecting", "The client is connecting to the WhatsApp servers: check its way out if this lasts.")


def uninitialized(case: Case) -> Finding | None:
    """Documented: it may be upgrading or initialising the database; try again later, call support if it stays."""
    if not _is(case, Gateway.UNINITIALIZED):
        return None
    return _false("Uninitialized", "The client initialises or upgrades its database: wait, and look there if it lasts.")


def unregistered(case: Case) -> Finding | None:
    """Documented: the client must be registered; a person does that."""
    if not _is(case, Gateway.UNREGISTERED):
        return None
    return _false("Unregistered", "The client is not registered: register its phone number through the Webapp.")


def disconnected(case: Case) -> Finding | None:
    """Documented: the Coreapp is not connected to the WhatsApp servers."""
    if not _is(case, Gateway.DISCONNECTED):
        return None
    return _false("Disconnected", f"{_connections(case)} to the WhatsApp servers: look at the coreapps.")


def undecided(case: Case) -> Finding | None:
    """A gateway_status nobody knows decides nothing: as it was."""
    last = case.facts.believed.condition(ConditionType.AVAILABLE)
    return Finding(last.status, last.reason, last.message) if last else not_probed_yet(case)


def not_probed_yet(_: Case) -> Finding | None:
    return _unknown("NotProbedYet", "The client was not asked yet.")


# The order is the precedence: the first finding of a table is what its condition says.
TABLES: dict[ConditionType, tuple[Rule, ...]] = {
    ConditionType.ACCEPTED: (reference_missing, mode_mismatch, accepted),
    ConditionType.CREDENTIALS_VALID: (
        key_malformed,
        key_refused_by_all,
        key_accepted,
        key_as_last_known,
        key_not_tried,
    ),
    ConditionType.REACHABLE: (reachable_as_last_known, nobody_to_ask, nobody_answers, reached),
    ConditionType.AVAILABLE: (
        credentials_unknown,
        unseen,
        several_active,
        connected,
        partially_connected,
        connecting,
        uninitialized,
        unregistered,
        disconnected,
        undecided,
    ),
}


def first(rules: tuple[Rule, ...], case: Case) -> Finding:
    found = (rule(case) for rule in rules)
    return next(finding for finding in found if finding is not None)


# --- words -----------------------------------------------------------------------------------------------------------


def _is(case: Case, gateway: Gateway) -> bool:
    return case.gateway is gateway


def _connections(case: Case) -> str:
    if case.mode is Mode.SINGLE:
        return "The client is connected" if case.connected else "The client is not connected"
    return f"{case.connected} of {case.expected} coreapp{' is' if case.expected == 1 else 's are'} connected"


def _pods(count: int) -> str:
    return "the web pod" if count == 1 else f"all {count} web pods"


def _how_many(round_: Round) -> str:
    if round_.asked == 1:
        return "The web pod does"
    return f"{len(round_.silent)} of {round_.asked} web pods {'does' if len(round_.silent) == 1 else 'do'}"


def _silent_pods(round_: Round) -> str:
    return ", ".join(f"{pod} ({_why(reason, detail)})" for pod, reason, detail in round_.silent[:5])


def _why(reason: str, detail: str) -> str:
    return f"{reason}, {detail}" if detail else str(reason)


def _true(reason: str, message: str) -> Finding:
    return Finding(Truth.TRUE, reason, message)


def _false(reason: str, message: str) -> Finding:
    return Finding(Truth.FALSE, reason, message)


def _unknown(reason: str, message: str) -> Finding:
    return Finding(Truth.UNKNOWN, reason, message)
