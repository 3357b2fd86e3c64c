"""What signs a question in: an API key, a Bearer token, a user. No repr, format or pickle shows it."""

from __future__ import annotations

import base64
import hmac
from typing import Literal, NoReturn

Scheme = Literal["Apikey", "Bearer", "Basic"]


class Credential:
    """`header()` is the one way out. Two are equal when they say the same."""

    __slots__ = ("_scheme", "_secret")

    def __init__(self, scheme: Scheme, secret: bytes) -> None:
        """`secret`: bytes of 0x21 to 0x7E, as `core.credentials` asks for."""
        self._scheme = scheme
        self._secret = secret

    def header(self) -> str:
        """The value of the Authorization header (documented, page "Health")."""
        return f"{self._scheme} {self._secret.decode('ascii')}"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Credential):
            return NotImplemented
        return self._scheme == other._scheme and hmac.compare_digest(self._secret, other._secret)

    def __hash__(self) -> int:
        return hash(self._secret)

    def __repr__(self) -> str:
        return "Credential(hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a credential is never pickled")


def api_key(secret: bytes) -> Credential:
    return Credential("Apikey", secret)


def bearer_token(secret: bytes) -> Credential:
    return Credential("Bearer", secret)


def user(name: bytes, password: bytes) -> Credential:
    """Basic credentials (RFC 7617): they go to `/v1/users/login` only."""
    return Credential("Basic", base64.b64encode(name + b":" + password))
