"""Signed-in HTTP sessions with the API server, for our own requests and for kopf's.

In a pod `kubernetes.aio` finds the ServiceAccount; elsewhere `wahealth.kubeconfig` reads the kubeconfig, because the
library ignores impersonation and rejects some of what kubectl accepts. A token is read again every minute, and at once
when it is refused, because a projected token is replaced on disk before it expires. A CA is read again when the
server's certificate is not trusted any more.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import aiohttp
from kubernetes.aio import client, config

from wahealth.authorities import add_authorities
from wahealth.core.egress.networks import Address
from wahealth.kube.apiserver.backoff import Backoff
from wahealth.kube.apiserver.outage import Outage
from wahealth.kubeconfig.context import Cluster
from wahealth.kubeconfig.login import Login, login
from wahealth.kubeconfig.problem import NotUsable
from wahealth.telemetry import metrics
from wahealth.telemetry.logs import topic

log = logging.getLogger(__name__)

TOKEN_LASTS = 60.0  # seconds
_PAUSE_UNSAID = 1.0  # seconds to wait after a 429 without Retry-After
_MOST_SAID = 120.0  # seconds; a longer Retry-After is cut to this
_MOUNTED = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_IN_CLUSTER_TOKEN, _NAMESPACE = _MOUNTED / "token", _MOUNTED / "namespace"
_NO_SUCH_PROXY = (
    "the kubeconfig's proxy-url is SOCKS or https://, which kubectl takes and this process does not: name an http://"
    " proxy, or run this in the cluster"
)
_VERBS = {"GET": "get", "POST": "create", "PATCH": "patch", "PUT": "update", "DELETE": "delete"}
TOO_OLD = 410  # HTTP status: the resourceVersion of a watch, or of the next page of a list, has expired
FAILURES = (aiohttp.ClientError, TimeoutError, OSError)
_LASTING = 5.0  # seconds after which a stream that breaks off counts as a success


def cannot_answer(status: int) -> bool:
    """Whether an HTTP status means that the server may answer the same request later."""
    return status >= 500 or status in {401, 429}


def replica() -> str:
    """The name of this replica: its pod's name, from the downward API or the host name."""
    return os.environ.get("POD_NAME") or socket.gethostname()


def own_namespace() -> str | None:
    """The namespace of the pod that this process runs in; None outside of a cluster."""
    return _NAMESPACE.read_text().strip() if _NAMESPACE.exists() else None


def in_cluster() -> bool:
    return _IN_CLUSTER_TOKEN.exists() and "KUBERNETES_SERVICE_HOST" in os.environ


class Account(NamedTuple):
    """Who we are to the API server, and where that was found."""

    kubeconfig: Path | None  # None: the pod's ServiceAccount; outside of a cluster $KUBECONFIG or ~/.kube/config
    login: Login


async def signed_in(kubeconfig: Path | None) -> Account:
    """The pod's own ServiceAccount, or the kubeconfig where one is named or this is no pod. Raises `NotUsable`, and
    whatever the library raises."""
    if kubeconfig is None and in_cluster():
        found = _of_the_pod()
    else:
        found = await login(kubeconfig, os.environ)
        if found.cluster.proxy and not found.cluster.proxy.startswith("http://"):
            raise NotUsable(_NO_SUCH_PROXY)
    found.trust()  # raises now rather than at the first request
    return Account(kubeconfig, found)


def _of_the_pod() -> Login:
    configuration = client.Configuration()
    config.load_incluster_config(client_configuration=configuration)
    authorities = Path(configuration.ssl_ca_cert).read_bytes()
    headers = (("Authorization", str(configuration.api_key["BearerToken"])),)
    cluster = Cluster(str(configuration.host), "", True, authorities, "")
    return Login(cluster, own_namespace() or "default", headers, None)


def addresses_of(host: str) -> Iterator[Address]:
    """The API server's addresses, as far as its URL (`host`) and the environment of a pod name them."""
    for written in (urlsplit(host).hostname, os.environ.get("KUBERNETES_SERVICE_HOST")):
        with contextlib.suppress(ValueError):
            yield ip_address(written or "")


