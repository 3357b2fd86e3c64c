"""kopf's side: one `on.event` handler on a registry of its own. The only importer of kopf.

kopf ends when the API server says no, and for good; so it speaks through a session that waits and asks again, and
where it ends all the same it is started anew. It never tells what was deleted while its watch was away: when it has
listed anew, `kube.resync` looks for that.

kopf runs in a thread and an event loop of its own, because on its way out it cancels every task of its loop. It is
given nothing to write with: no finalizer, no annotation, no event, no progress or diffbase storage.
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
_LOGGER = "kopf"  # what it says of its own is about us, not about a client; it may hold what a server answered


class Listener(NamedTuple):
    """What is told: a resource as it is now, and whether that comes of listing all anew; the uid of one that is
    gone."""

    on_upsert: Callable[[Document, bool], None]
    on_delete: Callable[[str], None]


class NoStorage(kopf.ProgressStorage, kopf.DiffBaseStorage):
    """Remembers nothing on anybody's object."""

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

    # Both run in kopf's loop: for what is no coroutine it would start threads, and again with each new start.
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
    """Start to watch, in a thread of its own that lives as long as the process; the listener is called in there.
    `namespaces`: these alone."""
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
        except Exception as error:  # noqa: BLE001 - whatever ended it, it is started again
            log.warning("resource watch ended: starting it again", extra=topic("kopf", error=type(error).__name__))
        await asyncio.sleep(backoff.next(time.monotonic() - began))


def settings() -> kopf.OperatorSettings:
    ours = kopf.OperatorSettings()
    ours.process.ultimate_exiting_timeout = None  # else, ten minutes after it ended, it kills the whole process
    ours.posting.enabled = False
    ours.scanning.disabled = True
    ours.persistence.progress_storage = NoStorage()
    ours.persistence.diffbase_storage = NoStorage()
    ours.queueing.idle_timeout = 0.2
    ours.watching.chunk_size = 500
    return ours
