"""The certificate authorities that the installation trusts for hosts outside of the cluster, next to the public ones.

The file is read again as often as a resource's CA is. When a new version cannot be used, the previous one stays in use.
"""

from __future__ import annotations

import logging
from pathlib import Path

from wahealth import mounted
from wahealth.probe.trust import UntrustedCA, full
from wahealth.telemetry.logs import topic

log = logging.getLogger(__name__)


class NoAuthorities(Exception):
    """The file cannot be used. The text says why, as a sentence without its full stop."""


class Authorities:
    def __init__(self, path: Path | None) -> None:
        """`path` None: only the public authorities are trusted. Raises `NoAuthorities`."""
        self._path = path
        self._last = None if path is None else _read(path)

    def pem(self) -> bytes | None:
        """The certificates of the file as it is now, in PEM; None: only the public authorities are trusted."""
        if self._path is None:
            return None
        try:
            self._last = _read(self._path, self._last)
        except NoAuthorities as error:
            about = topic("egress CA", error=str(error))
            log.warning("certificate authorities not reloaded: the previous ones stay in use", extra=about)
        return self._last


def _read(path: Path, last: bytes | None = None) -> bytes:
    """The file's bytes, known to hold a certificate. `last`: bytes that were checked before. Raises `NoAuthorities`."""
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
