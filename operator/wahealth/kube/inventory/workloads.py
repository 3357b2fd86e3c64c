"""Which workloads of one kind exist, and what must be known of them before a restart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from wahealth.kube.apiserver.api import Document
from wahealth.kube.inventory.keys import Key, key_of
from wahealth.kube.inventory.kinds import RESTARTED_AT, Kind, partition_of
from wahealth.kube.inventory.single_instances import SingleInstances

# Documented: ports and environment of coreapps and masters, names as whatsapp-master-deployment. Seen: wacore1.
_THEIR_PORTS = range(6250, 6254)
_THEIR_VARIABLE = "WA_MASTER_NODE"
_THEIR_NAME = re.compile(r"(.*coreapp.*)|(wa(core|master).*)|((core|master)s?[0-9]*)")
_REGISTRY = re.compile(r"(localhost|[^/]*[.:][^/]*)/")


class Workload(NamedTuple):
    """What is kept of a workload. The texts are parts of sentences, and empty where they do not apply."""

    uid: str
    restarted: datetime | None  # the last restart that was asked for; None: none was
    rolling_out: bool
    hosts_client_nodes: str  # the sign that a coreapp or master may run in it
    stuck: str = ""  # why a restart would restart no pod
    stays: str = ""  # why a restart would not restart every pod


class Workloads:
    def __init__(
        self,
        kind: Kind,
        name: str = "",
        marked: SingleInstances | None = None,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """`marked`: where those of this kind, called `name`, are noted that are marked as a single instance. `changed`
        is called when what is known changes by something of our own."""
        self._kind, self._changed = kind, changed
        self._name = name
        self._marked = marked or SingleInstances()
        self._existing: dict[Key, Workload] = {}
        self._restarts: dict[str, datetime] = {}  # by uid: our own restarts, which the watch may not show yet

    def get(self, key: Key) -> Workload | None:
        """None when it does not exist. `restarted` includes our own restarts that the watch does not show yet."""
        found = self._existing.get(key)
        ours = self._restarts.get(found.uid) if found else None
        if found is None or ours is None or (found.restarted is not None and found.restarted >= ours):
            return found
        return found._replace(restarted=ours)

    def restarting(self, uid: str, now: datetime | None) -> None:
        """The workload with that uid is being restarted, so no other resource need do it; `now` None: it failed."""
        if now is None:
            self._restarts.pop(uid, None)
        else:
            self._restarts[uid] = now
        self._changed()

    def replace(self, objects: list[Document]) -> None:
        self._existing.clear()
        self._marked.clear(self._name)
        for object_ in objects:
            self._keep(object_)
        there = {workload.uid for workload in self._existing.values()}
        self._restarts = {uid: now for uid, now in self._restarts.items() if uid in there}

    def put(self, object_: Document) -> None:
        self._keep(object_)

    def _keep(self, object_: Document) -> None:
        key, found = key_of(object_), workload_of(object_, self._kind)
        self._existing[key] = found
        self._marked.put(self._name, key, object_, found.rolling_out)

    def drop(self, object_: Document) -> None:
        key = key_of(object_)
        self._marked.drop(self._name, key)
        gone = self._existing.pop(key, None)
        if gone is not None:
            self._restarts.pop(gone.uid, None)


def workload_of(object_: Document, kind: Kind) -> Workload:
    metadata, spec = object_["metadata"], object_.get("spec", {})
    template = spec.get("template") or {}
    holds = _template_elsewhere(spec) or next(_signs_of_others(metadata["name"], template.get("spec", {})), "")
    return Workload(metadata["uid"], _restarted(spec), _is_rolling_out(object_, kind), holds, *_left_alone(spec))


def _template_elsewhere(spec: Document) -> str:
    """The sign for a Rollout whose pod template is another object's, which is not read."""
    ref = spec.get("workloadRef")
    return f"its template is that of {ref.get('kind')} {ref.get('name')}, where nobody looks" if ref else ""


def _restarted(spec: Document) -> datetime | None:
    """The last restart that was asked for, by annotation or by `restartAt`."""
    annotations = ((spec.get("template") or {}).get("metadata") or {}).get("annotations") or {}
    times = (_time(spec.get("restartAt") or ""), _time(annotations.get(RESTARTED_AT, "")))
    return max((time for time in times if time is not None), default=None)


def _time(written: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(written)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _left_alone(spec: Document) -> tuple[str, str]:
    """`stuck` and `stays` of a `Workload`."""
    if spec.get("paused"):
        return "it is paused", ""
    if spec.get("updateStrategy", {}).get("type") == "OnDelete":
        return "its update strategy is OnDelete", ""
    partition = partition_of(spec)
    if not partition:
        return "", ""
    why = f"its update strategy has partition {partition}"
    return (why, "") if partition >= spec.get("replicas", 1) else ("", why)


def _is_rolling_out(object_: Document, kind: Kind) -> bool:
    """As `kubectl rollout status` says, except that pods that are not ready do not count: a restart may fix them."""
    spec, status = object_.get("spec", {}), object_.get("status", {})
    observed = str(status.get("observedGeneration", 0))  # a Rollout writes a string
    if observed.isdecimal() and int(observed) < object_["metadata"].get("generation", 0):
        return True
    return kind.is_rolling_out(spec, status)


def _signs_of_others(name: str, pod: Document) -> Iterator[str]:
    """What says that a coreapp or a master may run in the pod: names, images, commands, environment, ports."""
    if _is_theirs(name):
        yield f"its name is {name}"
    for container in (*pod.get("initContainers", ()), *pod.get("containers", ())):
        image = _REGISTRY.sub("", container.get("image", ""), count=1).partition("@")[0]
        words = [str(word) for word in (*container.get("command", ()), *container.get("args", ()))]
        if _is_theirs(container["name"]):
            yield f"it has a container {container['name']}"
        if "coreapp" in image or _is_theirs(image.rpartition("/")[2].partition(":")[0]):
            yield f"container {container['name']} runs image {image}"
        if any("coreapp" in word for word in words):
            yield f"container {container['name']} starts a coreapp"
        if any(variable["name"] == _THEIR_VARIABLE for variable in container.get("env", ())):
            yield f"container {container['name']} sets {_THEIR_VARIABLE}"
        if any(port["containerPort"] in _THEIR_PORTS for port in container.get("ports", ())):
            yield f"container {container['name']} has a port of coreapps and masters"


def _is_theirs(name: str) -> bool:
    return any(_THEIR_NAME.fullmatch(part) for part in re.split(r"[-._]", name))
