"""Whom a probe trusts: TLS contexts, TLS 1.2 at least."""

from __future__ import annotations

import ssl


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
