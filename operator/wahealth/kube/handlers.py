"""The watch of the resources: kopf with one `on.event` handler. The only importer of kopf.

kopf ends for good when the API server refuses a request. So it uses a session that waits and asks again, and it is
started again where it ends all the same. It does not report what was deleted while its watch was interrupted;
`kube.resync` looks for that after each new list.

kopf runs in a thread and an event loop of its own, because when it ends it cancels every task of its loop. It has
nothing to write with: no finalizer, no annotation, no event, no progress or diffbase storage.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

import kopf

from wahealth.api.v1alpha1 import GROUP, PLURAL, VERSION
from wahealth.kube.apiserver.api import Document
from wahealth.kube.apiserver.backoff import Backoff
from wahealth.kube.apiserver.outage import Outage
from wahealth.kube.apiserver.session import Account, Identity, replica, session
from wahealth.telemetry.logs import topic

log = logging.getLogger(__name__)

_LASTING = 60.0  # seconds after which a run of kopf counts as a success
_RELIST = None  # the type of an event that comes from a list
_LOGGER = "kopf"  # its lines are about the operator, not about a client, and may hold what a server answered


class Listener(NamedTuple):
    """Called in kopf's thread."""

    on_upsert: Callable[[Document, bool], None]  # a resource as it is now, and whether it comes from a new list
    on_delete: Callable[[str], None]  # the uid of a resource that was deleted


class NoStorage(kopf.ProgressStorage, kopf.DiffBaseStorage):
    """Stores nothing on any object."""

    def fetch(self, **_: Any) -> None:
        return None

    def store(self, **_: Any) -> None:
        return None

    def purge(self, **_: Any) -> None:
        return None

    def touch(self, **_: Any) -> None:
        return None

    def clear(self, *, essence: Any) -> Any:
        return essence


def registry_of(listener: Listener, sign_in: Callable[[], kopf.AiohttpSession]) -> kopf.OperatorRegistry:
    registry = kopf.OperatorRegistry()

    # Both run in kopf's loop: for a plain function it would start threads, again with each start.
    @kopf.on.login(registry=registry)
    async def login(**_: Any) -> kopf.AiohttpSession:
        return sign_in()

    @kopf.on.event(GROUP, VERSION, PLURAL, registry=registry)
    async def event(event: kopf.RawEvent, **_: Any) -> None:
        document: Document = dict(event["object"])
        if event["type"] == "DELETED":
            listener.on_delete(document["metadata"]["uid"])
        else:
            listener.on_upsert(document, event["type"] is _RELIST)

    return registry


def watch(listener: Listener, account: Account, outage: Outage, namespaces: Sequence[str] = ()) -> None:
    """Start to watch in a thread that lives as long as the process, and in which the listener is called.

    `namespaces`: watch these only; empty: all."""
    logging.getLogger(_LOGGER).setLevel(logging.CRITICAL)

    where: dict[str, Any] = {"namespaces": namespaces} if namespaces else {"clusterwide": True}
    where["identity"] = replica()  # else kopf looks for the user's name, and in a container there is none

    async def run() -> None:
        identity = Identity(account)
        async with session(identity, outage, retry_forever=True) as one:
            registry = registry_of(listener, lambda: kopf.AiohttpSession(server=identity.host, aiohttp_session=one))
            await kopf.operator(registry=registry, settings=settings(), standalone=True, **where)

    threading.Thread(target=lambda: asyncio.run(_run_forever(run)), name="kopf", daemon=True).start()


async def _run_forever(run: Callable[[], Awaitable[None]]) -> None:
    backoff = Backoff(_LASTING)
    while True:
        began = time.monotonic()
        try:
            await run()
        except Exception as error:  # noqa: BLE001 - whatever ended it, start it again
            log.warning("resource watch ended: starting it again", extra=topic("kopf", error=type(error).__name__))
        await asyncio.sleep(backoff.next(time.monotonic() - began))


def settings() -> kopf.OperatorSettings:
    ours = kopf.OperatorSettings()
    ours.process.ultimate_exiting_timeout = None  # else it kills the whole process ten minutes after it has ended
    ours.posting.enabled = False
    ours.scanning.disabled = True
    ours.persistence.progress_storage = NoStorage()
    ours.persistence.diffbase_storage = NoStorage()
    ours.queueing.idle_timeout = 0.2
    ours.watching.chunk_size = 500
    return ours
