"""How far a question got, and why it got no further: the closed set of reasons, and what is our own fault."""

from __future__ import annotations

import errno
import re
import ssl
from dataclasses import dataclass
from enum import Enum

from wahealth.core.answer import BROKE_OFF, HALF_A_HANDSHAKE, NOBODY_BEHIND, FailureReason, Unreachable
from wahealth.core.certificate import Untrusted
from wahealth.core.proxy import Proxy, Trouble, sentence, silent

_NO_SOURCE = errno.EADDRNOTAVAIL  # no port left to connect from, or no address of ours in that family
_OURS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.EPERM, _NO_SOURCE})
_NO_WAY = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EACCES, _NO_SOURCE})
_ERRNO = re.compile(r"\[Errno (\d+)\]")
# OpenSSL's X509_V_ERR_… (x509_vfy.h), as far as a person can act on them.
_NOT_VERIFIED = {
    9: Untrusted.NOT_YET_VALID,
    10: Untrusted.EXPIRED,
    18: Untrusted.SIGNS_ITSELF,
    19: Untrusted.UNKNOWN_AUTHORITY,
    20: Untrusted.UNKNOWN_AUTHORITY,
    21: Untrusted.UNKNOWN_AUTHORITY,
    62: Untrusted.OTHER_NAME,
    64: Untrusted.OTHER_ADDRESS,
    66: Untrusted.WEAK_KEY,
    67: Untrusted.WEAK_AUTHORITY,
}


# What the other side's alert, or OpenSSL on our side, objects to: a part of its closed set of reasons, and its meaning.
WANTS_A_CERTIFICATE, DENIED = "it wants a client certificate", "it denies access"
_WANTS_A_CERTIFICATE = f"{WANTS_A_CERTIFICATE}, or offers no cipher that is safe enough"
_FINDS_IT_WRONG = "it ends the handshake, and finds what it was sent wrong"
_OBJECTIONS = (
    ("CERTIFICATE_REQUIRED", WANTS_A_CERTIFICATE),
    ("BAD_CERTIFICATE_STATUS_RESPONSE", "it does not take the client certificate"),
    ("BAD_CERTIFICATE_HASH_VALUE", "it does not take the client certificate"),
    ("BAD_CERTIFICATE", _WANTS_A_CERTIFICATE),
    ("UNSUPPORTED_CERTIFICATE", "it does not take the client certificate"),
    ("DECRYPT_ERROR", "it cannot verify what it was sent"),
    ("HANDSHAKE_FAILURE", _WANTS_A_CERTIFICATE),
    ("UNKNOWN_CA", "it does not trust the client certificate"),
    ("CERTIFICATE_UNKNOWN", "it does not take the client certificate"),
    ("CERTIFICATE_EXPIRED", "the client certificate has expired"),
    ("CERTIFICATE_REVOKED", "the client certificate is revoked"),
    ("UNRECOGNIZED_NAME", "it knows no such name: correct the server name"),
    ("NO_APPLICATION_PROTOCOL", "it speaks no HTTP/1.1"),
    ("ACCESS_DENIED", DENIED),
    ("INSUFFICIENT_SECURITY", "it wants safer ciphers"),
    ("INTERNAL_ERROR", "it has an error of its own"),
    ("WRONG_VERSION_NUMBER", "that is no TLS"),
    ("HTTP_REQUEST", "that is no TLS"),
    ("PROTOCOL", "it speaks no TLS 1.2 or newer"),
    ("VERSION", "it speaks no TLS 1.2 or newer"),
    ("ALERT", _FINDS_IT_WRONG),
    ("UNSUPPORTED_EXTENSION", _FINDS_IT_WRONG),
)
# What an alert says; OpenSSL does not call all of them so.
_ALERTS = ("ALERT", "UNSUPPORTED_EXTENSION", "UNRECOGNIZED_NAME", "BAD_CERTIFICATE_STATUS", "BAD_CERTIFICATE_HASH")


class ObserverFault(Exception):
    """This round failed through our own fault; the verdict stays as it is."""


class ProxyFault(ObserverFault):
    """The proxy of our settings is not there, or does not have us; says so in a sentence without what signs in."""

    def __init__(self, proxy: Proxy, trouble: Trouble, status: int = 0) -> None:
        super().__init__(sentence(proxy, trouble, status))
        self.trouble = trouble


class Stage(Enum):
    """Where a question is when its time is up."""

    LOOKING_UP = "looking up the name"
    CONNECTING = "connecting"
    OPENING = "waiting for a way through the proxy"
    SHAKING_HANDS = "shaking hands"
    WAITING = "waiting for the answer"
    READING = "reading the answer"


@dataclass(slots=True)
class Progress:
    """Of one question, kept up to date while it is under way. `presented`: the trusted certificate (DER) of a
    connection that was made for it, or of any where it wants to know; empty without TLS."""

    stage: Stage = Stage.LOOKING_UP
    presented: bytes | None = None


