"""The sidecar's pages for kubelet, load balancers, people and Prometheus: answered from memory, without waiting."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from wahealth.core.answer import Role
from wahealth.core.readiness.depth import STARTING, Depth
from wahealth.core.status import ConditionStatus, ConditionType, Gateway, NodeVerdict
from wahealth.sidecar.metrics import MEDIA_TYPE, exposition
from wahealth.sidecar.rounds import Rounds
from wahealth.sidecar.server import Page
from wahealth.sidecar.settings import Settings

MOST_PERIODS = 3  # periods that a round and its timeout may take before the loop counts as stuck
METHODS = "GET, HEAD, OPTIONS"
_ROLES: dict[str, Callable[[Rounds], bool]] = {
    "primary-master": lambda rounds: _role(rounds) is Role.PRIMARY_MASTER,
    "secondary-master": lambda rounds: _role(rounds) is Role.SECONDARY_MASTER,
    "coreapp": lambda rounds: _role(rounds) is Role.COREAPP,
    "active": lambda rounds: _verdict(rounds) is NodeVerdict.ACTIVE,
    "standby": lambda rounds: _verdict(rounds) is NodeVerdict.STANDBY,
}


class Pages:
    """Answers a request with a page. All but /metrics are JSON; 200 means yes, 503 no."""

    def __init__(self, settings: Settings, rounds: Rounds, now: Callable[[], float]) -> None:
        """`now` gives monotonic seconds."""
        self._settings = settings
        self._rounds = rounds
        self._now = now

    def __call__(self, method: str, target: str) -> Page:
        if method == "OPTIONS":
            return Page(HTTPStatus.NO_CONTENT, b"", allow=METHODS)
        if method not in {"GET", "HEAD"}:
            return _json(HTTPStatus.METHOD_NOT_ALLOWED, {"error": f"use one of {METHODS}"})._replace(allow=METHODS)
        path, _, query = target.partition("?")
        return self._of(path, query)

    def _of(self, path: str, query: str) -> Page:
        match path.strip("/").split("/"):
            case ["readyz"]:
                return self._readyz(query)
            case ["role", name] if name in _ROLES:
                return self._said(_ROLES[name](self._rounds), role=_role(self._rounds), verdict=_verdict(self._rounds))
            case other if "/".join(other) in _SIMPLE:
                return _SIMPLE["/".join(other)](self)
            case _:
                pages = [*(f"/{name}" for name in _SIMPLE), "/readyz", *(f"/role/{name}" for name in _ROLES)]
                return _json(HTTPStatus.NOT_FOUND, {"error": "no such page", "pages": pages})

    def _startupz(self) -> Page:
        """Always 200: once this answers, the process runs and its settings are valid. The containers after a native
        sidecar start only then."""
        return _json(HTTPStatus.OK, {"started": True})

    def _gateway(self) -> Page:
        return self._said(self._connected(), gateway=self._rounds.status.gateway)

    def _everything(self) -> Page:
        return _json(HTTPStatus.OK, self._status())

    def _metrics(self) -> Page:
        return Page(HTTPStatus.OK, exposition(self._rounds, self._settings, self._now()), MEDIA_TYPE)

    def _livez(self) -> Page:
        """Whether the sidecar's own loop runs; against any other fault a restart of this container would not help."""
        quiet = self._now() - self._rounds.ticked
        longest = MOST_PERIODS * max(self._settings.period, self._settings.timeout)
        return self._said(quiet <= longest, tickedSecondsAgo=round(quiet, 1))

    def _readyz(self, query: str) -> Page:
        asked = parse_qs(query).get("depth", [self._settings.depth])[-1]
        if asked not in tuple(Depth):
            return _json(HTTPStatus.BAD_REQUEST, {"error": f"depth must be one of {', '.join(Depth)}"})
        readiness = self._rounds.kept.readiness
        return self._said(readiness.at(Depth(asked)), reason=readiness.reason, depth=asked, ageSeconds=self._age())

    def _age(self) -> int | None:
        """Whole seconds since the upstream answered; None if it never did."""
        return None if self._rounds.answered is None else int(self._now() - self._rounds.answered)

    def _connected(self) -> bool:
        status = self._rounds.status
        up = status.condition_status(ConditionType.AVAILABLE) is ConditionStatus.TRUE
        return up and status.gateway in {Gateway.CONNECTED, Gateway.PARTIALLY_CONNECTED}

    def _said(self, good: bool, **more: object) -> Page:
        status = HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE
        return _json(status, {"ready": good, **more})

    def _status(self) -> dict[str, object]:
        """Everything that is known, with the field names of the resource's status."""
        rounds, settings = self._rounds, self._settings
        return {
            "pod": _plain(settings.identity),
            "started": rounds.kept.readiness != STARTING,
            "readiness": {**_plain(rounds.kept.readiness), "depths": {d: rounds.kept.readiness.at(d) for d in Depth}},
            "credentials": {"kind": settings.desired.signs_in_by, **_plain(rounds.credentials)},
            "own": _plain(rounds.kept.own),
            "ageSeconds": self._age(),
            "client": _plain(rounds.status),
        }


_SIMPLE: dict[str, Callable[[Pages], Page]] = {
    "startupz": Pages._startupz,
    "livez": Pages._livez,
    "gateway/connected": Pages._gateway,
    "status": Pages._everything,
    "metrics": Pages._metrics,
}


def _role(rounds: Rounds) -> Role | None:
    return rounds.kept.own.role if rounds.kept.own else None


def _verdict(rounds: Rounds) -> NodeVerdict | None:
    return rounds.kept.own.verdict if rounds.kept.own else None


def _json(status: HTTPStatus, content: dict[str, Any]) -> Page:
    return Page(status, json.dumps(content).encode())


def _plain(value: Any) -> Any:
    """The value as JSON: named tuples become objects in camelCase, without empty fields."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        fields = {_camel(name): _plain(one) for name, one in value._asdict().items()}
        return {name: one for name, one in fields.items() if one not in (None, [], (), b"")}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, datetime) else value


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
