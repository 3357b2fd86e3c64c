"""kopf's side: one `on.event` handler on a registry of its own. The only importer of kopf.

kopf runs in a thread and an event loop of its own, because on its way out it cancels every task of its loop. It is
given nothing to write with: no finalizer, no annotation, no event, no progress or diffbase storage.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import kopf
from kubernetes.aio import client

from wahealth.api.v1alpha1 import GROUP, PLURAL, VERSION
from wahealth.kube.api import Document

log = logging.getLogger(__name__)

_PAUSE = 3.0  # seconds between the end of one run of kopf and the next
_TOKEN_LASTS = timedelta(minutes=1)

Saw = Callable[[Document], None]
Gone = Callable[[str], None]


class NothingKept(kopf.ProgressStorage, kopf.DiffBaseStorage):
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


def registry_of(saw: Saw, gone: Gone, sign_in: Callable[[], client.Configuration]) -> kopf.OperatorRegistry:
    registry = kopf.OperatorRegistry()

    @kopf.on.login(registry=registry)
    def login(**_: Any) -> kopf.ConnectionInfo:
        return _connection(sign_in())

    @kopf.on.event(GROUP, VERSION, PLURAL, registry=registry)
    def event(event: kopf.RawEvent, **_: Any) -> None:
        document: Document = dict(event["object"])
        if event["type"] == "DELETED":
            gone(document["metadata"]["uid"])
        else:
            saw(document)

    return registry


def follow(saw: Saw, gone: Gone, sign_in: Callable[[], client.Configuration]) -> None:
    """Start to watch, in a thread of its own that lives as long as the process; `saw` and `gone` run in that thread."""
    registry = registry_of(saw, gone, sign_in)
    logging.getLogger("kopf._core.reactor.running").setLevel(logging.ERROR)  # it warns that it gets no signals here
    threading.Thread(target=lambda: asyncio.run(_for_ever(registry)), name="kopf", daemon=True).start()


async def _for_ever(registry: kopf.OperatorRegistry) -> None:
    while True:
        try:
            await kopf.operator(registry=registry, settings=_settings(), standalone=True, clusterwide=True)
        except Exception as error:  # noqa: BLE001 - whatever ended it, it is started again
            log.warning("watch of the resources ended", extra={"error": type(error).__name__})
        await asyncio.sleep(_PAUSE)


def _settings() -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.persistence.progress_storage = NothingKept()
    settings.persistence.diffbase_storage = NothingKept()
    settings.queueing.idle_timeout = 0.2
    settings.watching.chunk_size = 500
    return settings


def _connection(configuration: client.Configuration) -> kopf.ConnectionInfo:
    token = configuration.api_key.get("BearerToken", "").split(" ", 1)[-1]
    return kopf.ConnectionInfo(
        server=configuration.host,
        ca_path=configuration.ssl_ca_cert,
        token=token or None,
        certificate_path=configuration.cert_file,
        private_key_path=configuration.key_file,
        expiration=datetime.now(UTC) + _TOKEN_LASTS if token else None,
    )
