"""What to sign in with from the cluster, for a question from the desk: with the rights of whoever asks."""

from __future__ import annotations

import base64
import binascii
import logging
from typing import NamedTuple

from kubernetes.aio import config

from wahealth.core.signin.kinds import Kind
from wahealth.kube.apiserver.api import ApiError, ApiServer, ApiUnavailable, Document
from wahealth.kube.apiserver.session import config_file, own_namespace, signed_in

logging.getLogger("kubernetes").addHandler(logging.NullHandler())  # what it warns of is told here, in one sentence


class NotAReference(ValueError):
    """What is typed names no entries of a Secret; says what is wanted."""


class NotThere(Exception):
    """Why the entries cannot be had, in one sentence."""


class Form(NamedTuple):
    """How a reference is written, and what is read of the Secret where it names no entries."""

    wanted: str
    entries: int
    default: tuple[str, ...] = ()


_FORMS = {
    Kind.API_KEY: Form("secret/NAME or secret/NAME:ENTRY, such as secret/web-api-key:WA_API_KEY", 1, ("WA_API_KEY",)),
    Kind.TOKEN: Form("secret/NAME:ENTRY, such as secret/web-token:token", 1),
    Kind.LOGIN: Form(
        "secret/NAME or secret/NAME:USERNAME_ENTRY:PASSWORD_ENTRY, such as secret/web-user:username:password",
        2,
        ("username", "password"),
    ),
}


async def values_from(reference: str, kind: Kind, namespace: str | None) -> list[bytes]:
    """User name and password of a login, one value of anything else. Raises `NotAReference`, `NotThere`.

    `namespace` None: that of the kubeconfig's context.
    """
    name, entries = _named(reference, _FORMS[kind])
    try:
        account = await signed_in(None)
    except Exception as error:  # noqa: BLE001 - kubeconfig plugins raise what they like
        raise NotThere(f"no cluster to read Secret {name} from ({type(error).__name__}): set KUBECONFIG") from None
    namespace = namespace or _context_namespace()
    async with ApiServer(account) as server:
        secret = await _read(server, namespace, name)
    return [_value(secret, entry, f"{namespace}/{name}") for entry in entries]


def _named(reference: str, form: Form) -> tuple[str, tuple[str, ...]]:
    """The Secret's name, and its entries."""
    kind, _, rest = reference.partition("/")
    name, *written = rest.split(":")
    entries = tuple(written) or form.default
    if kind != "secret" or "/" in rest or len(entries) != form.entries or not all((name, *entries)):
        raise NotAReference(form.wanted)
    return name, entries


async def _read(server: ApiServer, namespace: str, name: str) -> Document:
    try:
        return await server.read(f"/api/v1/namespaces/{namespace}/secrets/{name}")
    except ApiError as error:
        why = {403: "you may not read it", 404: "it is not there"}.get(error.status, f"HTTP {error.status}")
        raise NotThere(f"Secret {namespace}/{name} cannot be read: {why}") from None
    except ApiUnavailable as error:
        why = f"the API server does not answer ({error})"
        raise NotThere(f"Secret {namespace}/{name} cannot be read: {why}") from None


def _value(secret: Document, entry: str, where: str) -> bytes:
    try:
        return base64.b64decode(secret.get("data", {})[entry], validate=True)
    except (KeyError, binascii.Error):
        raise NotThere(f"Secret {where} has no entry {entry}") from None


def _context_namespace() -> str:
    if (mounted := own_namespace()) is not None:
        return mounted
    try:
        _, active = config.list_kube_config_contexts(config_file=config_file(None))
    except config.ConfigException:
        return "default"
    return str(active.get("context", {}).get("namespace") or "default")
