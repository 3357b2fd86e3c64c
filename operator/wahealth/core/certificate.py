"""The certificate that waweb presents, as far as it matters."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from wahealth.core.strenum import FastStrEnum

EXPIRING = timedelta(days=14)  # before its end a certificate is warned of


class Certificate(NamedTuple):
    """`fingerprint`: SHA-256 of its DER, 64 hexadecimal digits in lower case. `not_after`: when it ends, UTC."""

    fingerprint: str
    not_after: datetime


def first_to_end(certificates: Iterable[Certificate]) -> Certificate | None:
    """Of several web pods, each with a certificate of its own: the one that is to be renewed first."""
    return min(certificates, key=lambda one: (one.not_after, one.fingerprint), default=None)


def is_expiring(certificate: Certificate | None, now: datetime) -> bool:
    return certificate is not None and certificate.not_after - now <= EXPIRING


EXPIRED, NOT_YET_VALID = "the client certificate has expired", "the client certificate is not valid yet"


class Own(NamedTuple):
    """One of ours, which is shown to whom we ask."""

    certificate: Certificate
    not_before: datetime

    def lapse(self, now: datetime) -> str:
        """Why nobody is expected to take it now, as the sentence says it; empty while it is in its time."""
        if now >= self.certificate.not_after:
            return EXPIRED
        return NOT_YET_VALID if now < self.not_before else ""


class Objection(FastStrEnum):
    """What whoever ends a handshake has against a client certificate, or against coming without one."""

    CERTIFICATE = "Certificate"  # it requires one, or another one
    LAPSED = "Lapsed"  # the one that is shown is not valid now
    ACCESS = "Access"  # it denies access: on account of the certificate, where one is shown


class Unfit(FastStrEnum):
    """Why a client certificate cannot be shown, as the sentence says it."""

    NO_CERTIFICATE = "there is no certificate in PEM"
    NO_KEY = "there is no key in PEM"
    ENCRYPTED = "its key has a password"
    OTHER_KEY = "the key belongs to another certificate"
    TOO_LONG = "its key is longer than 4,096 bits"
    TOO_WEAK = "its key or its signature is too weak"
    OTHERWISE = "it cannot be read"


class Untrusted(FastStrEnum):
    """Why one was not trusted, as the sentence says it."""

    NOT_YET_VALID = "the certificate is not valid yet"
    EXPIRED = "the certificate has expired"
    SIGNS_ITSELF = "the certificate signs itself and is not trusted"
    UNKNOWN_AUTHORITY = "the certificate's authority is not trusted"
    OTHER_NAME = "the certificate carries another name"
    OTHER_ADDRESS = "the certificate carries another address"
    WEAK_KEY = "the certificate's key is too weak"
    WEAK_AUTHORITY = "the certificate's authority has a key that is too weak"
    OTHER_PIN = "the certificate is not the one that is pinned"
    NO_SUCH_NAME = "the server name cannot be asked for"
    OTHERWISE = "the certificate cannot be verified"


class Presented(NamedTuple):
    """One that was not trusted, for a person to decide on; `name`: a host name that it carries, if any."""

    fingerprint: str
    name: str = ""
