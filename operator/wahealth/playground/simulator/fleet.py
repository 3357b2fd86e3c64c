"""All simulated clients of one process: which pod belongs to which, who was asked how often."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from wahealth.playground.simulator.client import Member, SimulatedClient
from wahealth.playground.simulator.settings import ClientSettings, Faults, PodSettings


@dataclass
class WebPod:
    """A running web pod. It reads its API key once, when it starts, as waweb does."""

    namespace: str
    client: SimulatedClient
    member: Member
    key: bytes | None = field(default=None, repr=False)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def faults(self) -> Faults:
        """Its own where it has any, else the client's."""
        return self.client.pods.get(self.member.name) or self.client.settings


class Fleet:
    def __init__(self) -> None:
        self.clients: dict[tuple[str, str], SimulatedClient] = {}
        self.web: dict[str, WebPod] = {}  # by address
        self.set_by_control: set[tuple[str, str]] = set()

    def client(self, namespace: str, name: str) -> SimulatedClient:
        return self.clients.setdefault((namespace, name), SimulatedClient())

    def join(self, namespace: str, client: str, member: Member, settings: ClientSettings | None = None) -> None:
        """A pod runs. `settings` hold until the control interface sets others."""
        owner = self.client(namespace, client)
        if settings is not None and (namespace, client) not in self.set_by_control:
            owner.settings = settings
        owner.join(member)
        if member.role == "web":
            self.web[member.address] = WebPod(namespace, owner, member)

    def leave(self, namespace: str, client: str, member: Member) -> None:
        self.client(namespace, client).leave(member.uid, now())
        pod = self.web.get(member.address)
        if pod is not None and pod.member.uid == member.uid:
            del self.web[member.address]

    def of_pod(self, namespace: str, pod: str) -> Iterator[SimulatedClient]:
        for (where, _), client in self.clients.items():
            if where == namespace and any(m.name == pod for m in client.members.values()):
                yield client

    def described(self) -> dict[str, Any]:
        return {
            "clients": [_described(key, client) for key, client in sorted(self.clients.items())],
            "pods": self._pods(),
        }

    def _pods(self) -> list[dict[str, Any]]:
        return [
            {"namespace": p.namespace, "name": p.member.name, "address": address, **p.counts}
            for address, p in sorted(self.web.items())
        ]


def now() -> float:
    return time.monotonic()


def _described(key: tuple[str, str], client: SimulatedClient) -> dict[str, Any]:
    pods: dict[str, PodSettings] = client.pods
    return {
        "namespace": key[0],
        "name": key[1],
        "settings": client.settings.model_dump(exclude={"password"}),
        "pods": {name: set_.model_dump(exclude_defaults=True) for name, set_ in pods.items()},
        "active": client.active(now()),
        "answer": client.answer(now())[1],
    }
