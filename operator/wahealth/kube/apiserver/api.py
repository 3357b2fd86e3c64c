"""Requests and watch streams to the API server, over one signed-in session.

Objects are plain documents, as JSON has them, because only a few fields of most objects are kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from datetime import datetime
from typing import Any, Self
from urllib.parse import urlencode

import aiohttp

from wahealth.kube.apiserver.outage import Outage
from wahealth.kube.apiserver.session import FAILURES, Account, Identity, cannot_answer, session

Document = dict[str, Any]  # {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-0", …}, "spec": {…}, …}
Body = Document | list[Document] | None

JSON = "application/json"
_METADATA = "as=PartialObjectMetadata{};g=meta.k8s.io;v=v1"
METADATA, METADATA_LIST = (f"{JSON};{_METADATA.format(what)}" for what in ("", "List"))
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
_REQUEST_SECONDS = 30
_SILENCE_SECONDS = 70  # a watch brings a bookmark about every minute
_LONGEST_LINE = 8 * 1024 * 1024  # bytes of one watch event; an object has 3 MiB at most
_MOST_AT_ONCE = 32  # requests
_UNDECLARED = "field not declared in schema"
_FAILURES = (*FAILURES, ValueError)  # ValueError: a document that was cut off


class ApiError(Exception):
    """The API server refused a request. `status`: the HTTP status. The text is status and `reason`, never a body."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status} {reason}")
        self.status = status


class ApiUnavailable(Exception):
    """The API server could not be reached, or could not answer; the same request may succeed later."""


def refused(status: int, reason: str) -> ApiError | ApiUnavailable:
    """The exception that a status means, of a response or of an ERROR event in a watch."""
    error = ApiError(status, reason)
    return ApiUnavailable(str(error)) if cannot_answer(status) else error


def micro_time(now: datetime) -> str:
    """A Kubernetes `MicroTime`, such as 2026-01-31T12:00:00.000000Z. `now` in UTC."""
    return now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def whole_seconds(now: datetime) -> str:
    """A Kubernetes `Time`, such as 2026-01-31T12:00:00Z. `now` in UTC."""
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


class ApiServer:
    """An async context manager. Sends `_MOST_AT_ONCE` requests at once at most, and none while a 429 says to wait.

    Paths begin with a slash, such as /api/v1/pods; `query` becomes the query string. Every method raises `ApiError`
    for a refusal and `ApiUnavailable` for everything that may pass.
    """

    def __init__(self, account: Account, outage: Outage | None = None) -> None:
        self._account = account
        self._outage = outage or Outage()
        self._leaving = contextlib.AsyncExitStack()
        self._turns = asyncio.Semaphore(_MOST_AT_ONCE)

    async def __aenter__(self) -> Self:
        identity = Identity(self._account)
        self._host = identity.host
        self._session = await self._leaving.enter_async_context(session(identity, self._outage))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._leaving.aclose()

    async def read(self, path: str, *, accept: str = JSON, **query: str | int) -> Document:
        return await self._request("GET", _with(path, query), accept=accept)

    async def create(self, path: str, body: Document) -> Document:
        return await self._request("POST", path, body)

    async def update(self, path: str, body: Document) -> Document:
        return await self._request("PUT", path, body)

    async def patch(self, path: str, body: Document | list[Document], form: str, **query: str | int) -> Document:
        """`form`: the media type of the patch: `APPLY`, `MERGE`, `JSON_PATCH` or `STRATEGIC`."""
        return await self._request("PATCH", _with(path, query), body, form)

    async def watch(self, path: str, *, accept: str = JSON, **query: str | int) -> AsyncGenerator[Document]:
        """Events as they come, such as {"type": "ADDED", "object": {…}}, until the server ends the stream."""
        thresholds = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=_SILENCE_SECONDS)
        headers = {"Accept": accept}
        response = await self._send("GET", _with(path, {"watch": 1, **query}), None, headers, thresholds)
        try:
            async for line in _lines(response.content):
                yield json.loads(line)
        except _FAILURES as error:
            raise ApiUnavailable(type(error).__name__) from None
        finally:
            response.close()

    async def _request(
        self, method: str, path: str, body: Body = None, form: str = JSON, accept: str = JSON
    ) -> Document:
        headers = {"Accept": accept, "Content-Type": form}
        async with self._turns:
            response = await self._send(method, path, body, headers, aiohttp.ClientTimeout(total=_REQUEST_SECONDS))
            try:
                document: Document = await response.json()
            except _FAILURES as error:
                raise ApiUnavailable(type(error).__name__) from None
        return document

    async def _send(
        self, method: str, path: str, body: Body, headers: dict[str, str], thresholds: aiohttp.ClientTimeout
    ) -> aiohttp.ClientResponse:
        if self._outage.pause:
            raise ApiUnavailable("it asks for fewer requests")
        data = None if body is None else encoded(body)
        try:
            response = await self._session.request(
                method, self._host + path, data=data, headers=headers, timeout=thresholds, allow_redirects=False
            )
            if response.status < 300:
                return response
            error = await _refusal(response)
        except _FAILURES as failure:
            raise ApiUnavailable(type(failure).__name__) from None
        raise error


def encoded(body: Document | list[Document]) -> bytes:
    """JSON that is YAML too, because an apply is read as YAML.

    YAML has no escape for a surrogate pair, so such characters are written as they are, and it takes some others only
    escaped. A lone surrogate becomes U+FFFD.
    """
    return _ESCAPED.sub(_escape, json.dumps(body, ensure_ascii=False)).encode()


_ESCAPED = re.compile("[\x7f-\uffff]")  # which includes surrogates


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return "\\ufffd" if 0xD800 <= code < 0xE000 else f"\\u{code:04x}"


async def _lines(stream: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Whole lines that are not empty. A last line without its end was cut off, and is dropped. Raises `ValueError` for
    a line that is too long."""
    begun: list[bytes] = []  # pieces of a line, joined once: an event may come in thousands of them
    length = 0
    async for chunk in stream.iter_any():
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            if line := b"".join([*begun, end]):
                yield line
            begun, length = [], 0
        begun.append(rest)
        length += len(rest)
        if length > _LONGEST_LINE:
            raise ValueError("a watch event is too long")


async def _refusal(response: aiohttp.ClientResponse) -> ApiError | ApiUnavailable:
    """The exception that a response means, with the `reason` of its `Status` document, or with the HTTP reason phrase
    where the body is something else.

    An apply of a field that the CRD does not have is refused with a 500, and would be again.
    """
    try:
        document = await response.json()
        reason, message = document.get("reason"), str(document.get("message"))
    except (*_FAILURES, AttributeError):
        reason, message = None, ""
    if _UNDECLARED in message:
        return ApiError(response.status, "FieldNotDeclared")
    return refused(response.status, str(reason or response.reason))


def _with(path: str, query: Mapping[str, str | int]) -> str:
    return f"{path}?{urlencode(query)}" if query else path
