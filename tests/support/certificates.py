"""Certificates that no authority would make, by bytes changed in one that signs itself."""

from __future__ import annotations

import random
import ssl
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_KEY = ec.generate_private_key(ec.SECP256R1())
_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "whatsapp-web")])
_BEFORE, _AFTER = datetime(2024, 1, 1, tzinfo=UTC), datetime(2049, 1, 1, tzinfo=UTC)
_SERIAL = 0x5A
DER = (
    x509.CertificateBuilder(_NAME, _NAME, _KEY.public_key(), _SERIAL, _BEFORE, _AFTER)
    .add_extension(x509.SubjectAlternativeName([x509.DNSName("whatsapp-web")]), critical=False)
    .sign(_KEY, hashes.SHA256())
    .public_bytes(serialization.Encoding.DER)
)
PRIVATE = _KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)
_VERSION = bytes.fromhex("a003020102")  # version 3, which is written as 2
_END = b"490101000000Z"


def der(pem: bytes) -> bytes:
    return ssl.PEM_cert_to_DER_cert(pem.decode())


def of_version(written: int) -> bytes:
    return _changed(_VERSION, _VERSION[:-1] + bytes([written]))


def with_serial(number: bytes) -> bytes:
    """One byte of it."""
    before = _VERSION + bytes([2, 1])
    return _changed(before + bytes([_SERIAL]), before + number)


def ending(time: bytes) -> bytes:
    """As ASN.1 writes it: YYMMDDhhmmssZ."""
    return _changed(_END, time)


def lasting(name: str, before: datetime, after: datetime, sans: Sequence[str] = ()) -> bytes:
    """One that signs itself, in PEM, with PRIVATE as its key: good from `before` to `after`."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(subject, subject, _KEY.public_key(), _SERIAL, before, after)
    if sans:
        names = x509.SubjectAlternativeName([x509.DNSName(san) for san in sans])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(_KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def mutated(times: int) -> Iterator[bytes]:
    """The same every time."""
    dice = random.Random(7)
    for _ in range(times):
        anomalies = bytearray(DER)
        for _ in range(dice.choice((1, 1, 1, 2, 3))):
            anomalies[dice.randrange(len(anomalies))] = dice.randrange(256)
        yield bytes(anomalies)


def _changed(before: bytes, after: bytes) -> bytes:
    assert DER.count(before) == 1
    return DER.replace(before, after)
