"""Reads certificate authorities from PEM files as people keep them, for probes, the operator and the command line."""

from __future__ import annotations

import contextlib
import re
import ssl

_BLOCK = re.compile(rb"-----BEGIN (?:X509 )?(CERTIFICATE-----[^-]*-----END )(?:X509 )?CERTIFICATE-----")


def blocks(pem: bytes) -> list[bytes]:
    """Each certificate of a PEM file as a block of its own, labelled CERTIFICATE also where it was X509 CERTIFICATE."""
    return [b"-----BEGIN " + block + b"CERTIFICATE-----\n" for block in _BLOCK.findall(pem)]


def add_authorities(context: ssl.SSLContext, pem: bytes) -> int:
    """Trusts all certificates in `pem` and returns how many there were.

    Broken blocks are skipped, and so is everything between blocks, such as keys, a byte order mark or comments in any
    encoding.
    """
    read = 0
    for block in blocks(pem):
        with contextlib.suppress(ValueError, ssl.SSLError):
            context.load_verify_locations(cadata=ssl.PEM_cert_to_DER_cert(block.decode("ascii")))
            read += 1
    return read
