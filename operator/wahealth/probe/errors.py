"""How far a question got, and why it got no further: the closed set of reasons, and what is our own fault."""

from __future__ import annotations

import asyncio
import errno
import re
import ssl
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from wahealth.core.answer import BROKE_OFF, HALF_A_HANDSHAKE, NOBODY_BEHIND, FailureReason, Unreachable
from wahealth.core.certificate import EXPIRED, Objection, Untrusted
from wahealth.core.egress.proxy import Proxy, Trouble, sentence, silent
from wahealth.probe.repeat import Said

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


class _Meaning(NamedTuple):
    """Of an alert, or of OpenSSL's own complaint: a sentence, and what is held against a client certificate."""

    detail: str
    objection: Objection | None = None


WANTS_A_CERTIFICATE, DENIED = "it wants a client certificate", "it denies access"
_WANTED = _Meaning(WANTS_A_CERTIFICATE, Objection.CERTIFICATE)
_WANTED_OR_CIPHERS = _Meaning(f"{WANTS_A_CERTIFICATE}, or offers no cipher that is safe enough", Objection.CERTIFICATE)
_NOT_TAKEN = _Meaning("it does not take the client certificate", Objection.CERTIFICATE)
_NO_TLS = _Meaning("that is no TLS")
_TOO_OLD = _Meaning("it speaks no TLS 1.2 or newer")
_FINDS_IT_WRONG = _Meaning("it ends the handshake, and finds what it was sent wrong")
# What is objected to: a part of a closed set of words, and its meaning; the first that fits counts.
_OBJECTIONS = (
    ("CERTIFICATE_REQUIRED", _WANTED),
    ("BAD_CERTIFICATE_STATUS_RESPONSE", _NOT_TAKEN),
    ("BAD_CERTIFICATE_HASH_VALUE", _NOT_TAKEN),
    ("BAD_CERTIFICATE", _WANTED_OR_CIPHERS),
    ("UNSUPPORTED_CERTIFICATE", _NOT_TAKEN),
    ("DECRYPT_ERROR", _Meaning("it cannot verify what it was sent")),
    ("HANDSHAKE_FAILURE", _WANTED_OR_CIPHERS),
    ("UNKNOWN_CA", _Meaning("it does not trust the client certificate", Objection.CERTIFICATE)),
    ("CERTIFICATE_UNKNOWN", _NOT_TAKEN),
    ("CERTIFICATE_EXPIRED", _Meaning(EXPIRED, Objection.LAPSED)),
    ("CERTIFICATE_REVOKED", _Meaning("the client certificate is revoked", Objection.CERTIFICATE)),
    ("UNRECOGNIZED_NAME", _Meaning("it knows no such name: correct the server name")),
    ("NO_APPLICATION_PROTOCOL", _Meaning("it speaks no HTTP/1.1")),
    ("ACCESS_DENIED", _Meaning(DENIED, Objection.ACCESS)),
    ("INSUFFICIENT_SECURITY", _Meaning("it wants safer ciphers")),
    ("INTERNAL_ERROR", _Meaning("it has an error of its own")),
    ("WRONG_VERSION_NUMBER", _NO_TLS),
    ("HTTP_REQUEST", _NO_TLS),
    ("PROTOCOL", _TOO_OLD),
    ("VERSION", _TOO_OLD),
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
    connection that was made for it, or of any where it wants to know; empty without TLS. `deadline`: of the whole
    exchange, where it has one; `timeout`: the seconds that it is for. `said`: what was asked and came, where it can be
    repeated."""

    stage: Stage = Stage.LOOKING_UP
    presented: bytes | None = None
    deadline: asyncio.Timeout | None = None
    timeout: float = 0.0
    said: Said | None = None

    def asked_at(self, began: float) -> None:
        """The question went out at `began` (monotonic seconds of the loop) already."""
        self.stage = Stage.WAITING
        if self.deadline is not None:
            self.deadline.reschedule(began + self.timeout)


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
    return _no_handshake(_meaning(error))


def _no_handshake(meaning: _Meaning) -> ProbeError:
    return ProbeError(Unreachable(FailureReason.TLS_HANDSHAKE_FAILED, meaning.detail, objection=meaning.objection))


def _unless_ours(error: OSError) -> None:
    if error.errno in _OURS and not isinstance(error, ssl.SSLError):  # whose numbers are OpenSSL's
        raise ObserverFault from None


def _meaning(error: OSError) -> _Meaning:
    if not isinstance(error, ssl.SSLError) or isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return _Meaning(HALF_A_HANDSHAKE)
    said = _words(error)
    return next((meaning for part, meaning in _OBJECTIONS if part in said), _Meaning(""))


def _words(error: ssl.SSLError) -> str:
    """OpenSSL's, as Python writes them where it knows them: of alerts 115 and 120 it has no `reason`, only the text."""
    return str(error).upper().replace(" ", "_")


def objected(error: OSError) -> ProbeError | None:
    """An alert that ends a connection before an answer began: TLS 1.3, and whoever negotiates anew, look at a client's
    certificate after the handshake."""
    if not isinstance(error, ssl.SSLError) or not any(alert in _words(error) for alert in _ALERTS):
        return None
    return _no_handshake(_meaning(error))


def read_error(error: OSError) -> ProbeError:
    """A connection that breaks while an answer is waited for."""
    _unless_ours(error)
    return probe_error(FailureReason.INVALID_RESPONSE, BROKE_OFF)
