"""Whom the sidecar trusts, and the certificate of its own that it shows there, as its files are mounted now."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from wahealth import mounted
from wahealth.core.certificate import Own, is_expiring
from wahealth.core.reasons.trust import not_shown
from wahealth.keypair import UnfitPair
from wahealth.probe.pair import Pair
from wahealth.probe.trust import Trust

log = logging.getLogger(__name__)

Trusting = Callable[[Pair | None], Trust]
PAIR = ("client-certificate", "client-key")


class NoPair(ValueError):
    """What is wrong with the files, in one sentence."""


class Showing:
    def __init__(self, trusting: Trusting, files: tuple[Path, ...] = ()) -> None:
        """`files`: of a certificate and its key, or none. Raises `NoPair`."""
        self._trusting = trusting
        self._files = files
        self._problem = ""
        self._shown, self._trust = self._read(b"") or (b"", trusting(None))

    @property
    def own(self) -> Own | None:
        return self._trust.own

    def trust(self) -> Trust:
        """Kubelet swaps a link when the Secret changes, and a pair may be read while it does: one that cannot be used
        leaves the one before in use."""
        try:
            self._shown, self._trust = self._read(self._shown) or (self._shown, self._trust)
            problem = ""
        except NoPair as error:
            problem = str(error)
        if problem != self._problem and problem:
            log.warning("the client certificate is not taken up", extra={"problem": problem})
        self._problem = problem
        return self._trust

    def _read(self, before: bytes) -> tuple[bytes, Trust] | None:
        """The digest of what stands there, and a trust that shows it; None where it is what stood there before."""
        if not self._files:
            return None
        contents = [_content(flag, path) for flag, path in zip(PAIR, self._files, strict=True)]
        digest = hashlib.sha256(b"\0".join(contents)).digest()
        if digest == before:
            return None
        try:
            return digest, self._trusting(Pair(*contents))
        except UnfitPair as error:
            raise NoPair(not_shown(error.why)) from None


def ends_soon(own: Own | None) -> bool:
    return own is not None and is_expiring(own.certificate, datetime.now(UTC))


def _content(flag: str, path: Path) -> bytes:
    try:
        return mounted.content(path)
    except mounted.Unreadable as error:
        raise NoPair(f"--{flag}: {error}") from None
