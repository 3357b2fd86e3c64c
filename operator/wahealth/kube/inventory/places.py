"""Where the pods of one namespace are, so that a client's nodes can be found among them."""

from __future__ import annotations

from collections.abc import Set

from wahealth.core import facts


class Places:
    """All pods of one namespace that did not end."""

    def __init__(self) -> None:
        self._by_name: dict[str, facts.Pod] = {}
        self._by_address: dict[str, facts.Pod] = {}
        self._version = 0

    def put(self, pod: facts.Pod) -> None:
        before = self._by_name.get(pod.name)
        if pod == before:
            return
        self.drop(pod.name)
        self._by_name[pod.name] = pod
        for address in _addresses(pod):
            self._by_address[address] = pod
        self._version += 1

    def drop(self, name: str) -> None:
        pod = self._by_name.pop(name, None)
        if pod is None:
            return
        for address in _addresses(pod):
            if self._by_address.get(address) is pod:
                del self._by_address[address]
        self._version += 1

    def keep_only(self, names: Set[str]) -> None:
        for name in self._by_name.keys() - names:
            self.drop(name)

    def now(self) -> facts.Pods:
        return facts.Pods(self._by_address, self._by_name, version=self._version)


def _addresses(pod: facts.Pod) -> tuple[str, ...]:
    return () if pod.address is None else (pod.address, *pod.others)
