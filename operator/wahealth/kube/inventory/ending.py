"""Terminating pods that still carry a client's label, which must be removed before another pod gets it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from wahealth.core.control.pod_labels import CLIENT, CurrentPod
from wahealth.kube.apiserver.api import Document
from wahealth.kube.inventory.keys import Key, key_of
from wahealth.kube.inventory.pod_index import others_of


class Ending:
    """These pods are not probed any more, and nothing new is written onto them."""

    def __init__(self) -> None:
        self._client: dict[Key, Key] = {}  # by pod
        self._by_client: defaultdict[Key, dict[str, CurrentPod]] = defaultdict(dict)  # then by pod name

    def of(self, client: Key) -> Iterator[CurrentPod]:
        """The pods that carry the label of this resource."""
        yield from self._by_client.get(client, {}).values()

    def clear(self) -> None:
        self._client.clear()
        self._by_client.clear()

    def put(self, pod: Document) -> None:
        key = key_of(pod)
        self.drop(key)
        metadata, status = pod["metadata"], pod.get("status", {})
        labels = metadata.get("labels", {})
        if "deletionTimestamp" not in metadata or CLIENT not in labels:
            return
        uid = metadata.get("uid", "")
        addresses = tuple(filter(None, (status.get("podIP"), *others_of(status))))
        client = self._client[key] = Key(key.namespace, labels[CLIENT])
        self._by_client[client][key.name] = CurrentPod(
            key.name, uid, frozenset(labels.items()), None, addresses, ending=True
        )

    def drop(self, key: Key) -> None:
        client = self._client.pop(key, None)
        if client is None:
            return
        del self._by_client[client][key.name]
        if not self._by_client[client]:
            del self._by_client[client]
