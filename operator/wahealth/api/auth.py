"""What a resource signs in with: of which Secret, which entries."""

from __future__ import annotations

from typing import NamedTuple

from wahealth.api.v1alpha1 import Auth, Spec
from wahealth.core.signin.kinds import Kind


class Use(NamedTuple):
    """Of a Secret in the resource's own namespace."""

    kind: Kind
    secret: str
    entries: tuple[str, ...]


def use_of(auth: Auth) -> Use:
    if auth.api_key is not None:
        key = auth.api_key.secret_key_ref
        return Use(Kind.API_KEY, key.name, (key.key,))
    if auth.bearer_token is not None:
        token = auth.bearer_token.secret_key_ref
        return Use(Kind.TOKEN, token.name, (token.key,))
    if auth.user_credentials is not None:
        login = auth.user_credentials.secret_ref
        return Use(Kind.LOGIN, login.name, (login.username_key, login.password_key))
    raise ValueError("the model lets nothing else through")


def secrets_of(spec: Spec) -> frozenset[str]:
    """The names of all Secrets that it refers to."""
    ca = spec.tls.ca_ref if spec.tls else None
    return frozenset({use_of(spec.auth).secret, *([ca.name] if ca is not None and ca.kind == "Secret" else ())})
