"""Whom hosts outside are trusted by, beside the public authorities: a file of the installation's.

It is read again as often as a CA of a resource is; what replaces it and cannot be used leaves the one of before.
"""

from __future__ import annotations

import logging
from pathlib import Path

from wahealth import mounted
from wahealth.probe.trust import UntrustedCA, full
from wahealth.telemetry.logs import topic

log = logging.getLogger(__name__)


class NoAuthorities(Exception):
    """Why the file cannot be used, in a sentence without its full stop."""


class Authorities:
    def __init__(self, path: Path | None) -> None:
        """Raises `NoAuthorities`."""
        self._path = path
        self._last = None if path is None else _read(path)

    def pem(self) -> bytes | None:
        """As the file says now; None: only the public ones are trusted."""
        if self._path is None:
            return None
        try:
            self._last = _read(self._path, self._last)
        except NoAuthorities as error:
            about = topic("egress CA", error=str(error))
            log.warning("certificate authorities not reloaded: the previous ones stay in use", extra=about)
        return self._last


def _read(path: Path, last: bytes | None = None) -> bytes:
    """`last`: what was good before, and is not looked into again."""
    try:
        found = mounted.content(path)
    except mounted.Unreadable as error:
        raise NoAuthorities(str(error)) from None
    if found != last:
        _look_into(path, found)
    return found


def _look_into(path: Path, found: bytes) -> None:
    try:
        full(found)
    except UntrustedCA:
        raise NoAuthorities(f"{path} holds no certificate in PEM") from None
