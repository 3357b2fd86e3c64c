"""Whom a probe trusts: TLS contexts, TLS 1.2 at least."""

from __future__ import annotations

import hashlib
import re
import ssl

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


class NotAFingerprint(ValueError):
    """No SHA-256 of a certificate."""


class UntrustedCA(ValueError):
    """The bytes hold no certificate that can be trusted."""


def trusting(pem: bytes) -> ssl.SSLContext:
    """Chains to one of the certificates, whatever name the server carries: waweb's own names no pod's address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    # waweb signs its certificate itself: it is its own authority, without the extensions that the strict mode wants.
    context.verify_flags = (context.verify_flags | ssl.VERIFY_X509_PARTIAL_CHAIN) & ~ssl.VERIFY_X509_STRICT
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(cadata=pem.decode("ascii"))
    except (ssl.SSLError, ValueError):
        raise UntrustedCA from None
    return context


def unverified() -> ssl.SSLContext:
    """Anybody. Encrypted, and that is all."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def public() -> ssl.SSLContext:
    """What the public trusts, for the very address asked."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def fingerprint(written: str) -> str:
    """SHA-256 of a certificate as openssl prints it, `AB:CD:…`, or bare: 64 hexadecimal digits in lower case."""
    bare = written.replace(":", "").lower()
    if not _FINGERPRINT.fullmatch(bare):
        raise NotAFingerprint
    return bare


def pinned(fingerprints: frozenset[str]) -> ssl.SSLContext:
    """Whoever presents one of these certificates, by SHA-256, whatever name it carries and whoever signed it.

    It is checked in the handshake, before anything is sent: nobody else is shown the key.
    """

    class Pinned(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            presented = self.getpeercert(binary_form=True) or b""
            if hashlib.sha256(presented).hexdigest() not in fingerprints:
                raise ssl.SSLCertVerificationError("another certificate than the one that is pinned")

    context = unverified()
    context.sslobject_class = Pinned
    return context
