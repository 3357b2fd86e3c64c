"""The answer of one web pod: nodes with a role and a gateway status, or why there is no such answer.

The vendor's words (page "Health" of the WhatsApp Business On-Premises API reference) are mapped to these types once,
at the border (`probe.payload`); nothing behind it knows them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from wahealth.core.certificate import Objection, Presented, Untrusted
from wahealth.core.cloud.errors import ErrorClass, GraphError
from wahealth.core.cloud.report import NumberReport
from wahealth.core.strenum import FastStrEnum


class GatewayStatus(FastStrEnum):
    """The connection of one node to the WhatsApp servers, as it reports it; UNKNOWN: a word that we do not know."""

    CONNECTED = "Connected"
    CONNECTING = "Connecting"
    DISCONNECTED = "Disconnected"
    UNINITIALIZED = "Uninitialized"
    UNREGISTERED = "Unregistered"
    UNKNOWN = "Unknown"


class Role(FastStrEnum):
    """The part that a node plays in the client; a web pod is not a node."""

    PRIMARY_MASTER = "PrimaryMaster"
    SECONDARY_MASTER = "SecondaryMaster"
    COREAPP = "Coreapp"
    # of the Cloud API
    PHONE_NUMBER = "PhoneNumber"
    BUSINESS_ACCOUNT = "BusinessAccount"
    BUSINESS = "Business"
    APP = "App"
    OTHER = "Other"


MASTERS = frozenset({Role.PRIMARY_MASTER, Role.SECONDARY_MASTER})


class Node(NamedTuple):
    """One entry of the answer's map of nodes, its key split at the last colon into host and container part.

    On Kubernetes: `key` "10.0.0.7:core-0", `host` "10.0.0.7", `container` "core-0".
    """

    key: str
    host: str
    container: str
    role: Role | None
    gateway: GatewayStatus | None  # None: waweb could not ask the node (it has only `errors`, or nothing at all)
    reported: str | None = None  # the vendor's own word, kept only where gateway is UNKNOWN
    reported_role: str | None = None  # the vendor's own word, kept only where it is not a known role


class Report(NamedTuple):
    """An answer that was understood: the status of a single instance (`single`), or the nodes, ordered by key."""

    single: GatewayStatus | None
    nodes: tuple[Node, ...]
    version: str | None
    reported: str | None = None  # the single status in the vendor's word, kept only where it is UNKNOWN
    deprecated: bool = False  # the client says that its version is deprecated


@dataclass(frozen=True, slots=True)
class Answered:
    """HTTP 200 with a health report."""

    report: Report


@dataclass(frozen=True, slots=True)
class Unauthorized:
    """HTTP 401: a verdict on the credential, not on the client. `code`: the vendor's error code for a login, or 0."""

    code: int = 0


@dataclass(frozen=True, slots=True)
class Forbidden:
    """A verdict on who asks, often from something in front of the client: a proxy, a mesh or an address list.

    HTTP 403; or HTTP 401 with a challenge for another scheme than waweb's, which `wants` names, such as "Basic".
    """

    wants: str = ""


@dataclass(frozen=True, slots=True)
class Throttled:
    """HTTP 429: the pod asks to be probed less often."""

    retry_after: float = field(default=0.0, compare=False)  # seconds for which the server asks to be left alone


class FailureReason(FastStrEnum):
    """Why no usable answer came; the order of the members decides a tie between pods."""

    DNS_LOOKUP_FAILED = "DNSLookupFailed"
    CONNECTION_REFUSED = "ConnectionRefused"
    CONNECT_TIMEOUT = "ConnectTimeout"
    READ_TIMEOUT = "ReadTimeout"
    TLS_VERIFICATION_FAILED = "TLSVerificationFailed"
    TLS_HANDSHAKE_FAILED = "TLSHandshakeFailed"
    HTTP_STATUS = "HTTPStatus"
    REDIRECTED = "Redirected"
    BODY_TOO_LARGE = "BodyTooLarge"
    INVALID_RESPONSE = "InvalidResponse"
    NO_READY_ENDPOINTS = "NoReadyEndpoints"


