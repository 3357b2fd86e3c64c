"""Reads a certificate that was presented. Whoever presents it is not trusted: what cannot be read is none.

The library is imported when the first one is read: it costs 8 MB, and the sidecar needs none of it.
"""

from __future__ import annotations

import hashlib

from wahealth.core.certificate import Certificate, Presented
from wahealth.probe.payload import LONGEST_NAME, clean


def fingerprint_of(presented: bytes) -> str:
    """SHA-256 of it, 64 hexadecimal digits in lower case."""
    return hashlib.sha256(presented).hexdigest()


def certificate_of(presented: bytes) -> Certificate | None:
    """`presented` in DER."""
    from cryptography import x509  # noqa: PLC0415

    try:
        not_after = x509.load_der_x509_certificate(presented).not_valid_after_utc
    except ValueError:
        return None
    return Certificate(fingerprint_of(presented), not_after)


def shown(presented: bytes) -> Presented:
    """For a message: whatever it calls itself is cleaned and cut."""
    name = next(iter(_names(presented)), "")
    return Presented(fingerprint_of(presented), clean(name, LONGEST_NAME))


def _names(presented: bytes) -> tuple[str, ...]:
    from cryptography import x509  # noqa: PLC0415

    try:
        extensions = x509.load_der_x509_certificate(presented).extensions
        found = extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return ()
    return tuple(found.value.get_values_for_type(x509.DNSName))
