"""What there is to sign in with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from wahealth.core.credential_form import api_key_problem, login_problem, token_problem
from wahealth.core.reasons.row import Surface
from wahealth.core.signin.flow import Authenticator, K
from wahealth.core.signin.keys import KeyRing
from wahealth.core.signin.logins import Session
from wahealth.core.signin.tokens import Token
from wahealth.core.status import Finding
from wahealth.core.strenum import FastStrEnum


class Kind(FastStrEnum):
    """As it is called in a message."""

    API_KEY = "API key"
    TOKEN = "token"  # noqa: S105 - a word
    LOGIN = "login"


_MADE: dict[Kind, Callable[[], Authenticator[Any]]] = {Kind.API_KEY: KeyRing, Kind.TOKEN: Token, Kind.LOGIN: Session}
_PROBLEM_OF: dict[Kind, Callable[..., Finding | None]] = {
    Kind.API_KEY: api_key_problem,
    Kind.TOKEN: token_problem,
    Kind.LOGIN: login_problem,
}


class Meant(NamedTuple):
    """For whom a secret is meant: what was learned or held for one target is never sent to another. `whom`: target and
    trust; `reference`: which entries of which Secret. Both are compared here and never looked into."""

    kind: Kind
    whom: object
    reference: object


def begun(kind: Kind) -> Authenticator[Any]:
    """Nothing is known yet."""
    return _MADE[kind]()


def carried_on(known: Authenticator[K] | None, of: Meant | None, now: Meant) -> Authenticator[K]:
    """What is known of how to sign in `now`, where `known` is known of how it was done before, for whom `of` says."""
    if known is not None and of == now:
        return known
    new: Authenticator[K] = begun(now.kind)
    if known is None or of is None:
        return new
    same = (of.kind, of.whom) == (now.kind, now.whom)
    return known.renamed(new) if same else new.following(known)


def form_problem(kind: Kind, values: Sequence[bytes], at: Surface = Surface.RESOURCE) -> Finding | None:
    """What is wrong with the form of what stands in a Secret; `values`: user name and password of a login, one else."""
    return _PROBLEM_OF[kind](*values, at)
