"""What there is to sign in with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wahealth.core.signin.keys import KeyRing
from wahealth.core.signin.logins import Session
from wahealth.core.signin.talk import SignIn
from wahealth.core.signin.tokens import Token
from wahealth.core.word import Word


class Kind(Word):
    """As it is called in a message."""

    API_KEY = "API key"
    TOKEN = "token"  # noqa: S105 - a word
    LOGIN = "login"


_MADE: dict[Kind, Callable[[], SignIn[Any]]] = {Kind.API_KEY: KeyRing, Kind.TOKEN: Token, Kind.LOGIN: Session}


def begun(kind: Kind) -> SignIn[Any]:
    """Nothing is known yet."""
    return _MADE[kind]()
