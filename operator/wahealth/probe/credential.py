"""What signs a question in: an API key. No repr, format or pickle shows it."""

from __future__ import annotations

import hmac
from typing import NoReturn


class Credential:
    """`header()` is the one way out. Two are equal when they say the same."""

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        """`secret`: bytes of 0x21 to 0x7E, as `core.credentials` asks for."""
        self._secret = secret

    def header(self) -> str:
        """The value of the Authorization header (documented, page "Health")."""
        return f"Apikey {self._secret.decode('ascii')}"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Credential):
            return NotImplemented
        return hmac.compare_digest(self._secret, other._secret)

    def __hash__(self) -> int:
        return hash(self._secret)

    def __repr__(self) -> str:
        return "Credential(hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a credential is never pickled")


def api_key(secret: bytes) -> Credential:
    return Credential(secret)
