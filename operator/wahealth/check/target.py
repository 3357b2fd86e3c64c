"""What is probed, which certificates are trusted there, and whether the credential may leak on the way."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

from wahealth.check.unusable import NOT_THERE, Unusable, read
from wahealth.core.conflicts import FLAGS, HALF_A_PAIR, tls_useless
from wahealth.core.egress.origin import NotAnOrigin, Origin, origin_of
from wahealth.core.facts import KeyExposure
from wahealth.core.reasons.trust import not_shown
from wahealth.keypair import UnfitPair
from wahealth.probe.pair import Pair
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
from wahealth.probe.waweb import HealthEndpoint

_NO_ORIGIN = "URL must be an origin such as https://10.1.2.3:443, without query and user: name a path with --path"
_NO_CONSENT = (
    "over http:// the credential is sent unencrypted, to any server: add --insecure if you mean it, or use https://"
)


def place_of(arguments: argparse.Namespace, url: str) -> HealthEndpoint:
    """The endpoint at `url`, with the trust that the arguments name. Raises `Unusable`."""
    origin = _origin(url)
    return HealthEndpoint(
        origin.host, (), origin.port, _trust(arguments, origin), path=arguments.path, through=arguments.egress_proxy
    )


def exposure_of(arguments: argparse.Namespace, place: HealthEndpoint) -> KeyExposure | None:
    """Why anybody could receive the credential; None: only the trusted server receives it."""
    if place.trust is None:
        return KeyExposure.PLAIN_URL
    return KeyExposure.INSECURE if arguments.insecure else None


def _origin(url: str) -> Origin:
    try:
        return origin_of(url)
    except NotAnOrigin:
        raise Unusable(_NO_ORIGIN) from None


def _trust(arguments: argparse.Namespace, origin: Origin) -> Trust | None:
    if (arguments.client_certificate is None) is not (arguments.client_key is None):
        raise Unusable(HALF_A_PAIR)
    if origin.scheme == "http":
        _check_consent(arguments)
        return None
    try:
        return _trusting(arguments)(pair=_pair(arguments))
    except UntrustedCA:
        file = arguments.ca or arguments.egress_ca_file
        raise Unusable(f"{file} holds no certificate in PEM", NOT_THERE) from None
    except UnfitPair as error:
        raise Unusable(not_shown(error.why), NOT_THERE) from None


def _trusting(arguments: argparse.Namespace) -> Callable[..., Trust]:
    if arguments.insecure:
        return unverified
    if arguments.pin is not None:
        return partial(pinned, frozenset({_fingerprint(arguments.pin)}))
    beside: Path | None = arguments.egress_ca_file
    if beside is not None:
        return partial(full, read(beside), public=True)
    return full if arguments.ca is None else partial(skip_hostname, read(arguments.ca))


def _pair(arguments: argparse.Namespace) -> Pair | None:
    if arguments.client_certificate is None:
        return None
    return Pair(read(arguments.client_certificate), read(arguments.client_key))


def _check_consent(arguments: argparse.Namespace) -> None:
    """Without TLS nothing can be verified: flags that say otherwise are errors, and `--insecure` must consent to it."""
    for flag in ("ca", "pin", "egress-ca-file", "client-certificate"):
        if getattr(arguments, flag.replace("-", "_")) is not None:
            raise Unusable(tls_useless(f"--{flag}", FLAGS))
    if not arguments.insecure:
        raise Unusable(_NO_CONSENT)


def _fingerprint(written: str) -> str:
    try:
        return fingerprint(written)
    except NotAFingerprint as error:
        raise Unusable(f"--pin must be {error}") from None
