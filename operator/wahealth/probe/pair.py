"""A client certificate with its key, judged before anybody is shown it. No repr and no pickle has the key."""

from __future__ import annotations

import hashlib
import ssl
from typing import NoReturn

from wahealth import keypair
from wahealth.authorities import blocks
from wahealth.core.certificate import Certificate, Own, Unfit
from wahealth.keypair import UnfitPair, certificates_in, key_in
from wahealth.probe.certificate import fingerprint_of
from wahealth.probe.renewal import validity

LONGEST_KEY = 4096  # characters of PEM: an RSA key of 4,096 bits; one of 16,384 takes a second to sign with


class Pair:
    """`load` is the one way out of the key. `digest`: two with the same are the same."""

    __slots__ = ("_certificates", "_key", "digest", "own")

    def __init__(self, certificates: bytes, key: bytes) -> None:
        """In PEM, with whatever stands around it; behind the certificate those that it is signed by. Raises
        `UnfitPair`."""
        self._certificates, self._key = certificates_in(certificates), key_in(key)
        if len(self._key) > LONGEST_KEY:
            raise UnfitPair(Unfit.TOO_LONG)
        self.own = _own(self._certificates)
        self.digest = hashlib.sha256(self._certificates + self._key).digest()

    def load(self, context: ssl.SSLContext) -> None:
        """Whoever is spoken to with it is shown the certificate, if they want one. Raises `UnfitPair`, `OSError`."""
        keypair.load(context, self._certificates, self._key)

    def __repr__(self) -> str:
        return f"Pair({self.own.certificate.fingerprint}, key hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is never pickled")


def _own(certificates: bytes) -> Own:
    """The first of them; who signed it comes behind it. Raises `UnfitPair`."""
    try:
        der = ssl.PEM_cert_to_DER_cert(blocks(certificates)[0].decode("ascii"))
    except ValueError:
        raise UnfitPair(Unfit.OTHERWISE) from None
    lasts = validity(der)
    if lasts is None:
        raise UnfitPair(Unfit.OTHERWISE)
    begins, ends = lasts
    return Own(Certificate(fingerprint_of(der), ends), begins)