# How a connection may end before the answer is complete: the details that have rows of their own (`reasons.asking`).
NOBODY_BEHIND = "the connection ended before a byte of TLS came"
HALF_A_HANDSHAKE = "the connection ended in the middle of the handshake"
NO_ANSWER = "the connection ended without an answer"
BROKE_OFF = "the connection broke before the answer was complete"

# Failures that may have taken the whole timeout of a probe.
TIMED_OUT = frozenset({FailureReason.CONNECT_TIMEOUT, FailureReason.READ_TIMEOUT, FailureReason.TLS_HANDSHAKE_FAILED})


@dataclass(frozen=True, slots=True)
class Unreachable:
    """No usable answer came; only `reason` is always set, the rest as far as it is known."""

    reason: FailureReason
    detail: str = ""  # our own words, such as "HTTP 500, code 1014"; never an exception's text
    untrusted: Untrusted | None = None  # why the certificate was not trusted
    presented: Presented | None = None  # that certificate
    status: int = 0  # HTTP status; 0: none
    code: int = 0  # the vendor's error code; 0: none
    by_proxy: bool = False  # the operator's own proxy reports it, about the connection behind it
    objection: Objection | None = None  # why a handshake ended, if that may be about a client certificate
    retry_after: float = field(default=0.0, compare=False)  # seconds for which the server asks to be left alone


@dataclass(frozen=True, slots=True)
class Malformed:
    """HTTP 200 with a body that is not a health report; `problem` is one of our own phrases."""

    problem: str


NumberAnswer = NumberReport | GraphError | Malformed | Unreachable  # of the Cloud API
Outcome = Answered | Unauthorized | Forbidden | Throttled | Unreachable | Malformed | NumberReport | GraphError


def is_reached(outcome: Outcome) -> bool:
    """The other side answers, whatever it says; a fault of its own, such as HTTP 500, does not count as an answer."""
    if isinstance(outcome, GraphError):
        return outcome.kind is not ErrorClass.TRANSIENT
    return not isinstance(outcome, Unreachable | Malformed)


def is_seen(outcome: Outcome) -> bool:
    """The answer says how the client is."""
    return isinstance(outcome, Answered | NumberReport)


def accepts_token(outcome: Outcome) -> bool:
    """The Cloud API speaks of the number, or says that there is none in sight: the token itself is accepted."""
    of_number = isinstance(outcome, GraphError) and outcome.kind in {ErrorClass.NOT_FOUND, ErrorClass.DOWN}
    return isinstance(outcome, NumberReport) or of_number


def is_refusal(outcome: Outcome) -> bool:
    """A word about what is signed in with: another credential may be taken."""
    if isinstance(outcome, GraphError):
        return outcome.kind is ErrorClass.CREDENTIAL
    return isinstance(outcome, Unauthorized)


def is_about_ours(outcome: Outcome) -> bool:
    """Whether the server ended the TLS handshake because of our client certificate, or because we showed none."""
    return isinstance(outcome, Unreachable) and outcome.objection in {Objection.CERTIFICATE, Objection.LAPSED}


_RESULTS = {
    ErrorClass.CREDENTIAL: "Refused",
    ErrorClass.PERMISSION: "Forbidden",
    ErrorClass.THROTTLE: "Throttled",
    ErrorClass.NOT_FOUND: "Answered",
    ErrorClass.DOWN: "Answered",
}


def result_of(outcome: Outcome) -> str:
    """The outcome in one word: the label `result` of the metrics."""
    match outcome:
        case Unreachable(reason):
            return reason
        case Malformed():
            return FailureReason.INVALID_RESPONSE
        case Unauthorized():
            return "Refused"  # the word of the metric, which is public
        case NumberReport():
            return "Answered"
        case GraphError():
            return _RESULTS.get(outcome.kind, FailureReason.HTTP_STATUS)
        case _:
            return type(outcome).__name__


class PodOutcome(NamedTuple):
    """The outcome of one web pod.

    `previous_key`: it rejected the present API key and accepted the previous one. `asked`: the pod was probed in this
    round; if not, this is its last outcome, which is not new evidence of anything.
    """

    pod: str
    address: str
    outcome: Outcome
    previous_key: bool = False
    asked: bool = True
