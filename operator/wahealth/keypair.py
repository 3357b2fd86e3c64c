"""Loads a client certificate and its key, in PEM as people keep them, into a TLS context.

Python reads both only from files, and a container may have no place to write one. On Linux the files exist in memory
only (`memfd_create`), are opened by their names under /proc and vanish when they are closed. Elsewhere they are files
that only this user can read, in a folder that is deleted at once.
"""

from __future__ import annotations

import contextlib
import os
import re
import ssl
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from wahealth.authorities import blocks
from wahealth.core.certificate import Unfit

_KEY = re.compile(rb"-----BEGIN ((?:[A-Z]{1,16} )?PRIVATE KEY-----)")


class UnfitPair(ValueError):
    """Why a pair cannot be used. Neither `why` nor the text contains any part of the pair."""

    def __init__(self, why: Unfit) -> None:
        super().__init__(why.value)
        self.why = why


def certificates_in(pem: bytes) -> bytes:
    """All certificates of a PEM file, without the text around them. Raises `UnfitPair`."""
    found = b"".join(blocks(pem))
    if not found:
        raise UnfitPair(Unfit.NO_CERTIFICATE)
    return found


def key_in(pem: bytes) -> bytes:
    """The first private key of a PEM file. Raises `UnfitPair`."""
    begin = _KEY.search(pem)
    end = pem.find(b"-----END " + begin[1], begin.end()) if begin else -1
    if begin is None or end < 0:
        raise UnfitPair(Unfit.NO_KEY)
    return pem[begin.start() : end] + b"-----END " + begin[1] + b"\n"


def load(context: ssl.SSLContext, certificates: bytes, key: bytes) -> None:
    """Makes `context` present this certificate. Raises `UnfitPair`, and `OSError` if no file can be made for it."""
    with _as_file(certificates_in(certificates)) as chain, _as_file(key_in(key)) as private:
        try:
            context.load_cert_chain(chain, private, password=_nobody_is_asked)
        except _HasPassword:
            raise UnfitPair(Unfit.ENCRYPTED) from None
        except ssl.SSLError as error:
            raise UnfitPair(_why(error)) from None


class _HasPassword(Exception):
    """The key is encrypted."""


def _nobody_is_asked() -> NoReturn:
    """The callback for the password. Without one OpenSSL would ask at the terminal."""
    raise _HasPassword


# Parts of the names of OpenSSL's errors, and what each means.
_REASONS = (
    ("MISMATCH", Unfit.OTHER_KEY),
    ("NO_CERTIFICATE_ASSIGNED", Unfit.OTHER_KEY),  # the key is of another kind than the certificate's
    ("TOO_SMALL", Unfit.TOO_WEAK),
    ("TOO_WEAK", Unfit.TOO_WEAK),
)


def _why(error: ssl.SSLError) -> Unfit:
    reason = error.reason or ""
    return next((why for part, why in _REASONS if part in reason), Unfit.OTHERWISE)


@contextlib.contextmanager
def _as_file(content: bytes) -> Iterator[str]:
    """A path where `content` can be read during the block."""
    if not hasattr(os, "memfd_create"):
        with tempfile.TemporaryDirectory(prefix="wahealth-") as folder:
            file = Path(folder, "pem")
            file.write_bytes(content)
            yield str(file)
        return
    descriptor = os.memfd_create("wahealth")
    with open(descriptor, "wb", buffering=0) as memory:  # noqa: PTH123 - of a descriptor
        memory.write(content)
        yield f"/proc/self/fd/{descriptor}"
