"""Certificates for one run: an authority with certificates that it issues, and self-signed ones as waweb has."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LASTS = timedelta(days=30)
_NO_USE = dict.fromkeys(
    (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ),
    False,
)
_BOTH_SIDES = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])


@dataclass(frozen=True)
class Authority:
    """A certificate authority, valid for 30 days."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def new(cls, common_name: str) -> Self:
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(common_name)
        return cls(_signed(name, key.public_key(), name, key, authority=True), key)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def issue(self, common_name: str, sans: Sequence[str] = (), organization: str | None = None) -> tuple[bytes, bytes]:
        """A certificate and its key in PEM, usable by servers and clients."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(common_name, organization)
        certificate = _signed(subject, key.public_key(), self.certificate.subject, self.key, sans)
        return certificate.public_bytes(serialization.Encoding.PEM), _private(key)


def self_signed(common_name: str, sans: Sequence[str]) -> tuple[bytes, bytes]:
    """A self-signed certificate and its key in PEM, like waweb's default one."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(common_name)
    certificate = _signed(name, key.public_key(), name, key, sans, authority=True)
    return certificate.public_bytes(serialization.Encoding.PEM), _private(key)


def key_pair() -> bytes:
    """A private key in PEM that signs ServiceAccount tokens."""
    return _private(ec.generate_private_key(ec.SECP256R1()), PrivateFormat.TraditionalOpenSSL)


def _signed(  # noqa: PLR0913 - the fields of a certificate
    subject: x509.Name,
    public: ec.EllipticCurvePublicKey,
    issuer: x509.Name,
    signer: ec.EllipticCurvePrivateKey,
    sans: Sequence[str] = (),
    *,
    authority: bool = False,
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        issuer, subject, public, x509.random_serial_number(), now - LASTS / 30, now + LASTS
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
    )
    usage = x509.KeyUsage(**(_NO_USE | {"digital_signature": True, "key_cert_sign": authority}))
    builder = builder.add_extension(usage, critical=True)  # Python 3.13 and newer reject an authority without it
    if not authority:
        builder = builder.add_extension(_BOTH_SIDES, critical=False)
    if sans:
        builder = builder.add_extension(x509.SubjectAlternativeName([_san(s) for s in sans]), critical=False)
    return builder.sign(signer, hashes.SHA256())


def _name(common_name: str, organization: str | None = None) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if organization:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    return x509.Name(attributes)


def _san(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _private(key: ec.EllipticCurvePrivateKey, form: PrivateFormat = PrivateFormat.PKCS8) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
