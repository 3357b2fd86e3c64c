"""The API server, asked with the user's own rights: objects, and parts that may be missing."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import quote, urlencode

from wahealth.kubeconfig.login import Login
from wahealth.kubeconfig.problem import NotUsable
from wahealth.kubeconfig.question import Answer, Flow, Question, asked, opened
from wahealth.kubeconfig.way import NoWay
from wahealth.wa import document as read
from wahealth.wa.client import GROUP, PLURAL, VERSION
from wahealth.wa.document import Document
from wahealth.wa.problem import Unusable
from wahealth.wa.refused import Refused, Right, no_client, no_clients, not_seen

JSON = "application/json"
METADATA = f"{JSON};as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_LONGEST = 64 * 1024 * 1024  # bytes of a page: 500 resources of at most 64 KiB, or 100 pods with long specs
_GONE = 410
_WATCHED = 60  # seconds until the API server ends a watch, so that one that hangs is noticed
_GRACE = 15.0  # seconds that a watch may overrun its end


class Kind(NamedTuple):
    """Where objects of a kind are: group and version, and the plural. `page`: how many are read at once."""

    api: str
    plural: str
    page: int = 500


CLIENTS = Kind(f"apis/{GROUP}/{VERSION}", PLURAL)
EVENTS, SECRETS, NODES, NAMESPACES = (Kind("api/v1", plural) for plural in ("events", "secrets", "nodes", "namespaces"))
PODS = Kind("api/v1", "pods", 100)
BUDGETS = Kind("apis/policy/v1", "poddisruptionbudgets")
LEASES = Kind("apis/coordination.k8s.io/v1", "leases")


class Part(NamedTuple):
    """Objects that make a screen better. `missing`: why they are not there, in words; empty if they are."""

    objects: tuple[Document, ...] = ()
    missing: str = ""


class Page(NamedTuple):
    """Objects of a list. `version` is that of the whole list: a watch goes on from there."""

    objects: list[Document]
    version: str


class Change(NamedTuple):
    """What a watch tells: `kind` is ADDED, MODIFIED, DELETED, or BOOKMARK, which only has a newer `version`."""

    kind: str
    object: Document

    @property
    def version(self) -> str:
        return read.text(self.object, "metadata", "resourceVersion")

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name of the object."""
        return read.text(self.object, "metadata", "namespace"), read.text(self.object, "metadata", "name")


def path(kind: Kind, namespace: str, name: str = "", **options: str | int) -> str:
    """The path of a request; an empty `namespace` stands for all of them, an empty `name` for a list."""
    parts = [*(["namespaces", namespace] if namespace else []), kind.plural, *([name] if name else [])]
    query = f"?{urlencode(options)}" if options else ""
    return "/".join(("", kind.api, *(quote(part, safe="") for part in parts))) + query


