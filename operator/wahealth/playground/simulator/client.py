"""The state of one simulated client: who is connected, who leads, and what its health node answers. Pure.

Time comes as an argument, in seconds of one clock. Nothing is drawn by lot: the oldest pod, then the first by name,
takes a free place. Documented (pages "High Availability", "Multiconnect"): one coreapp connected and the primary
master disconnected, or as many coreapps as shards connected and the primary master too. The moments of a failover are
those seen in real answers; how long it takes is a setting, because the vendor publishes no timing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from wahealth.playground.simulator.settings import ClientSettings, PodSettings

Json = dict[str, Any]
PodRole = Literal["web", "coreapp", "master"]

NOT_READY = {
    "code": 1011,
    "title": "Service not ready",
    "details": "Wacore is not instantiated. Please check wacore log.",
}


@dataclass(frozen=True)
class Member:
    """A pod of the client; `since` is when it began to run."""

    uid: str
    name: str
    address: str
    role: PodRole
    since: float

    @property
    def key(self) -> str:
        return f"{self.address}:{self.name}"


@dataclass
class Seats:
    """Places that some members hold: connections of coreapps, or the lease of the primary master."""

    taken: dict[str, float] = field(default_factory=dict)  # by uid: when it is (or was) connected
    freed: list[float] = field(default_factory=list)

    def leave(self, uid: str, now: float) -> None:
        if self.taken.pop(uid, None) is not None:
            self.freed.append(now)

    def fill(self, candidates: Iterable[Member], wanted: int, settings: ClientSettings) -> None:
        """A successor needs its start-up and a failover, a first holder just its start-up."""
        free = (m for m in sorted(candidates, key=lambda m: (m.since, m.name)) if m.uid not in self.taken)
        for member in free:
            if len(self.taken) >= wanted:
                return
            after = self.freed.pop(0) + settings.failover_seconds if self.freed else 0.0
            self.taken[member.uid] = max(after, member.since + settings.startup_seconds)


class SimulatedClient:
    def __init__(self, settings: ClientSettings | None = None) -> None:
        self.settings = settings or ClientSettings()
        self.pods: dict[str, PodSettings] = {}  # by pod name
        self.members: dict[str, Member] = {}  # by uid
        self._gone: list[tuple[Member, float]] = []
        self._connections = Seats()
        self._lease = Seats()

    def join(self, member: Member) -> None:
        self.members[member.uid] = member

    def leave(self, uid: str, now: float) -> None:
        """The pod is gone: its place is free, its entry lingers for a while."""
        self._fill()
        member = self.members.pop(uid, None)
        if member is None:
            return
        self._gone.append((member, now))
        self._connections.leave(uid, now)
        self._lease.leave(uid, now)

    def answer(self, now: float) -> tuple[int, Json]:
        """HTTP status and body of `GET /v1/health`."""
        self._fill()
        if self.settings.shards is None:
            return self._single(now)
        entries = dict(self._entries(now))
        return 200, {"health": entries, **self.meta}

    @property
    def meta(self) -> Json:
        version = self.settings.version
        return {"meta": {"version": version, "api_status": "stable"}} if version else {}

    def active(self, now: float) -> list[str]:
        """Names of the coreapps that are connected."""
        self._fill()
        held = self._connections.taken
        return sorted(m.name for m in self._of("coreapp") if held.get(m.uid, now + 1) <= now)

    # --- who holds what ---------------------------------------------------------------------------------------------

    def _of(self, role: PodRole) -> list[Member]:
        return [member for member in self.members.values() if member.role == role]

    def _fill(self) -> None:
        self._connections.fill(self._of("coreapp"), self.settings.shards or 1, self.settings)
        self._lease.fill(self._of("master"), 1, self.settings)

    # --- what is answered -------------------------------------------------------------------------------------------

    def _single(self, now: float) -> tuple[int, Json]:
        coreapps = self._of("coreapp")
        if not coreapps:
            return 500, {**self.meta, "errors": [_unreachable("wacore")]}
        return 200, {"health": {"gateway_status": self._coreapp_status(coreapps[0], now)}, **self.meta}

    def _entries(self, now: float) -> Iterator[tuple[str, Json]]:
        for member in (*self._of("master"), *self._of("coreapp")):
            if not self._settings_of(member).left_out:
                yield member.key, self._entry(member, now)
        yield from self._lingering(now)

    def _lingering(self, now: float) -> Iterator[tuple[str, Json]]:
        """Pods that are gone and still listed: waweb asks them and cannot."""
        linger = self.settings.linger_seconds
        lasts = self.settings.failover_seconds if linger is None else linger
        self._gone = [(member, since) for member, since in self._gone if now < since + lasts]
        yield from ((m.key, {"errors": [_unreachable(m.address)]}) for m, _ in self._gone if m.role != "web")

    def _entry(self, member: Member, now: float) -> Json:
        set_ = self._settings_of(member)
        if set_.errors or now < member.since + self.settings.startup_seconds / 2:
            return {"errors": [NOT_READY]}
        role, status = self._coreapp(member, now) if member.role == "coreapp" else self._master(member, now)
        entry = {"gateway_status": set_.gateway_status or status}
        return entry if set_.role == "none" else {**entry, "role": role}

    def _settings_of(self, member: Member) -> PodSettings:
        return self.pods.get(member.name) or PodSettings()

    def _coreapp(self, member: Member, now: float) -> tuple[str, str]:
        return "coreapp", self._coreapp_status(member, now)

    def _coreapp_status(self, member: Member, now: float) -> str:
        return self._forced or self._connection(self._connections.taken.get(member.uid), now)

    def _master(self, member: Member, now: float) -> tuple[str, str]:
        """For the first half of a failover nobody is the primary; then the successor is, and connects."""
        leads_at = self._lease.taken.get(member.uid)
        if leads_at is None or now < leads_at - self.settings.failover_seconds / 2:
            return "secondary_master", self._forced or "disconnected"
        connects = self._connection(leads_at, now) if self.settings.many_connections else "disconnected"
        return "primary_master", self._forced or connects

    @property
    def _forced(self) -> str | None:
        return self.settings.gateway_status or (None if self.settings.registered else "unregistered")

    def _connection(self, connected_at: float | None, now: float) -> str:
        if connected_at is None or now < connected_at - self.settings.failover_seconds / 2:
            return "disconnected"
        return "connected" if now >= connected_at else "connecting"


def _unreachable(host: str) -> Json:
    details = f"Connection refused. Please check if wacore is running: {host}:6252"
    return {"code": 1014, "title": "Internal error", "details": details}
