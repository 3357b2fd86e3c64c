"""How objects of the cluster are named."""

from __future__ import annotations

from typing import NamedTuple

from wahealth.kube.apiserver.api import Document


class Key(NamedTuple):
    """Names an object among those of its kind."""

    namespace: str
    name: str


class WorkloadRef(NamedTuple):
    namespace: str
    kind: str
    name: str


def key_of(object_: Document) -> Key:
    return Key(object_["metadata"]["namespace"], object_["metadata"]["name"])
