"""The facts that matter about waweb's certificate and about our own client certificate."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from wahealth.core.strenum import FastStrEnum

EXPIRING = timedelta(days=14)  # how long before its expiry a certificate is reported


class Certificate(NamedTuple):
    """A certificate. `fingerprint`: SHA-256 of its DER, 64 hexadecimal digits in lower case. `not_after`: its expiry
    (UTC)."""

    fingerprint: str
    not_after: datetime


def first_to_end(certificates: Iterable[Certificate]) -> Certificate | None:
    """The certificate that must be renewed first, of several web pods that each have their own; None if there is
    none."""
    return min(certificates, key=lambda one: (one.not_after, one.fingerprint), default=None)


def is_expiring(certificate: Certificate | None, now: datetime) -> bool:
    """Whether the certificate expires within `EXPIRING`, or has expired. `now`: UTC."""
    return certificate is not None and certificate.not_after - now <= EXPIRING


EXPIRED, NOT_YET_VALID = "the client certificate has expired", "the client certificate is not valid yet"


class Own(NamedTuple):
    """Our own client certificate, which we show to the servers that we probe. `not_before`: its start (UTC)."""

    certificate: Certificate
    not_before: datetime

    def lapse(self, now: datetime) -> str:
        """Why no server can be expected to accept it now, in the words of the message; empty while it is valid."""
        if now >= self.certificate.not_after:
            return EXPIRED
        return NOT_YET_VALID if now < self.not_before else ""


class Objection(FastStrEnum):
    """The objection of a server that ends the handshake to our client certificate, or to showing none."""

    CERTIFICATE = "Certificate"  # it requires one, or a different one
    LAPSED = "Lapsed"  # the one that we show is not valid now
    ACCESS = "Access"  # it denies access; if we show a certificate, because of that


class Unfit(FastStrEnum):
    """Why a client certificate cannot be shown, in the words of the message."""

    NO_CERTIFICATE = "there is no certificate in PEM"
    NO_KEY = "there is no key in PEM"
    ENCRYPTED = "its key has a password"
    OTHER_KEY = "the key belongs to another certificate"
    TOO_LONG = "its key is longer than 4,096 bits"
    TOO_WEAK = "its key or its signature is too weak"
    OTHERWISE = "it cannot be read"


class Untrusted(FastStrEnum):
    """Why a certificate was not trusted, in the words of the message."""

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
    """A certificate that was not trusted, for a person to decide on.

    `fingerprint` as in `Certificate`; `name`: a host name that it carries, empty if it carries none.
    """

    fingerprint: str
    name: str = ""
