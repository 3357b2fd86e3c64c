"""One resource with two web pods over real sockets, asked as the scheduler asks, with or without the fast lane.

The monotonic and the wall clock stand still while anything runs, and go on where a deadline is all that is waited for.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import selectors
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any
from unittest.mock import patch

from bench.lone import Nowhere
from support.builders import START, resource
from support.played import Played
from wahealth.api.convert import status_document
from wahealth.core.control.budget import NEVER, Postponed
from wahealth.core.egress.hosts import Hosts
from wahealth.core.egress.networks import Networks
from wahealth.core.events.event import Event
from wahealth.core.signin.flow import Reading
from wahealth.core.signin.kinds import Kind
from wahealth.core.status import Status
from wahealth.kube import reconciler as reconciling
from wahealth.kube.apiserver.api import ApiUnavailable
from wahealth.kube.entry import ResourceEntry, entry_of
from wahealth.kube.events import Subject
from wahealth.kube.gatherer import Gatherer
from wahealth.kube.inventory.changes import Counted
from wahealth.kube.inventory.inventory import Inventory
from wahealth.kube.isolation import IsolationGuard
from wahealth.kube.lane.door import Way
from wahealth.kube.lane.lane import Around, FastLane
from wahealth.kube.lane.rereading import Rereading
from wahealth.kube.process.lag import Lag
from wahealth.kube.process.meter import Purse
from wahealth.kube.reconciler import Reconciler
from wahealth.kube.targets import Limits, Targets
from wahealth.probe.client import Prober
from wahealth.probe.credential import Credential
from wahealth.probe.dns import Resolver
from wahealth.probe.errors import ObserverFault
from wahealth.probe.reading import reading_of

_SILENT = 0.1  # real seconds
PERIOD, TIMEOUT, PODS = 30, 5, ("127.64.77.1", "127.64.77.2", "127.64.77.3")
OWNER = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "web", "controller": True}


class Clock:
    """Monotonic seconds; the wall clock goes on with them, but for `ahead`."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.ahead = 0.0

    def wall(self) -> float:
        return START.timestamp() + self.now + self.ahead

    @contextlib.contextmanager
    def everywhere(self) -> Iterator[None]:
        clock = self

        class Datetime(datetime):
            @classmethod
            def now(cls, _: Any = None) -> Datetime:
                return cls.fromtimestamp(clock.wall(), UTC)

        with (
            patch.object(time, "monotonic", lambda: clock.now),
            patch.object(time, "time", clock.wall),
            patch.object(reconciling, "datetime", Datetime),
        ):
            yield


class Loop(asyncio.SelectorEventLoop):
    def __init__(self, clock: Clock) -> None:
        super().__init__(_Selector(clock))
        self._clock = clock

    def time(self) -> float:
        return self._clock.now


class _Selector(selectors.DefaultSelector):
    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Sockets of this machine need no time that counts; where they are silent the next timer is due."""
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        found = super().select(_SILENT)
        if not found:
            self._clock.now += timeout
        return found


class WebPods:
    """What each pod answers, by its address: pieces of bytes, None for the end, and a number for seconds of silence."""

    def __init__(self) -> None:
        self.answers: dict[str, list[bytes | float | None]] = {}
        self.asked: list[tuple[str, bytes]] = []
        self.port = 0
        self._open: list[asyncio.StreamWriter] = []
        self._all: list[asyncio.StreamWriter] = []
        self._playing: list[asyncio.Task[Any]] = []

    async def serve(self) -> asyncio.Server:
        server = await asyncio.start_server(self._play, "0.0.0.0", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    def hang_up(self) -> None:
        for writer in self._open:
            writer.close()
        self._open = []

    async def say(self, words: bytes) -> None:
        """What nobody asked for, on each connection, and then the end."""
        for writer in self._open:
            writer.write(words)
            await writer.drain()
        self.hang_up()
        for _ in range(10):
            await asyncio.sleep(0)

    def abort(self) -> None:
        for task in self._playing:
            task.cancel()
        for writer in self._all:
            writer.transport.abort()

    async def _play(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.append(writer)
        self._all.append(writer)
        if (task := asyncio.current_task()) is not None:
            self._playing.append(task)
        address = writer.get_extra_info("sockname")[0]
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                question = await reader.readuntil(b"\r\n\r\n")
                self.asked.append((address, question))
                for piece in self.answers[address]:
                    if piece is None:
                        writer.close()
                        return
                    if isinstance(piece, float):
                        await asyncio.sleep(piece)
                        continue
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0)


class Secrets(Played):
    """`reading` happens whenever a Secret is read."""

    def __init__(self) -> None:
        super().__init__()
        self.key = b"a-key-of-enough-characters"
        self.away = False  # the API server
        self.known: float | None = None  # when a Secret was last known to say what it said
        self.reading: Callable[[], None] = lambda: None

    async def secret(self, *_: object) -> Reading[Credential]:
        if self.away:
            raise ApiUnavailable("it is away")
        self.reading()
        return reading_of(Kind.API_KEY, [self.key])

    def known_at(self, *_: object) -> float | None:
        return self.known

    async def trust(self, *_: object) -> Any:
        raise AssertionError("plain HTTP trusts nobody")


class Told(Nowhere):
    """What was written and posted."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[Any] = []

    async def apply_status(self, *what: object) -> str:
        self.said.append(what[1])
        return await super().apply_status()

    async def post(self, subject: Subject, event: Event, now: datetime) -> None:
        self.said.append((event.reason, event.note))


