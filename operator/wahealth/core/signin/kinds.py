"""The kinds of credentials, and when what is known about one may be used for another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from wahealth.core.credential_form import api_key_problem, dialog360_key_problem, login_problem, token_problem
from wahealth.core.reasons.row import Surface
from wahealth.core.signin.flow import Authenticator, K
from wahealth.core.signin.keys import KeyRing
from wahealth.core.signin.logins import Session
from wahealth.core.signin.tokens import Token
from wahealth.core.status import Finding
from wahealth.core.strenum import FastStrEnum


class Kind(FastStrEnum):
    """A kind of credential, as messages call it."""

    API_KEY = "API key"
    TOKEN = "token"  # noqa: S105 - a word
    LOGIN = "login"
    DIALOG360_KEY = "360dialog API key"


_MADE: dict[Kind, Callable[[], Authenticator[Any]]] = {
    Kind.API_KEY: KeyRing,
    Kind.TOKEN: Token,
    Kind.LOGIN: Session,
    Kind.DIALOG360_KEY: Token,
}
_PROBLEM_OF: dict[Kind, Callable[..., Finding | None]] = {
    Kind.API_KEY: api_key_problem,
    Kind.TOKEN: token_problem,
    Kind.LOGIN: login_problem,
    Kind.DIALOG360_KEY: dialog360_key_problem,
}


class Meant(NamedTuple):
    """The target that a credential is meant for: one that was read or learned for a target is never sent to another.

    `whom`: target and trust; `reference`: which entries of which Secret. Both are compared here and never looked into.
    """

    kind: Kind
    whom: object
    reference: object


def begun(kind: Kind) -> Authenticator[Any]:
    """A fresh authenticator, which knows nothing yet."""
    return _MADE[kind]()


def carried_on(known: Authenticator[K] | None, of: Meant | None, now: Meant) -> Authenticator[K]:
    """The authenticator for `now`. `known`: the one so far, if any, and `of`: what it was meant for.

    If only the reference to the Secret has changed, that may be a rotation; otherwise only the back-off is kept.
    """
    if known is not None and of == now:
        return known
    new: Authenticator[K] = begun(now.kind)
    if known is None or of is None:
        return new
    same = (of.kind, of.whom) == (now.kind, now.whom)
    return known.renamed(new) if same else new.following(known)


def form_problem(kind: Kind, values: Sequence[bytes], at: Surface = Surface.RESOURCE) -> Finding | None:
    """Check the form of a credential; returns what is wrong with it, or None. `at`: where the message is read.

    `values`: user name and password of a login, otherwise the one key or token.
    """
    return _PROBLEM_OF[kind](*values, at)
