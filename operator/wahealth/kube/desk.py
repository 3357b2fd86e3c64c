"""A key from the cluster, for a question from the desk: with the rights of whoever asks."""

from __future__ import annotations

import base64
import binascii

from kubernetes.aio import config

from wahealth.kube.apiserver.api import ApiError, ApiServer, ApiUnavailable
from wahealth.kube.apiserver.session import config_file, own_namespace, signed_in

DEFAULT_ENTRY = "WA_API_KEY"


class NoSuchKey(Exception):
    """Why the key cannot be had, in one sentence."""


async def key_from(reference: str, namespace: str | None) -> bytes:
    """`reference` is `secret/NAME[:ENTRY]`; `namespace` None: that of the kubeconfig's context."""
    kind, _, rest = reference.partition("/")
    name, _, entry = rest.partition(":")
    if kind != "secret" or not name or "/" in rest:
        raise NoSuchKey(
            f"--key-from is to be secret/NAME or secret/NAME:ENTRY, such as secret/web-api-key:{DEFAULT_ENTRY}"
        )
    try:
        account = await signed_in(None)
    except Exception as error:  # noqa: BLE001 - kubeconfig plugins raise what they like
        raise NoSuchKey(f"no cluster to read Secret {name} from ({type(error).__name__}): set KUBECONFIG") from None
    async with ApiServer(account) as server:
        return await _entry(server, namespace or _context_namespace(), name, entry or DEFAULT_ENTRY)


async def _entry(server: ApiServer, namespace: str, name: str, entry: str) -> bytes:
    try:
        secret = await server.read(f"/api/v1/namespaces/{namespace}/secrets/{name}")
        return base64.b64decode(secret.get("data", {})[entry], validate=True)
    except ApiError as error:
        why = {403: "you may not read it", 404: "it is not there"}.get(error.status, f"HTTP {error.status}")
        raise NoSuchKey(f"Secret {namespace}/{name} cannot be read: {why}") from None
    except ApiUnavailable as error:
        why = f"the API server does not answer ({error})"
        raise NoSuchKey(f"Secret {namespace}/{name} cannot be read: {why}") from None
    except (KeyError, binascii.Error):
        raise NoSuchKey(f"Secret {namespace}/{name} has no entry {entry}") from None


def _context_namespace() -> str:
    if (mounted := own_namespace()) is not None:
        return mounted
    try:
        _, active = config.list_kube_config_contexts(config_file=config_file(None))
    except config.ConfigException:
        return "default"
    return str(active.get("context", {}).get("namespace") or "default")
