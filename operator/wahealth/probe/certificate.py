"""Reads a certificate that was presented. Whoever presents it is not trusted: what cannot be read is none.

The library is imported when the first one is read: it costs 8 MB, and the sidecar needs none of it.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from wahealth.core.certificate import Certificate, Presented
from wahealth.core.egress.origin import is_name

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
    """For a message: of whatever it calls itself a host name, and nothing else."""
    names = (name.lower() for name in _read(presented, _names) or ())
    return Presented(fingerprint_of(presented), next(filter(is_name, names), ""))


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
    """As a handshake compares them: the subject's common name counts where no DNS name stands beside it."""
    from cryptography.x509.oid import NameOID  # noqa: PLC0415

    subject = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return _dns_names(certificate) or tuple(str(attribute.value) for attribute in subject)


def _dns_names(certificate: x509.Certificate) -> tuple[str, ...]:
    from cryptography import x509  # noqa: PLC0415

    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    return tuple(found.value.get_values_for_type(x509.DNSName))
