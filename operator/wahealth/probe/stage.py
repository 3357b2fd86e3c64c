"""How far a question got, and why it got no further: the closed set of reasons, and what is our own fault."""

from __future__ import annotations

import errno
import ssl
from dataclasses import dataclass
from enum import Enum

from wahealth.core.answer import Unreachable, Unreached
from wahealth.core.certificate import Untrusted

_OURS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.EADDRNOTAVAIL, errno.EPERM})
_NO_WAY = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EACCES})
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


class ObserverFault(Exception):
    """This round failed through our own fault; the verdict stays as it is."""


class Stage(Enum):
    """Where a question is when its time is up."""

    LOOKING_UP = "looking up the name"
    CONNECTING = "connecting"
    SHAKING_HANDS = "shaking hands"
    WAITING = "waiting for the answer"


@dataclass(slots=True)
class Progress:
    stage: Stage = Stage.LOOKING_UP


class Failed(Exception):
    """No answer; `outcome` says why, in our own words. `presented`: a certificate (DER) that was not trusted."""

    def __init__(self, outcome: Unreachable, presented: bytes | None = None) -> None:
        super().__init__(outcome.reason.value)
        self.outcome = outcome
        self.presented = presented


def failed(reason: Unreached, detail: str = "") -> Failed:
    return Failed(Unreachable(reason, detail))


def untrusted(why: Untrusted, presented: bytes | None = None) -> Failed:
    return Failed(Unreachable(Unreached.TLS_VERIFICATION_FAILED, why.value, why), presented)


def out_of_time(stage: Stage, seconds: float) -> Unreachable:
    match stage:
        case Stage.LOOKING_UP:
            return Unreachable(Unreached.DNS_LOOKUP_FAILED, f"no answer within {seconds:g} s")
        case Stage.CONNECTING:
            return Unreachable(Unreached.CONNECT_TIMEOUT, f"no connection within {seconds:g} s")
        case Stage.SHAKING_HANDS:
            return Unreachable(Unreached.TLS_HANDSHAKE_FAILED, f"not done within {seconds:g} s")
        case Stage.WAITING:
            return Unreachable(Unreached.READ_TIMEOUT, f"no answer within {seconds:g} s")


def not_connected(error: OSError) -> Failed:
    """Raises `ObserverFault` for what is our own fault."""
    _unless_ours(error)
    if error.errno == errno.ETIMEDOUT:
        return failed(Unreached.CONNECT_TIMEOUT)
    return failed(Unreached.CONNECTION_REFUSED, "no way leads there" if error.errno in _NO_WAY else "")


def no_handshake(error: OSError) -> Failed:
    """Of `ssl.SSLError` and its kin; a connection that breaks in the handshake is no handshake either."""
    _unless_ours(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return untrusted(_NOT_VERIFIED.get(error.verify_code, Untrusted.OTHERWISE))
    return failed(Unreached.TLS_HANDSHAKE_FAILED, _alert(error))


def _unless_ours(error: OSError) -> None:
    if error.errno in _OURS and not isinstance(error, ssl.SSLError):  # whose numbers are OpenSSL's
        raise ObserverFault from None


def _alert(error: OSError) -> str:
    """What the other side objected to, from OpenSSL's own closed set of reasons."""
    reason = (error.reason if isinstance(error, ssl.SSLError) else "") or ""
    if "CERTIFICATE_REQUIRED" in reason or "HANDSHAKE_FAILURE" in reason or "BAD_CERTIFICATE" in reason:
        return "waweb wants a client certificate, or offers no cipher that is safe enough"
    if "WRONG_VERSION_NUMBER" in reason or "HTTP_REQUEST" in reason:
        return "that is no TLS"
    if "PROTOCOL" in reason or "VERSION" in reason:
        return "waweb speaks no TLS 1.2 or newer there"
    return ""


def broken(error: OSError) -> Failed:
    """A connection that breaks while an answer is waited for."""
    _unless_ours(error)
    if isinstance(error, ssl.SSLError) and "CERTIFICATE_REQUIRED" in (error.reason or ""):
        return no_handshake(error)  # TLS 1.3 asks for a client certificate after the handshake
    return failed(Unreached.INVALID_RESPONSE, "the connection broke before the answer was complete")
