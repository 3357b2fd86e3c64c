"""Where the question goes, and who is trusted there."""

from __future__ import annotations

import argparse

from wahealth.check.unusable import NOT_THERE, Unusable, read
from wahealth.core.origin import NotAnOrigin, origin_of
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


def place_of(arguments: argparse.Namespace) -> Place:
    """Raises `Unusable`."""
    host, port = _origin(arguments.url)
    return Place(host, (), port, _trust(arguments))


def _origin(url: str) -> tuple[str, int]:
    try:
        origin = origin_of(url)
    except NotAnOrigin:
        raise Unusable(_ORIGIN) from None
    if origin.scheme != "https":
        raise Unusable(_ORIGIN)
    return origin.host, origin.port


_ORIGIN = "URL is to be an origin such as https://10.1.2.3:443, without path, query and user"


def _trust(arguments: argparse.Namespace) -> Trust:
    if arguments.insecure:
        return unverified()
    if arguments.pin is not None:
        return _pinned(arguments.pin)
    if arguments.ca is None:
        return full()
    try:
        return skip_hostname(read(arguments.ca))
    except UntrustedCA:
        raise Unusable(f"{arguments.ca} holds no certificate in PEM", NOT_THERE) from None


def _pinned(written: str) -> Trust:
    try:
        return pinned(frozenset({fingerprint(written)}))
    except NotAFingerprint as error:
        raise Unusable(f"--pin is to be {error}") from None
