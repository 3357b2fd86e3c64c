"""Whom a probe trusts, and what it shows of itself there: TLS contexts, TLS 1.2 at least, and pinned certificates."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, replace
from datetime import datetime

from wahealth.authorities import add_authorities
from wahealth.core.answer import Unreachable
from wahealth.core.certificate import Objection, Own
from wahealth.probe.certificate import fingerprint_of
from wahealth.probe.errors import DENIED, WANTS_A_CERTIFICATE, ObserverFault
from wahealth.probe.pair import Pair

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


class NotAFingerprint(ValueError):
    """No SHA-256 of a certificate; says what is wanted."""

    def __init__(self) -> None:
        super().__init__("the SHA-256 fingerprint of a certificate, 64 hexadecimal digits")


class UntrustedCA(ValueError):
    """The bytes hold no certificate that can be trusted."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Trust:
    """A context, shared by everyone who trusts the same and shows the same; with `pins`, only certificates with one of
    these SHA-256. `own`: the client certificate that is shown there."""

    context: ssl.SSLContext
    pins: frozenset[str] = frozenset()
    own: Own | None = None

    def admits(self, presented: bytes) -> bool:
        """Asked before anything of ours is sent; `presented` is the certificate in DER."""
        return not self.pins or fingerprint_of(presented) in self.pins


def objected_to(said: Unreachable, trust: Trust | None, now: datetime) -> Unreachable:
    """What ends a handshake, told as what it means where a certificate of ours was shown."""
    own = trust.own if trust is not None else None
    if own is None or said.objection is None:
        return said
    if lapse := own.lapse(now):
        return replace(said, detail=lapse, objection=Objection.LAPSED)
    if said.objection is Objection.ACCESS:
        return replace(said, detail=f"{DENIED} with this client certificate", objection=Objection.CERTIFICATE)
    return replace(said, detail=said.detail.replace(WANTS_A_CERTIFICATE, "it does not take the client certificate"))


def full(pem: bytes | None = None, pair: Pair | None = None, public: bool = False) -> Trust:
    """Chains to one of the certificates, and carries the name that is asked for. `public`: or to what the public
    trusts, which is all where there is no certificate."""
    return _showing(pair, Trust(_verifying(pem, public)))


def skip_hostname(pem: bytes | None = None, pair: Pair | None = None, public: bool = False) -> Trust:
    """The same, whatever name it carries: waweb's own names no pod's address."""
    context = _verifying(pem, public)
    context.check_hostname = False
    return _showing(pair, Trust(context))


def pinned(fingerprints: frozenset[str], pair: Pair | None = None) -> Trust:
    """Whoever presents one of these certificates, whatever name it carries and whoever signed it; at least one."""
    if not fingerprints:
        raise NotAFingerprint
    return _showing(pair, Trust(_anybody(), fingerprints))


def unverified(pair: Pair | None = None) -> Trust:
    """Anybody. Encrypted, and that is all."""
    return _showing(pair, Trust(_anybody()))


def _showing(pair: Pair | None, trust: Trust) -> Trust:
    """Of a context that is nobody else's yet. Raises `UnfitPair`, and `ObserverFault` for what is our own fault."""
    if pair is None:
        return trust
    try:
        pair.load(trust.context)
    except OSError:  # no descriptor, no memory
        raise ObserverFault from None
    return replace(trust, own=pair.own)


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
