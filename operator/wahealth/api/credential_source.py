"""Where a resource's credential is stored: which Secret, which entries."""

from __future__ import annotations

from typing import NamedTuple

from wahealth.api.v1alpha1 import Spec
from wahealth.core.signin.kinds import Kind, Meant


class Entry(NamedTuple):
    """An entry of a Secret."""

    secret: str
    entry: str


class CredentialSource(NamedTuple):
    """A credential in a Secret of the resource's own namespace: what kind it is, and the entries that hold it.

    `entries` has the one entry of a key or a token, and those of user name and password, in this order, of a login.
    `app_secret`: of the app that issued a token; None: none is needed.
    """

    kind: Kind
    secret: str
    entries: tuple[str, ...]
    app_secret: Entry | None = None

    @property
    def secrets(self) -> frozenset[str]:
        """The names of the Secrets."""
        return frozenset({self.secret, self.app_secret.secret} if self.app_secret else {self.secret})


def source_of(spec: Spec) -> CredentialSource:
    """The credential that `spec.auth` names, of a kind that `spec.target` takes."""
    auth, cloud = spec.auth, spec.target.cloud
    if auth.api_key is not None:
        key, kind = auth.api_key.secret_key_ref, Kind.API_KEY if cloud is None else Kind.DIALOG360_KEY
        return CredentialSource(kind, key.name, (key.key,))
    if auth.bearer_token is not None:
        token, app = auth.bearer_token.secret_key_ref, auth.bearer_token.app_secret_key_ref
        return CredentialSource(Kind.TOKEN, token.name, (token.key,), Entry(app.name, app.key) if app else None)
    if auth.user_credentials is not None:
        login = auth.user_credentials.secret_ref
        return CredentialSource(Kind.LOGIN, login.name, (login.username_key, login.password_key))
    raise ValueError("the model lets nothing else through")


def secrets_of(spec: Spec) -> frozenset[str]:
    """The names of all Secrets that the spec refers to: credential, CA and client certificate."""
    ca = spec.tls.ca_ref if spec.tls else None
    own = spec.tls.client_certificate_ref if spec.tls else None
    named = [ca] if ca is not None and ca.kind == "Secret" else []
    return source_of(spec).secrets | {one.name for one in (*named, own) if one is not None}


def meant(spec: Spec) -> Meant:
    """The recipient for whom the credential is meant: a credential is never sent to another one.

    The client certificate does not count: the recipient is the same whichever certificate is shown, so another
    `clientCertificateRef` is a rotation, like another key.
    """
    source, tls = source_of(spec), spec.tls
    if tls is not None and tls.client_certificate_ref is not None:
        tls = tls.model_copy(update={"client_certificate_ref": None})
    return Meant(source.kind, (spec.target, tls), source)
