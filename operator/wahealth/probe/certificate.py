"""Reads a certificate that was presented. Whoever presents it is not trusted: what cannot be read is none.

The library is imported when the first one is read: it costs 8 MB, and the sidecar needs none of it.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from wahealth.core.certificate import Certificate, Presented
from wahealth.probe.payload import LONGEST_NAME, clean

if TYPE_CHECKING:
    from cryptography import x509

T = TypeVar("T")


def fingerprint_of(presented: bytes) -> str:
    """SHA-256 of it, 64 hexadecimal digits in lower case."""
    return hashlib.sha256(presented).hexdigest()


def certificate_of(presented: bytes) -> Certificate | None:
    """`presented` in DER."""
    not_after = _read(presented, lambda certificate: certificate.not_valid_after_utc)
    return None if not_after is None else Certificate(fingerprint_of(presented), not_after)


def shown(presented: bytes) -> Presented:
    """For a message: whatever it calls itself is cleaned and cut."""
    name = next(iter(_read(presented, _names) or ()), "")
    return Presented(fingerprint_of(presented), clean(name, LONGEST_NAME))


def _read(presented: bytes, read: Callable[[x509.Certificate], T]) -> T | None:
    """None of what the library cannot read, such as a version that there is not, in whichever way it says so. What it
    would rather not read, such as a serial number of 0, is no business of whoever looks at our stderr."""
    from cryptography import x509  # noqa: PLC0415

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return read(x509.load_der_x509_certificate(presented))
        except Exception:  # noqa: BLE001 - the bytes are somebody else's: nothing that is wrong with them is our bug
            return None


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    from cryptography import x509  # noqa: PLC0415

    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return tuple(found.value.get_values_for_type(x509.DNSName))
