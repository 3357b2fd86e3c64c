"""Available: enough gateways are connected for the mode."""

from __future__ import annotations

from wahealth.core.checks.case import Case
from wahealth.core.checks.words import connections, false, not_probed_yet, true, unknown
from wahealth.core.status import ConditionType, Finding, Gateway, Mode

CREDENTIAL_REFERENCES = frozenset({"SecretNotFound", "SecretKeyMissing", "SecretForbidden"})


def credentials_unknown(case: Case) -> Finding | None:
    reference = case.facts.reference
    no_key = case.facts.key or (reference and reference.reason in CREDENTIAL_REFERENCES)
    if case.round.view is not None or not (no_key or case.round.refusing):
        return None
    return unknown("CredentialsUnknown", "The client cannot be seen without a valid API key.")


def unseen(case: Case) -> Finding | None:
    return unknown("Unreachable", "The client cannot be seen.") if case.round.view is None else None


def several_active(case: Case) -> Finding | None:
    """Two live instances of one number can get the account banned (page "High Availability": exactly one)."""
    if case.mode is not Mode.HIGH_AVAILABILITY or case.connected < 2:
        return None
    return false(
        "MultipleActiveCoreapps",
        f"{case.connected} coreapps are connected where High Availability has exactly one: stop all but one of them.",
    )


def connected(case: Case) -> Finding | None:
    if case.gateway is not Gateway.CONNECTED:
        return None
    return true("Connected", f"{connections(case)} to the WhatsApp servers.")


def enough_connected(case: Case) -> Finding | None:
    minimum = case.facts.expected.min_connected
    if case.gateway is not Gateway.PARTIALLY_CONNECTED or minimum is None or case.connected < minimum:
        return None
    return true("MinimumConnected", f"{connections(case)} to the WhatsApp servers; at least {minimum} are wanted.")


def partially_connected(case: Case) -> Finding | None:
    if case.gateway is not Gateway.PARTIALLY_CONNECTED:
        return None
    return false("PartiallyConnected", f"{connections(case)} to the WhatsApp servers: look at the other coreapps.")


def connecting(case: Case) -> Finding | None:
    if case.gateway is not Gateway.CONNECTING:
        return None
    return false("Connecting", "The client is connecting to the WhatsApp servers: check its way out if this lasts.")


def uninitialized(case: Case) -> Finding | None:
    """Documented: it may be upgrading or initialising the database; try again later, call support if it stays."""
    if case.gateway is not Gateway.UNINITIALIZED:
        return None
    return false("Uninitialized", "The client initialises or upgrades its database: wait, and look there if it lasts.")


def unregistered(case: Case) -> Finding | None:
    """Documented: the client must be registered; a person does that."""
    if case.gateway is not Gateway.UNREGISTERED:
        return None
    if not case.facts.expected.registration_required:
        return true("Unregistered", "The client is not registered, which spec.expectations allows.")
    return false("Unregistered", "The client is not registered: register its phone number through the Webapp.")


def disconnected(case: Case) -> Finding | None:
    """Documented: the Coreapp is not connected to the WhatsApp servers."""
    if case.gateway is not Gateway.DISCONNECTED:
        return None
    return false("Disconnected", f"{connections(case)} to the WhatsApp servers: look at the coreapps.")


def undecided(case: Case) -> Finding | None:
    """A gateway_status nobody knows decides nothing: as it was."""
    last = case.facts.believed.condition(ConditionType.AVAILABLE)
    return Finding(last.status, last.reason, last.message) if last else not_probed_yet()
