"""The sidecar's trust in its upstream, and the client certificate that it presents, reloaded when its files change."""

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
    """What is wrong with the files of the client certificate, in one sentence."""


class Showing:
    """The trust in the upstream, with the client certificate as it is mounted now."""

    def __init__(self, trusting: Trusting, files: tuple[Path, ...] = ()) -> None:
        """`files` are those of the certificate and its key, or none. Raises `NoPair` and `UntrustedCA`."""
        self._trusting = trusting
        self._files = files
        self._problem = ""
        self._shown, self._trust = self._read(b"") or (b"", trusting(None))

    @property
    def own(self) -> Own | None:
        """The certificate that is presented, if any."""
        return self._trust.own

    def trust(self) -> Trust:
        """The trust to use now. kubelet swaps a link when the Secret changes, and the pair may be read in between: an
        unusable pair leaves the previous one in use."""
        try:
            self._shown, self._trust = self._read(self._shown) or (self._shown, self._trust)
            problem = ""
        except NoPair as error:
            problem = str(error)
        if problem != self._problem and problem:
            log.warning("the new client certificate is not used", extra={"problem": problem})
        self._problem = problem
        return self._trust

    def _read(self, before: bytes) -> tuple[bytes, Trust] | None:
        """The digest of the files and a trust that presents their certificate; None if the digest is still `before`."""
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
    """Whether the client certificate has expired or is about to."""
    return own is not None and is_expiring(own.certificate, datetime.now(UTC))


def _content(flag: str, path: Path) -> bytes:
    try:
        return mounted.content(path)
    except mounted.Unreadable as error:
        raise NoPair(f"--{flag}: {error}") from None
