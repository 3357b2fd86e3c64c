"""The API server as we speak to it: signed-in requests and watch streams over one pooled connection set.

`kubernetes.aio` signs in (kubeconfig with all its plugins, or the pod's ServiceAccount with its rotating token); its
typed models are not used on the way, because most of what is read is kept as a few fields only.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp
from kubernetes.aio import client, config

from wahealth.core.networks import Address

Document = dict[str, Any]

JSON = "application/json"
_METADATA = "as=PartialObjectMetadata{};g=meta.k8s.io;v=v1"
METADATA, METADATA_LIST = (f"{JSON};{_METADATA.format(what)}" for what in ("", "List"))
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
_IN_CLUSTER_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
_REQUEST_SECONDS = 30
_SILENCE_SECONDS = 75  # a watch brings a bookmark about every minute


class ApiError(Exception):
    """The API server said no; `status` is the HTTP code. Its text is the server's `reason`, never a body."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status} {reason}")
        self.status = status


class ApiUnavailable(Exception):
    """The API server could not be asked at all."""


def in_cluster() -> bool:
    return _IN_CLUSTER_TOKEN.exists() and "KUBERNETES_SERVICE_HOST" in os.environ


async def signed_in(kubeconfig: Path | None) -> client.Configuration:
    """The pod's own ServiceAccount where there is one and no kubeconfig is named, else the kubeconfig."""
    configuration = client.Configuration()
    if kubeconfig is None and in_cluster():
        config.load_incluster_config(client_configuration=configuration)
    else:
        await config.load_kube_config(config_file=config_file(kubeconfig), client_configuration=configuration)
    return configuration


def config_file(kubeconfig: Path | None) -> str | None:
    """The one named, else $KUBECONFIG as it is now: the library reads that when it is imported."""
    return str(kubeconfig) if kubeconfig else os.environ.get("KUBECONFIG")


def addresses_of(host: str) -> Iterator[Address]:
    """Of the API server, as far as they are written down: in its URL, and as the cluster tells its pods."""
    for written in (urlsplit(host).hostname, os.environ.get("KUBERNETES_SERVICE_HOST")):
        with contextlib.suppress(ValueError):
            yield ip_address(written or "")


class ApiServer:
    def __init__(self, configuration: client.Configuration) -> None:
        self._client = client.ApiClient(configuration)
        self._host = configuration.host

    async def aclose(self) -> None:
        await self._client.close()

    async def read(self, path: str, *, accept: str = JSON, **query: str | int) -> Document:
        return await self._request("GET", _with(path, query), accept=accept)

    async def create(self, path: str, body: Document) -> Document:
        return await self._request("POST", path, body)

    async def patch(self, path: str, body: Document, form: str, **query: str | int) -> Document:
        return await self._request("PATCH", _with(path, query), body, form)

    async def watch(self, path: str, *, accept: str = JSON, **query: str | int) -> AsyncIterator[Document]:
        """Events as they come, until the server ends the stream."""
        patience = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=_SILENCE_SECONDS)
        headers = {"Accept": accept}
        response = await self._send("GET", _with(path, {"watch": 1, **query}), None, headers, patience)
        try:
            async for line in response.content:
                yield json.loads(line)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:  # a line may be cut in the middle
            raise ApiUnavailable(type(error).__name__) from None
        finally:
            response.close()

    async def _request(
        self, method: str, path: str, body: Document | None = None, form: str = JSON, accept: str = JSON
    ) -> Document:
        headers = {"Accept": accept, "Content-Type": form}
        response = await self._send(method, path, body, headers, aiohttp.ClientTimeout(total=_REQUEST_SECONDS))
        try:
            document: Document = await response.json()
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise ApiUnavailable(type(error).__name__) from None
        return document

    async def _send(
        self, method: str, path: str, body: Document | None, headers: dict[str, str], patience: aiohttp.ClientTimeout
    ) -> aiohttp.ClientResponse:
        await self._client.update_params_for_auth(headers, [], ["BearerToken"], path, method, body)
        try:
            answer = await self._client.call_api(method, self._host + path, headers, body, _request_timeout=patience)
            response: aiohttp.ClientResponse = answer.response
            if response.status >= 400:
                raise ApiError(response.status, await _reason(response))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ApiUnavailable(type(error).__name__) from None
        return response


async def _reason(response: aiohttp.ClientResponse) -> str:
    try:
        return str((await response.json()).get("reason") or response.reason)
    except (aiohttp.ClientError, ValueError, AttributeError):
        return str(response.reason)


def _with(path: str, query: Mapping[str, str | int]) -> str:
    return f"{path}?{urlencode(query)}" if query else path