class ProbeError(Exception):
    """No answer; `outcome` says why, in our own words. `presented`: a certificate (DER) that was not trusted."""

    def __init__(self, outcome: Unreachable, presented: bytes | None = None) -> None:
        super().__init__(outcome.reason.value)
        self.outcome = outcome
        self.presented = presented


def probe_error(reason: FailureReason, detail: str = "") -> ProbeError:
    return ProbeError(Unreachable(reason, detail))


def untrusted(why: Untrusted, presented: bytes | None = None) -> ProbeError:
    return ProbeError(Unreachable(FailureReason.TLS_VERIFICATION_FAILED, why.value, why), presented)


def out_of_time(stage: Stage, seconds: float, through: Proxy | None = None) -> Unreachable:
    """Raises `ProxyFault` where that was on the way to a proxy."""
    match stage:
        case Stage.LOOKING_UP if through is not None:
            raise ProxyFault(through, Trouble.NOT_FOUND)
        case Stage.CONNECTING if through is not None:
            raise ProxyFault(through, Trouble.NOT_CONNECTED)
        case Stage.OPENING if through is not None:
            return silent(through, seconds)
        case Stage.LOOKING_UP:
            return Unreachable(FailureReason.DNS_LOOKUP_FAILED, f"no answer within {seconds:g} s")
        case Stage.CONNECTING | Stage.OPENING:
            return Unreachable(FailureReason.CONNECT_TIMEOUT, f"no connection within {seconds:g} s")
        case Stage.SHAKING_HANDS:
            return Unreachable(FailureReason.TLS_HANDSHAKE_FAILED, f"not done within {seconds:g} s")
        case Stage.WAITING:
            return Unreachable(FailureReason.READ_TIMEOUT, f"no answer within {seconds:g} s")
        case Stage.READING:
            return Unreachable(
                FailureReason.READ_TIMEOUT, f"the answer began and was not complete within {seconds:g} s"
            )


def connect_error(error: OSError) -> ProbeError:
    """Raises `ObserverFault` for what is our own fault."""
    numbers = _numbers(error)
    if _is_ours(numbers):
        raise ObserverFault from None
    if errno.ETIMEDOUT in numbers:
        return probe_error(FailureReason.CONNECT_TIMEOUT)
    return probe_error(FailureReason.CONNECTION_REFUSED, "no route to host" if numbers and numbers <= _NO_WAY else "")


def _numbers(error: OSError) -> frozenset[int]:
    """Of each address that was tried: where several failed in several ways, their numbers stand in the text alone."""
    if error.errno is not None:
        return frozenset({error.errno})
    return frozenset(map(int, _ERRNO.findall(str(error))))


def _is_ours(numbers: frozenset[int]) -> bool:
    """Without a source we could not ask, unless the address of the other family says something of the client: an
    operator without IPv6 never has one for half of a dual-stack client."""
    return bool(numbers & _OURS - {_NO_SOURCE}) or (
        _NO_SOURCE in numbers and numbers <= {_NO_SOURCE, errno.ENETUNREACH}
    )


def handshake_error(error: OSError, received: int) -> ProbeError:
    """Of `ssl.SSLError` and its kin; a connection that breaks in the handshake is no handshake either. `received`:
    bytes."""
    _unless_ours(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return untrusted(_NOT_VERIFIED.get(error.verify_code, Untrusted.OTHERWISE))
    if not received and (isinstance(error, ssl.SSLEOFError) or not isinstance(error, ssl.SSLError)):
        return probe_error(FailureReason.TLS_HANDSHAKE_FAILED, NOBODY_BEHIND)
    return probe_error(FailureReason.TLS_HANDSHAKE_FAILED, _objection(error))


def _unless_ours(error: OSError) -> None:
    if error.errno in _OURS and not isinstance(error, ssl.SSLError):  # whose numbers are OpenSSL's
        raise ObserverFault from None


def _objection(error: OSError) -> str:
    if not isinstance(error, ssl.SSLError) or isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return HALF_A_HANDSHAKE
    said = _words(error)
    return next((meaning for part, meaning in _OBJECTIONS if part in said), "")


def _words(error: ssl.SSLError) -> str:
    """OpenSSL's, as Python writes them where it knows them: of alerts 115 and 120 it has no `reason`, only the text."""
    return str(error).upper().replace(" ", "_")


def objected(error: OSError) -> ProbeError | None:
    """An alert that ends a connection before an answer began: TLS 1.3, and whoever negotiates anew, look at a client's
    certificate after the handshake."""
    if not isinstance(error, ssl.SSLError) or not any(alert in _words(error) for alert in _ALERTS):
        return None
    return probe_error(FailureReason.TLS_HANDSHAKE_FAILED, _objection(error))


def read_error(error: OSError) -> ProbeError:
    """A connection that breaks while an answer is waited for."""
    _unless_ours(error)
    return probe_error(FailureReason.INVALID_RESPONSE, BROKE_OFF)
