"""Credentials for `wahealth check` from a Secret of the cluster, read with the rights of the user who runs it."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from wahealth.core.signin.kinds import Kind
from wahealth.kubeconfig.login import Login, login
from wahealth.kubeconfig.problem import NotUsable
from wahealth.kubeconfig.question import Question, asked
from wahealth.kubeconfig.way import NoWay


class NotAReference(ValueError):
    """A flag's value that names no entries of a Secret; the text is the form that it must have."""


class NotThere(Exception):
    """Why the entries cannot be read, in one sentence without its full stop."""


class Form(NamedTuple):
    """How a reference to a Secret is written: its form, how many entries, and which by default."""

    wanted: str
    entries: int
    default: tuple[str, ...] = ()


_FORMS = {
    Kind.API_KEY: Form("secret/NAME or secret/NAME:ENTRY, such as secret/web-api-key:WA_API_KEY", 1, ("WA_API_KEY",)),
    Kind.DIALOG360_KEY: Form("secret/NAME:ENTRY, such as secret/number-key:D360_API_KEY", 1),
    Kind.TOKEN: Form("secret/NAME:ENTRY, such as secret/web-token:token", 1),
    Kind.LOGIN: Form(
        "secret/NAME or secret/NAME:USERNAME_ENTRY:PASSWORD_ENTRY, such as secret/web-user:username:password",
        2,
        ("username", "password"),
    ),
}


async def values_from(reference: str, kind: Kind, namespace: str | None) -> list[bytes]:
    """The values of the entries that `reference` names: user name and password of a login, else one value.

    `reference` is such as secret/web-api-key:WA_API_KEY; `namespace` None means that of the kubeconfig's context.
    Raises `NotAReference` and `NotThere`.
    """
    name, entries = _named(reference, _FORMS[kind])
    try:
        who = await login(None, os.environ)
        namespace = namespace or who.namespace
        secret = await _read(who, namespace, name)
    except NotUsable as error:
        raise NotThere(f"no cluster to read Secret {name} from: {error}") from None
    return [_value(secret, entry, f"{namespace}/{name}") for entry in entries]


def _named(reference: str, form: Form) -> tuple[str, tuple[str, ...]]:
    """The Secret's name and its entries."""
    kind, _, rest = reference.partition("/")
    name, *written = rest.split(":")
    entries = tuple(written) or form.default
    if kind != "secret" or "/" in rest or len(entries) != form.entries or not all((name, *entries)):
        raise NotAReference(form.wanted)
    return name, entries


_OK = 200
_REFUSED = {
    401: "the API server does not know you: sign in again, and try kubectl auth whoami",
    403: "you may not read it: ask for the right to get it",
    404: "it does not exist: see kubectl get secrets, or name another namespace with -n",
}


async def _read(who: Login, namespace: str, name: str) -> Mapping[str, Any]:
    """The Secret's entries with their values in base64. Raises `NotThere`."""
    called = f"Secret {namespace}/{name} cannot be read"
    path = f"/api/v1/namespaces/{quote(namespace, safe='')}/secrets/{quote(name, safe='')}"
    try:
        answer = await asked(who, Question(path), os.environ)
    except NoWay as error:
        raise NotThere(f"{called}: the API server cannot be reached: {error}: try kubectl get secrets") from None
    if answer.status != _OK:
        otherwise = f"the API server answers HTTP {answer.status}: try kubectl get secrets"
        raise NotThere(f"{called}: {_REFUSED.get(answer.status, otherwise)}")
    try:
        entries = json.loads(answer.body).get("data") or {}
    except (ValueError, AttributeError, RecursionError):
        entries = None
    if not isinstance(entries, dict):
        raise NotThere(f"{called}: the server that answers is not an API server: see kubectl cluster-info")
    return entries


def _value(secret: Mapping[str, Any], entry: str, where: str) -> bytes:
    try:
        return base64.b64decode(secret[entry], validate=True)
    except (KeyError, TypeError, ValueError):
        raise NotThere(
            f"Secret {where} has no entry {entry}: name one that it has, such as secret/NAME:ENTRY"
        ) from None
