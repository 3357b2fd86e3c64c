"""Finds the pods of one namespace by name and by address, so that a client's nodes can be assigned to them."""

from __future__ import annotations

from collections.abc import Set

from wahealth.core import facts
from wahealth.kube.apiserver.api import Document


class PodIndex:
    """All pods of one namespace that have not ended.

    An address leads to a pod only if no other pod has it: pods with hostNetwork share their machine's. A Terminating
    pod yields to one that is not: on a dead machine it stays, and its address may have been given to another.
    """

    def __init__(self) -> None:
        self._by_name: dict[str, facts.Pod] = {}
        self._going: set[str] = set()  # names of Terminating pods
        self._sharing: dict[tuple[str, bool], dict[str, facts.Pod]] = {}  # by address and Terminating, then by name
        self._by_address: dict[str, facts.Pod] = {}
        self._version = 0

    def put(self, pod: facts.Pod, going: bool = False) -> None:
        """`going`: it is Terminating."""
        if pod == self._by_name.get(pod.name) and going is (pod.name in self._going):
            return
        self.drop(pod.name)
        self._by_name[pod.name] = pod
        if going:
            self._going.add(pod.name)
        for address in _addresses(pod):
            self._sharing.setdefault((address, going), {})[pod.name] = pod
            self._settle(address)
        self._version += 1

    def drop(self, name: str) -> None:
        pod = self._by_name.pop(name, None)
        if pod is None:
            return
        going = name in self._going
        self._going.discard(name)
        for address in _addresses(pod):
            sharing = self._sharing[address, going]
            del sharing[name]
            if not sharing:
                del self._sharing[address, going]
            self._settle(address)
        self._version += 1

    def keep_only(self, names: Set[str]) -> None:
        for name in self._by_name.keys() - names:
            self.drop(name)

    def now(self) -> facts.Pods:
        """The pods as they are. The mappings change with this index; the version is the one of now."""
        return facts.Pods(self._by_address, self._by_name, version=self._version)

    def _settle(self, address: str) -> None:
        """Find the pod that the address leads to, after a change of the pods that have it."""
        sharing = self._sharing.get((address, False)) or self._sharing.get((address, True)) or {}
        if len(sharing) == 1:
            (self._by_address[address],) = sharing.values()
        else:
            self._by_address.pop(address, None)


def _addresses(pod: facts.Pod) -> frozenset[str]:
    return frozenset() if pod.address is None else frozenset({pod.address, *pod.others})


def others_of(status: Document) -> tuple[str, ...]:
    """The further addresses in a pod's status, which are of the other family."""
    first = status.get("podIP")
    return tuple(entry["ip"] for entry in status.get("podIPs", ()) if entry.get("ip") not in {None, "", first})