class World:
    """`fast`: with the lane. What happens to it is done by its attributes and methods."""

    def __init__(self, clock: Clock, prober: Prober, pods: WebPods, fast: bool) -> None:
        self.clock, self.pods, self.told, self.secrets = clock, pods, Told(), Secrets()
        self.inventory = Inventory()
        self.workloads = Counted(self.inventory.workloads["StatefulSet"], self.inventory.changes)
        self.running = Counted(self.inventory.pods, self.inventory.changes)
        networks = Networks((ip_network("127.64.0.0/16"),))
        targets = Targets(self.inventory, Limits(networks, Hosts(), networks), Resolver())
        told: Any = self.told
        guard, self.lag = IsolationGuard(told, self.inventory, None), Lag()
        self.reconciler = Reconciler(
            Gatherer(self.inventory, targets, self.secrets, prober), told, told, guard, self.lag
        )
        around = Around(self.inventory.changes, guard, self.lag, Rereading(self.secrets))
        self.lane = FastLane(prober.pool, around) if fast else None
        self.version, self.generation, self.purse = 1, 1, Purse("acme", [])
        self.repeats, self.reads = 0, 0  # rounds that were repeated, and those before which something was read again
        self.spec: dict[str, Any] = {
            "target": {"workload": {"kind": "StatefulSet", "name": "web", "port": pods.port}, "scheme": "HTTP"},
            "probe": {"periodSeconds": PERIOD, "timeoutSeconds": TIMEOUT},
        }
        self.put_workload()
        for number in range(2):
            self.put_pod(number, PODS[number])
        self.entry: ResourceEntry = entry_of(self._document({"gateway": "Unknown"}))

    def put_workload(self) -> None:
        self.workloads.put({"metadata": {"namespace": "acme", "name": "web", "uid": "w"}})

    def drop_workload(self) -> None:
        self.workloads.drop({"metadata": {"namespace": "acme", "name": "web", "uid": "w"}})

    def put_pod(self, number: int, address: str) -> None:
        self.running.put(_pod(number, address))

    def drop_pod(self, number: int) -> None:
        self.running.drop(_pod(number, ""))

    def edit(self, **spec: Any) -> None:
        self.generation += 1
        self.spec = self.spec | spec
        self.entry.renew(self._document(status_document(self.entry.written)))

    def written_by_another(self, change: Callable[[Status], Status]) -> None:
        self.entry.renew(self._document(status_document(change(self.entry.written))))

    def rotated(self, key: bytes) -> None:
        self.secrets.key = key
        self.entry.secret_changed("k")

    def led_by_another(self) -> None:
        if self.lane is not None:
            self.lane.forget(self.entry.uid)
        self.entry.forget_rounds()

    def postponed(self, reported: bool) -> None:
        self.entry.postponed = Postponed(reported=reported) if reported else NEVER

    async def round(self) -> None:
        """One round as `kube.scheduler` runs it."""
        if await self._in_lane():
            self.repeats += 1
        else:
            await self._ordinary()

    async def _in_lane(self) -> bool:
        lane, loop = self.lane, asyncio.get_running_loop()
        if lane is None:
            return False
        over: asyncio.Future[bool] = loop.create_future()
        way = self._begin(lane, over)
        if way is Way.READ_FIRST and await lane.reads_the_same(self.entry, loop.time()):
            self.reads += 1
            way = self._begin(lane, over)
        return way is Way.REPEAT and await over

    def _begin(self, lane: FastLane, over: asyncio.Future[bool]) -> Way:
        now = asyncio.get_running_loop().time()
        return lane.begin(self.entry, now, self.purse, lambda _, done: over.set_result(done))

    async def _ordinary(self) -> None:
        if self.lane is not None:
            self.lane.round_begins(self.entry)
        well, action = False, None
        with contextlib.suppress(ObserverFault):
            action = await self.reconciler.reconcile(self.entry)
            well = True
        if self.lane is not None:
            self.lane.round_ended(self.entry, well)
        if action is not None:
            await action()

    def record(self) -> Any:
        """All that a round leaves behind which anybody can see, and what the next one builds on."""
        state = self.entry.state
        assert state is not None
        return (
            self.told.said,
            self.pods.asked,
            status_document(self.entry.written),
            state.confirmed,
            state.is_steady,
            state.anomaly_streaks,
            self.entry.history.last_probe,
            self.entry.probe.signin,
            sorted(self.entry.probe.retry_after),
        )

    def _document(self, status: dict[str, Any]) -> dict[str, Any]:
        self.version += 1000
        made = resource(generation=self.generation, version=str(self.version), **self.spec)
        return {**made, "status": status}


@contextlib.asynccontextmanager
async def worlds(clock: Clock, fast: bool) -> AsyncIterator[World]:
    """One world, with its web pods; at the end no connection is left open."""
    pods = WebPods()
    server = await pods.serve()
    async with Prober() as prober:
        world = World(clock, prober, pods, fast)
        yield world
        if world.lane is not None:
            world.lane.stop()
    pods.abort()
    server.close()
    for _ in range(5):
        await asyncio.sleep(0)


def _pod(number: int, address: str) -> dict[str, Any]:
    metadata = {"namespace": "acme", "name": f"web-{number}", "uid": f"u{number}", "ownerReferences": [OWNER]}
    return {"metadata": metadata, "status": {"phase": "Running", "podIP": address}}


def later(clock: Clock, seconds: float) -> str:
    """As a Date says it."""
    when = datetime.fromtimestamp(clock.wall(), UTC) + timedelta(seconds=seconds)
    return when.strftime("%a, %d %b %Y %H:%M:%S GMT")


def answer(body: object, *headers: str, status: str = "200 OK") -> bytes:
    content = json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + content
