"""Whom a probe trusts: TLS contexts, TLS 1.2 at least, and pinned certificates."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass

from wahealth.authorities import add_authorities
from wahealth.probe.certificate import fingerprint_of

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


class NotAFingerprint(ValueError):
    """No SHA-256 of a certificate; says what is wanted."""

    def __init__(self) -> None:
        super().__init__("the SHA-256 fingerprint of a certificate, 64 hexadecimal digits")


class UntrustedCA(ValueError):
    """The bytes hold no certificate that can be trusted."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Trust:
    """A context, shared by everyone who trusts the same; with `pins`, only certificates with one of these SHA-256."""

    context: ssl.SSLContext
    pins: frozenset[str] = frozenset()

    def admits(self, presented: bytes) -> bool:
        """Asked when the handshake is done and nothing was sent yet; `presented` is the certificate in DER."""
        return not self.pins or fingerprint_of(presented) in self.pins


def full(pem: bytes | None = None, public: bool = False) -> Trust:
    """Chains to one of the certificates, and carries the name that is asked for. `public`: or to what the public
    trusts, which is all where there is no certificate."""
    return Trust(_verifying(pem, public))


def skip_hostname(pem: bytes | None = None, public: bool = False) -> Trust:
    """The same, whatever name it carries: waweb's own names no pod's address."""
    context = _verifying(pem, public)
    context.check_hostname = False
    return Trust(context)


def pinned(fingerprints: frozenset[str]) -> Trust:
    """Whoever presents one of these certificates, whatever name it carries and whoever signed it; at least one."""
    if not fingerprints:
        raise NotAFingerprint
    return Trust(_anybody(), fingerprints)


def unverified() -> Trust:
    """Anybody. Encrypted, and that is all."""
    return Trust(_anybody())


def fingerprint(written: str) -> str:
    """SHA-256 of a certificate as openssl prints it, `AB:CD:…`, or bare: 64 hexadecimal digits in lower case."""
    bare = written.replace(":", "").lower()
    if not _FINGERPRINT.fullmatch(bare):
        raise NotAFingerprint
    return bare


def _verifying(pem: bytes | None, public: bool) -> ssl.SSLContext:
    context = ssl.create_default_context() if pem is None else _of_authority(pem, public)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


def _of_authority(pem: bytes, public: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # waweb signs its certificate itself: it is its own authority, without the extensions that the strict mode wants.
    context.verify_flags = (context.verify_flags | ssl.VERIFY_X509_PARTIAL_CHAIN) & ~ssl.VERIFY_X509_STRICT
    if not add_authorities(context, pem):
        raise UntrustedCA
    if public:
        context.load_default_certs()
    return context


def _anybody() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context