class Identity:
    """Who we are to the API server, as the files say now. Used within one event loop."""

    def __init__(self, account: Account) -> None:
        self._kubeconfig, self._login = account
        self._read = time.monotonic()
        self._reading = asyncio.Lock()
        self.trust = self._login.trust()

    @property
    def host(self) -> str:
        return self._login.cluster.server

    @property
    def server_name(self) -> str | None:
        """The name that the server's certificate must carry, where that is not its host."""
        return self._login.cluster.name or None

    @property
    def proxy(self) -> str | None:
        return self._login.cluster.proxy or None

    async def headers(self) -> Sequence[tuple[str, str]]:
        """The headers that sign in a request. A token that cannot be read again stays in use."""
        if time.monotonic() - self._read >= TOKEN_LASTS:
            await self.read_again(0.0)
        return self._login.headers

    async def read_again(self, least: float = 1.0) -> None:
        """Read the files again, unless that happened within the last `least` seconds. What cannot be read stays."""
        async with self._reading:
            if time.monotonic() - self._read < least:
                return
            self._read = time.monotonic()
            with contextlib.suppress(Exception):  # the library raises what it likes
                self._login = (await signed_in(self._kubeconfig)).login
                self._trust_more()

    def _trust_more(self) -> None:
        """Trust the CA of now in addition to the previous ones: during a rotation both are in use for a while."""
        if self.trust is not None and self._login.cluster.authorities is not None:
            add_authorities(self.trust, self._login.cluster.authorities)


@contextlib.asynccontextmanager
async def session(
    identity: Identity, outage: Outage, retry_forever: bool = False
) -> AsyncIterator[aiohttp.ClientSession]:
    """A session that signs in each request. `retry_forever`: wait and ask again instead of returning an error, for
    kopf, which ends for good with the first one."""
    through = _AuthMiddleware(identity, outage)
    middlewares = (_RetryMiddleware(outage), through) if retry_forever else (through,)
    connector = aiohttp.TCPConnector(limit=0, ssl=identity.trust or True)
    headers = {"User-Agent": _user_agent()}
    async with aiohttp.ClientSession(
        connector=connector, middlewares=middlewares, headers=headers, trust_env=False, proxy=identity.proxy
    ) as one:
        yield one


def _user_agent() -> str:
    """Names the replica, for readers of an audit log."""
    return f"wahealth/{version('wahealth-operator')} ({replica()})"


class _AuthMiddleware:
    """Signs in and counts each request, and reports its result to `Outage`. Raises what aiohttp raises."""

    def __init__(self, identity: Identity, outage: Outage) -> None:
        self._identity = identity
        self._outage = outage

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        response = await self._sent(request, handler)
        if response.status == 401:
            response.release()
            await self._identity.read_again()
            response = await self._sent(request, handler)
        if response.status == 429:
            self._outage.paused(asked_to_wait(response.headers.get("Retry-After")))
        elif cannot_answer(response.status):
            self._outage.failed(f"HTTP {response.status}")
        else:
            self._outage.over()
        return response

    async def _sent(self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        verb = "watch" if "watch" in request.url.query else _VERBS.get(request.method, "other")
        await self._sign(request)
        try:
            response = await handler(request)
        except FAILURES as error:
            metrics.api_requests.labels(verb, "none").inc()
            self._outage.failed(type(error).__name__)
            if isinstance(error, aiohttp.ClientConnectorCertificateError):
                await self._identity.read_again()
            raise
        metrics.api_requests.labels(verb, str(response.status)).inc()
        return response

    async def _sign(self, request: aiohttp.ClientRequest) -> None:
        headers = await self._identity.headers()
        for name, _ in headers:
            request.headers.popall(name, None)
        for name, value in headers:
            request.headers.add(name, value)
        request.server_hostname = self._identity.server_name


class _RetryMiddleware:
    """Asks until the answer is a success or 410. A stream that breaks off at once is begun again after a pause."""

    def __init__(self, outage: Outage) -> None:
        self._outage = outage
        self._backoff = Backoff()
        self._began = float("-inf")  # monotonic: the last stream's begin

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        if time.monotonic() - self._began < _LASTING:
            await asyncio.sleep(self._backoff.next())
        else:
            self._backoff.reset()
        while True:
            try:
                await asyncio.sleep(self._outage.pause)
                response = await handler(request)
            except FAILURES:
                pass
            else:
                if response.status < 400 or response.status == TOO_OLD:
                    self._began = time.monotonic() if "watch" in request.url.query else float("-inf")
                    return response
                if not cannot_answer(response.status):
                    fields = {"path": request.url.path, "error": f"HTTP {response.status}"}
                    log.warning("watch interrupted", extra=topic(f"watch {request.url.path}", **fields))
                response.release()
            await asyncio.sleep(self._backoff.next())


def asked_to_wait(written: str | None) -> float:
    """Seconds that a Retry-After means: `written` is a number of seconds, an HTTP date, or nothing usable."""
    if not written:
        return _PAUSE_UNSAID
    try:
        seconds = float(written)
    except ValueError:
        try:
            until = parsedate_to_datetime(written)
        except ValueError:
            return _PAUSE_UNSAID
        seconds = ((until if until.tzinfo else until.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()
    return min(_MOST_SAID, max(0.0, seconds)) if seconds == seconds else _PAUSE_UNSAID  # noqa: PLR0124 - not a number
