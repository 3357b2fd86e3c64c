"""The simulated clients' pods, from a watch: whatever the controllers and the user do with them counts."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple, cast

from pydantic import ValidationError

from wahealth.kube.apiserver.api import ApiError, ApiServer, ApiUnavailable, Document
from wahealth.kube.inventory.pods import running_at
from wahealth.playground.manifests import CLIENT_LABEL, ROLE_LABEL, SETTINGS
from wahealth.playground.simulator.client import Member, PodRole
from wahealth.playground.simulator.fleet import Fleet, now
from wahealth.playground.simulator.settings import ClientSettings

log = logging.getLogger(__name__)

_TRY_AGAIN = 0.5  # seconds, while the Secret of a pod is not there
KEY_VARIABLE = "WA_API_KEY"


class Belongs(NamedTuple):
    namespace: str
    client: str
    member: Member


class Membership:
    """A store for a watch of all pods; those without our labels are passed over."""

    def __init__(self, fleet: Fleet, api: ApiServer, changed: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._fleet = fleet
        self._api = api
        self._changed = changed
        self._running: dict[str, Belongs] = {}  # by uid
        self._tasks: set[asyncio.Task[None]] = set()

    def replace(self, objects: list[Document]) -> None:
        present = {pod["metadata"]["uid"] for pod in objects}
        for uid in self._running.keys() - present:
            self._leave(uid)
        for pod in objects:
            self.put(pod)

    def put(self, object_: Document) -> None:
        uid = object_["metadata"]["uid"]
        runs = running_at(object_) is not None and CLIENT_LABEL in object_["metadata"].get("labels", {})
        if runs and uid not in self._running:
            self._join(object_)
        elif not runs and uid in self._running:
            self._leave(uid)

    def drop(self, object_: Document) -> None:
        if object_["metadata"]["uid"] in self._running:
            self._leave(object_["metadata"]["uid"])

    def _join(self, pod: Document) -> None:
        belongs = _belongs(pod)
        self._running[belongs.member.uid] = belongs
        self._fleet.join(*belongs, settings=_settings(pod))
        self._later(self._start(belongs, pod) if belongs.member.role == "web" else self._changed())

    def _leave(self, uid: str) -> None:
        self._fleet.leave(*self._running.pop(uid))
        self._later(self._changed())

    async def _start(self, belongs: Belongs, pod: Document) -> None:
        """A web pod reads its key, then it listens."""
        key = await self._key(belongs, pod)
        web = self._fleet.web.get(belongs.member.address)
        if web is not None and web.member == belongs.member:
            web.key = key
        await self._changed()

    async def _key(self, belongs: Belongs, pod: Document) -> bytes | None:
        """As kubelet does: a container does not start before the Secret of its environment is there."""
        variables = [v for c in pod["spec"]["containers"] for v in c.get("env", ()) if v["name"] == KEY_VARIABLE]
        if not variables:
            return None
        if "value" in variables[0]:
            return str(variables[0]["value"]).encode()
        reference = variables[0]["valueFrom"]["secretKeyRef"]
        while belongs.member.uid in self._running:
            entry = await self._entry(belongs.namespace, reference)
            if entry is not None:
                return entry
            await asyncio.sleep(_TRY_AGAIN)
        return None

    async def _entry(self, namespace: str, reference: Document) -> bytes | None:
        try:
            secret = await self._api.read(f"/api/v1/namespaces/{namespace}/secrets/{reference['name']}")
        except (ApiError, ApiUnavailable):
            return None
        value = secret.get("data", {}).get(reference["key"])
        return base64.b64decode(value) if value else None

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _belongs(pod: Document) -> Belongs:
    metadata = pod["metadata"]
    role = cast("PodRole", metadata["labels"][ROLE_LABEL])
    member = Member(metadata["uid"], metadata["name"], pod["status"]["podIP"], role, now())
    return Belongs(metadata["namespace"], metadata["labels"][CLIENT_LABEL], member)


def _settings(pod: Document) -> ClientSettings | None:
    written = pod["metadata"].get("annotations", {}).get(SETTINGS)
    if written is None:
        return None
    try:
        return ClientSettings.model_validate_json(written)
    except ValidationError:
        log.warning("annotation not understood", extra={"pod": pod["metadata"]["name"], "annotation": SETTINGS})
        return None