class Cluster:
    """Asks one API server. `now` is its own clock as soon as it has answered, because that of a desk may be wrong."""

    def __init__(self, login: Login, environ: Mapping[str, str]) -> None:
        self._login, self._environ = login, environ
        self.now = datetime.now(UTC)

    @property
    def namespace(self) -> str:
        """The namespace of the context."""
        return self._login.namespace

    async def client(self, namespace: str, name: str) -> Document:
        """A WhatsAppClient. Raises `Unusable`."""
        try:
            return await self.get(path(CLIENTS, namespace, name))
        except Refused as refused:
            raise Unusable(no_client(refused, namespace, name)) from None

    async def get(self, where: str, accept: str = JSON) -> Document:
        """One document. Raises `Refused`, and `Unusable` where no API server answers."""
        answer = await self._asked(Question(where, accept, _LONGEST))
        document = _read(answer)
        if answer.status != 200:
            raise Refused(answer.status, read.text(document, "message"))
        return document

    async def version(self) -> str:
        """The version of the API server; empty if it does not say."""
        try:
            return read.text(await self.get("/version"), "gitVersion").partition("+")[0].partition("-")[0]
        except Refused:
            return ""

    async def pages(self, kind: Kind, namespace: str, **options: str) -> AsyncIterator[Page]:
        """The objects of a list, page by page. Raises `Refused` and `Unusable`."""
        following: dict[str, str] = {}
        while True:
            try:
                document = await self.get(path(kind, namespace, limit=kind.page, **options, **following))
            except Refused as refused:
                if refused.status == _GONE:
                    raise Unusable("the list was too slow to be read in pages: try again") from None
                raise
            yield Page(read.objects(document, "items"), read.text(document, "metadata", "resourceVersion"))
            more = read.at(document, "metadata", "continue")
            if not isinstance(more, str) or not more:
                return
            following = {"continue": more}

    async def clients(self, namespace: str) -> AsyncIterator[Page]:
        """All WhatsAppClients of a namespace (empty: of all), page by page. Raises `Unusable`."""
        try:
            async for page in self.pages(CLIENTS, namespace):
                yield page
        except Refused as refused:
            raise Unusable(no_clients(refused, Right("list", CLIENTS.plural, namespace))) from None

    @contextlib.asynccontextmanager
    async def watch(self, kind: Kind, namespace: str, version: str) -> AsyncIterator[AsyncIterator[Change]]:
        """What changes after a version, until the API server ends the watch. Raises `Refused`, with status 410 if the
        version is too old, and `Unusable`, also if the watch hangs."""
        where = path(
            kind, namespace, watch=1, resourceVersion=version, allowWatchBookmarks="true", timeoutSeconds=_WATCHED
        )
        try:
            async with asyncio.timeout(_WATCHED + _GRACE):
                with _reached():
                    async with opened(self._login, Question(where), self._environ) as flow:
                        self._heard(flow.status, flow.date)
                        if flow.status != 200:
                            raise Refused(flow.status, "")
                        yield _changes(flow)
        except TimeoutError:
            raise Unusable("the watch hangs") from None

    async def part(self, kind: Kind, namespace: str, **options: str) -> Part:
        """All objects of a list that only makes a screen better."""
        found: list[Document] = []
        try:
            async for page in self.pages(kind, namespace, **options):
                found += page.objects
        except Refused as refused:
            return Part(missing=not_seen(refused, Right("list", kind.plural, namespace)))
        return Part(tuple(found))

    async def one(self, kind: Kind, namespace: str, name: str, accept: str = JSON) -> Part:
        """One object that only makes a screen better; none if it does not exist."""
        try:
            return Part((await self.get(path(kind, namespace, name), accept),))
        except Refused as refused:
            right = Right("get", kind.plural, namespace)
            return Part() if refused.status == 404 else Part(missing=not_seen(refused, right))

    async def _asked(self, question: Question) -> Answer:
        with _reached():
            answer = await asked(self._login, question, self._environ, seconds=None)
        self._heard(answer.status, answer.date)
        return answer

    def _heard(self, status: int, date: str) -> None:
        if status == 401:
            raise Unusable("the API server does not know you: sign in again, and try kubectl auth whoami")
        self.now = _date(date) or self.now


@contextlib.contextmanager
def _reached() -> Iterator[None]:
    try:
        yield
    except NoWay as error:
        raise Unusable(f"the API server cannot be reached: {error}: try kubectl version") from None
    except NotUsable as error:
        raise Unusable(str(error)) from None


async def _changes(flow: Flow) -> AsyncIterator[Change]:
    async for line in flow.lines():
        document = _object(line)
        found = Change(read.text(document, "type"), read.inner(document, "object"))
        if found.kind == "ERROR":
            raise Refused(read.whole(found.object, "code") or 500, "")
        yield found


def _read(answer: Answer) -> Document:
    """The document of an answer. One of the API server's own, an error too, is an object."""
    if answer.status != 200:
        with contextlib.suppress(Unusable):
            return _object(answer.body)
        return {}
    return _object(answer.body)


def _object(written: bytes) -> Document:
    try:
        document = json.loads(written)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict):
        return document
    raise Unusable("the server that answers is not an API server: see kubectl cluster-info")


def _date(written: str) -> datetime | None:
    try:
        return parsedate_to_datetime(written).astimezone(UTC) if written else None
    except (ValueError, TypeError):
        return None
