"""Where the question goes, who is trusted there, and who else may get what signs it in."""

from __future__ import annotations

import argparse
from pathlib import Path

from wahealth.check.unusable import NOT_THERE, Unusable, read
from wahealth.core.conflicts import FLAGS, tls_useless
from wahealth.core.facts import Exposure
from wahealth.core.origin import NotAnOrigin, Origin, origin_of
from wahealth.probe.client import Place
from wahealth.probe.trust import (
    NotAFingerprint,
    Trust,
    UntrustedCA,
    fingerprint,
    full,
    pinned,
    skip_hostname,
    unverified,
)

_NO_ORIGIN = "URL is to be an origin such as https://10.1.2.3:443, without query and user: name a path with --path"
_NO_CONSENT = (
    "over http:// what signs in is sent in clear, to whoever answers: add --insecure if you mean it, or use https://"
)


def place_of(arguments: argparse.Namespace) -> Place:
    """Raises `Unusable`."""
    origin = _origin(arguments.url)
    return Place(
        origin.host, (), origin.port, _trust(arguments, origin), path=arguments.path, through=arguments.egress_proxy
    )


def exposure_of(arguments: argparse.Namespace, place: Place) -> Exposure | None:
    if place.trust is None:
        return Exposure.PLAIN_URL
    return Exposure.INSECURE if arguments.insecure else None


def _origin(url: str) -> Origin:
    try:
        return origin_of(url)
    except NotAnOrigin:
        raise Unusable(_NO_ORIGIN) from None


def _trust(arguments: argparse.Namespace, origin: Origin) -> Trust | None:
    if origin.scheme == "http":
        _check_consent(arguments)
        return None
    if arguments.insecure:
        return unverified()
    if arguments.pin is not None:
        return _pinned(arguments.pin)
    beside: Path | None = arguments.egress_ca_file
    file: Path | None = arguments.ca or beside
    if file is None:
        return full()
    try:
        return full(read(file), public=True) if beside else skip_hostname(read(file))
    except UntrustedCA:
        raise Unusable(f"{file} holds no certificate in PEM", NOT_THERE) from None


def _check_consent(arguments: argparse.Namespace) -> None:
    """In clear nobody can be verified; as in the resource, that is to be said in so many words."""
    for flag in ("ca", "pin", "egress-ca-file"):
        if getattr(arguments, flag.replace("-", "_")) is not None:
            raise Unusable(tls_useless(f"--{flag}", FLAGS))
    if not arguments.insecure:
        raise Unusable(_NO_CONSENT)


def _pinned(written: str) -> Trust:
    try:
        return pinned(frozenset({fingerprint(written)}))
    except NotAFingerprint as error:
        raise Unusable(f"--pin is to be {error}") from None
