"""What servers show that Go and Python may see with other eyes: certificates with their keys and authorities, PEM."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from wahealth.playground.pki import Authority

HOST = "127.0.0.1"
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
Extension = tuple[x509.ExtensionType, bool]  # and whether it is critical
_DAY = timedelta(days=1)
_HOST = (x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), False)
_IS_AUTHORITY = (x509.BasicConstraints(ca=True, path_length=None), True)


class Signed(NamedTuple):
    """PEM: what a server shows, its key, and what is to be trusted."""

    certificate: bytes
    key: bytes
    authority: bytes

    def context(self, folder: Path) -> ssl.SSLContext:
        """`folder`: Python reads certificates from files alone."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        certificate, key = folder / "server.crt", folder / "server.key"
        certificate.write_bytes(self.certificate)
        key.write_bytes(self.key)
        context.load_cert_chain(certificate, key)
        return context


def usual(*names: str) -> Signed:
    authority = Authority.new("usual")
    return Signed(*authority.issue("server", names), authority.pem)


def without_key_identifiers() -> Signed:
    """As EKS signs them."""
    top = ec.generate_private_key(ec.SECP256R1())
    root = _certificate("kubernetes", top, "kubernetes", top, _IS_AUTHORITY)
    return _by(root, top, "kubernetes", _HOST)


def without_constraints() -> Signed:
    top = ec.generate_private_key(ec.SECP256R1())
    return _by(_certificate("kubernetes", top, "kubernetes", top), top, "kubernetes", _HOST)


def self_signed() -> Signed:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _pem(_certificate("server", key, "server", key, _HOST))
    return Signed(certificate, _private(key), certificate)


def by_an_intermediate() -> Signed:
    """Whose own authority nobody is given."""
    top, middle = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    return _by(_certificate("middle", middle, "top", top, _IS_AUTHORITY), middle, "middle", _HOST)


def short_rsa() -> Signed:
    top, key = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 1024)
    root = _certificate("kubernetes", top, "kubernetes", top, _IS_AUTHORITY)
    return Signed(_pem(_certificate("server", key, "kubernetes", top, _HOST)), _private(key), _pem(root))


def common_name_alone() -> Signed:
    top = ec.generate_private_key(ec.SECP256R1())
    root = _certificate("kubernetes", top, "kubernetes", top, _IS_AUTHORITY)
    return _by(root, top, "kubernetes", name="localhost")


def ended() -> Signed:
    top = ec.generate_private_key(ec.SECP256R1())
    root = _certificate("kubernetes", top, "kubernetes", top, _IS_AUTHORITY)
    return _by(root, top, "kubernetes", _HOST, ends=datetime.now(UTC) - _DAY)


def encrypted(key: bytes) -> bytes:
    read = serialization.load_pem_private_key(key, None)
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return read.private_bytes(serialization.Encoding.PEM, form, serialization.BestAvailableEncryption(b"password"))


def _by(
    root: x509.Certificate,
    signer: Key,
    issuer: str,
    *extensions: Extension,
    name: str = "server",
    ends: datetime | None = None,
) -> Signed:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate(name, key, issuer, signer, *extensions, ends=ends)
    return Signed(_pem(certificate), _private(key), _pem(root))


def _certificate(
    name: str, key: Key, issuer: str, signer: Key, *extensions: Extension, ends: datetime | None = None
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(_name(issuer), _name(name), key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - 30 * _DAY).not_valid_after(ends or now + 30 * _DAY)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(signer, hashes.SHA256())


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _private(key: Key) -> bytes:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption())
