"""Certificate authorities in PEM, as people have them: whom a probe, the operator and the command line trust."""

from __future__ import annotations

import contextlib
import re
import ssl

_BLOCK = re.compile(rb"-----BEGIN (?:X509 )?(CERTIFICATE-----[^-]*-----END )(?:X509 )?CERTIFICATE-----")


def blocks(pem: bytes) -> list[bytes]:
    """Each certificate by itself, under the label that every reader knows."""
    return [b"-----BEGIN " + block + b"CERTIFICATE-----\n" for block in _BLOCK.findall(pem)]


def add_authorities(context: ssl.SSLContext, pem: bytes) -> int:
    """How many could be read. Each block is read by itself: whatever stands around it is skipped, such as comments in
    any encoding, a byte order mark or a key, and one that is broken too."""
    read = 0
    for block in blocks(pem):
        with contextlib.suppress(ValueError, ssl.SSLError):
            context.load_verify_locations(cadata=ssl.PEM_cert_to_DER_cert(block.decode("ascii")))
            read += 1
    return read
