"""What one web pod answers: nodes with a role and a gateway status, or why there is no such answer.

The vendor's words (page "Health" of the WhatsApp Business On-Premises API reference) are mapped to these types once,
at the border (`probe.payload`); nothing behind it knows them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from wahealth.core.certificate import Objection, Presented, Untrusted
from wahealth.core.strenum import FastStrEnum


class GatewayStatus(FastStrEnum):
    """What one node says of its connection to the WhatsApp servers; UNKNOWN is a word this version does not know."""

    CONNECTED = "Connected"
    CONNECTING = "Connecting"
    DISCONNECTED = "Disconnected"
    UNINITIALIZED = "Uninitialized"
    UNREGISTERED = "Unregistered"
    UNKNOWN = "Unknown"


class Role(FastStrEnum):
    PRIMARY_MASTER = "PrimaryMaster"
    SECONDARY_MASTER = "SecondaryMaster"
    COREAPP = "Coreapp"


MASTERS = frozenset({Role.PRIMARY_MASTER, Role.SECONDARY_MASTER})


class Node(NamedTuple):
    """One entry of the health node's map, its key split at the last colon into host and container part."""

    key: str
    host: str
    container: str
    role: Role | None
    gateway: GatewayStatus | None  # None: the node could not be asked (only `errors`, or nothing at all)
    reported: str | None = None  # the vendor's own word, kept only where gateway is UNKNOWN
    reported_role: str | None = None  # the vendor's own word, kept only where it is no role that is known


class Report(NamedTuple):
    """An answer that was understood: one status (a single instance) or the nodes, ordered by key."""

    single: GatewayStatus | None
    nodes: tuple[Node, ...]
    version: str | None
    reported: str | None = None  # the single status in the vendor's word, kept only where it is UNKNOWN
    deprecated: bool = False  # the client says that its version is


@dataclass(frozen=True, slots=True)
class Answered:
    report: Report


@dataclass(frozen=True, slots=True)
class Unauthorized:
    """HTTP 401: a word about what is signed in with, not about the client. `code`: the vendor's, of a login."""

    code: int = 0


@dataclass(frozen=True, slots=True)
class Forbidden:
    """A word about who asks, and often not the client's own: HTTP 403, as of proxies, meshes and address lists; or
    HTTP 401 of somebody who `wants` a sign-in of another scheme than waweb's, such as Basic."""

    wants: str = ""


@dataclass(frozen=True, slots=True)
class Throttled:
    """HTTP 429: a word about how often it is asked."""

    retry_after: float = field(default=0.0, compare=False)  # seconds that the server wants to be left alone


class FailureReason(FastStrEnum):
    """Why no answer came, in the order in which a tie between pods is decided."""

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


# How a connection may end before an answer is there: details that have words of their own.
NOBODY_BEHIND = "the connection ended before a byte of TLS came"
HALF_A_HANDSHAKE = "the connection ended in the middle of the handshake"
NO_ANSWER = "the connection ended without an answer"
BROKE_OFF = "the connection broke before the answer was complete"

# What a question may have run out of time for, so that whoever asks had to wait.
TIMED_OUT = frozenset({FailureReason.CONNECT_TIMEOUT, FailureReason.READ_TIMEOUT, FailureReason.TLS_HANDSHAKE_FAILED})


@dataclass(frozen=True, slots=True)
class Unreachable:
    reason: FailureReason
    detail: str = ""  # our own words, such as "HTTP 500, code 1014"; never an exception's text
    untrusted: Untrusted | None = None  # why the certificate was not trusted
    presented: Presented | None = None  # that certificate
    status: int = 0  # of HTTP
    code: int = 0  # the vendor's, of its errors
    by_proxy: bool = False  # the proxy that we ask through says so, of the way behind it
    objection: Objection | None = None  # why a handshake ended, where that may be about a client certificate
    retry_after: float = field(default=0.0, compare=False)  # seconds that the server wants to be left alone


@dataclass(frozen=True, slots=True)
class Malformed:
    """A 200 whose body is not an answer; `problem` is one of our own phrases."""

    problem: str


Outcome = Answered | Unauthorized | Forbidden | Throttled | Unreachable | Malformed
REACHED = (Answered, Unauthorized, Forbidden, Throttled)  # the pod answers, whatever it says


def is_about_ours(outcome: Outcome) -> bool:
    """The other side does not speak with us, for the certificate that we show or for want of one."""
    return isinstance(outcome, Unreachable) and outcome.objection in {Objection.CERTIFICATE, Objection.LAPSED}


def result_of(outcome: Outcome) -> str:
    """In one word, as metrics have it."""
    match outcome:
        case Unreachable(reason):
            return reason
        case Malformed():
            return FailureReason.INVALID_RESPONSE
        case Unauthorized():
            return "Refused"  # the word of the metric, which is public
        case _:
            return type(outcome).__name__


class PodOutcome(NamedTuple):
    """What one web pod said. `previous_key`: it refused the present key and answered to the previous one. `asked`: in
    this round; else it is what the pod said last, which is no new evidence of anything."""

    pod: str
    address: str
    outcome: Outcome
    previous_key: bool = False
    asked: bool = True
