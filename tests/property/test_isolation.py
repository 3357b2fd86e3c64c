"""What one namespace can do to the others: nothing. Whatever is created, deleted, edited and answered in it, and in
whatever order, the others' resources say what they would say, and say it when they would.

Supervisor, rounds and verdicts are the operator's own, on a processor that work keeps busy; what is played is the API
server, which takes every write, and the web pods.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, NamedTuple

from hypothesis import example, given, settings
from hypothesis import strategies as st

from support.builders import CONNECTED, DISCONNECTED, UNREGISTERED, any_targets, resource, single
from support.processor import Processor
from wahealth.core.answer import FailureReason, Malformed, Outcome, Unauthorized, Unreachable
from wahealth.core.signin.flow import Reading
from wahealth.core.turns import MOST_ASKED
from wahealth.kube.entry import ResourceEntry
from wahealth.kube.gatherer import Gatherer
from wahealth.kube.inventory.inventory import Inventory
from wahealth.kube.isolation import IsolationGuard
from wahealth.kube.process.lag import Lag
from wahealth.kube.reconciler import Reconciler
from wahealth.kube.scheduler import Scheduler
from wahealth.probe.client import Prober, ProbeResponse
from wahealth.probe.credential import Credential, api_key
from wahealth.probe.waweb import ProbeRequest

OTHERS, PERIOD, SECONDS = 4, 5, 60.0
LATER = 1.0  # seconds by which what the others say may come later
KINDS = ("StatefulSet", "Deployment")  # of the tenant's: one with one pod, one with more than are asked in a round
ANSWERS: list[Outcome] = [
    *(single(CONNECTED), single(DISCONNECTED), single(UNREGISTERED), Unauthorized()),
    *(Malformed("the body is not JSON"), Unreachable(FailureReason.CONNECTION_REFUSED)),
]


class Answering(NamedTuple):
    """`cost` in seconds; `wait` until it comes, or `gathered`: until the next second that this divides."""

    cost: float = 0.0
    wait: float = 0.0
    gathered: bool = False
    says: Outcome | None = None  # None: what we do not understand breaks


class Move(NamedTuple):
    """`what` is done to so many of the tenant's resources; then nothing for a while."""

    what: str
    times: int
    answering: Answering
    pause: float


MOVES = st.lists(
    st.builds(
        Move,
        st.sampled_from(["make", "make", "edit", "delete", "answer", "answer", "rotate"]),
        st.integers(1, 60),
        st.builds(
            Answering,
            st.sampled_from([0.0, 0.001, 0.02, 0.05]),
            st.sampled_from([0.0, 0.01, 0.5, 3.0]),
            st.booleans(),
            st.sampled_from([*ANSWERS, None]),
        ),
        st.sampled_from([0.0, 0.01, 0.3, 2.0, 10.0]),
    ),
    max_size=12,
)
# Of each round of the others what their pods say; the last one goes on.
STORIES = st.lists(st.lists(st.sampled_from(ANSWERS), min_size=1, max_size=8), min_size=OTHERS, max_size=OTHERS)


class Written(NamedTuple):
    at: float
    status: dict[str, Any]


class World:
    """The operator, the others with their stories, and one tenant."""

    def __init__(self, stories: list[list[Outcome]]) -> None:
        self.processor, self.stories = Processor(), stories
        self.answering = Answering(says=single(CONNECTED))
        self.generations: dict[str, int] = {}  # of the tenant's resources, by name
        self.made = 0
        self.times: Counter[str] = Counter()  # that somebody was asked, by address
        self.writes: dict[str, list[Written]] = {f"other-{n}": [] for n in range(OTHERS)}

    def run(self, failovers: list[Move]) -> dict[str, list[Written]]:
        self.processor.run(lambda: self._main(failovers))
        return self.writes

    async def _main(self, failovers: list[Move]) -> None:
        lag, played, inventory = Lag(), Played(self), _inventory()
        cluster: Any = played
        gatherer = Gatherer(inventory, any_targets(inventory), cluster, played)
        reconciler = Reconciler(gatherer, cluster, cluster, IsolationGuard(cluster, inventory, None), lag)
        scheduler = Scheduler(reconciler.reconcile, self.processor.outside())
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(lag.watch()), group.create_task(scheduler.run())]
            for number in range(OTHERS):
                scheduler.upsert(_resource(f"other-{number}", f"others-{number}", "StatefulSet"))
            await asyncio.sleep(2.0)
            began = asyncio.get_running_loop().time()
            for move in failovers:
                self._move(scheduler, move)
                await asyncio.sleep(move.pause)
            await asyncio.sleep(max(0.0, began + SECONDS - asyncio.get_running_loop().time()))
            for task in running:
                task.cancel()

    def _move(self, scheduler: Scheduler, move: Move) -> None:
        some = list(self.generations)[: move.times]
        match move.what:
            case "make":
                for _ in range(move.times):
                    self.made += 1
                    self.generations[f"own-{self.made}"] = 1
                    scheduler.upsert(_resource(f"own-{self.made}", "tenant", KINDS[self.made % 10 == 0]))
            case "edit":
                for name in some:
                    self.generations[name] += 1
                    scheduler.upsert(_resource(name, "tenant", KINDS[0], self.generations[name]))
            case "delete":
                for name in some:
                    del self.generations[name]
                    scheduler.remove(f"uid-{name}")
            case "rotate":
                scheduler.secret_changed("tenant", "k")
            case _:
                self.answering = move.answering

    def next_of(self, number: int) -> Outcome:
        story, turn = self.stories[number], self.times[f"other-{number}"]
        self.times[f"other-{number}"] += 1
        return story[min(turn, len(story) - 1)]


class Played(Prober):
    """Web pods, the Secret, the API server and its events."""

    refresh, has_room = 300.0, True

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.version = 1000

    async def ask(self, probe_request: ProbeRequest) -> ProbeResponse[Outcome]:
        _, whose, number, _ = map(int, probe_request.endpoint.host.split("."))
        if whose == 0:
            await asyncio.sleep(0.01)
            self.world.processor.burn(0.001)
            return ProbeResponse(self.world.next_of(number))
        answering = self.world.answering
        now = asyncio.get_running_loop().time()
        if answering.gathered and answering.wait:
            await asyncio.sleep(answering.wait - now % answering.wait)
        else:
            await asyncio.sleep(answering.wait)
        self.world.processor.burn(answering.cost)
        if answering.says is None:
            raise ZeroDivisionError
        return ProbeResponse(answering.says)

    def known_at(self, *_: object) -> None: ...

    async def secret(self, *_: object) -> Reading[Credential]:
        return Reading(api_key(b"a-key-of-enough-characters"))

    async def apply_status(self, entry: ResourceEntry, status: dict[str, Any], whole: bool = True) -> str:
        if entry.ref.name in self.world.writes:
            said = Written(asyncio.get_running_loop().time(), _timeless(status))
            self.world.writes[entry.ref.name].append(said)
        else:
            self.world.processor.burn(0.002)
        self.version += 1
        return str(self.version)

    async def post(self, *_: object) -> None: ...


def _timeless(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: _timeless(value) for name, value in part.items() if not name.lower().endswith("time")}
    return [_timeless(one) for one in part] if isinstance(part, list) else part


def _resource(name: str, namespace: str, kind: str, generation: int = 1) -> dict[str, Any]:
    target = {"workload": {"kind": kind, "name": "web"}, "scheme": "HTTP"}
    spec: dict[str, Any] = {
        "target": target,
        "probe": {"periodSeconds": PERIOD, "timeoutSeconds": 4, "failureThreshold": 2},
    }
    return resource(name, namespace, generation=generation, version=str(generation), **spec)


def _inventory() -> Inventory:
    inventory = Inventory()
    pods = {f"others-{number}": [("StatefulSet", f"10.0.{number}.1")] for number in range(OTHERS)}
    pods["tenant"] = [("StatefulSet", "10.1.0.1")]
    pods["tenant"] += [("Deployment", f"10.1.1.{number + 1}") for number in range(MOST_ASKED + 10)]
    for namespace, kinds in pods.items():
        for kind in dict(kinds):
            metadata = {"namespace": namespace, "name": "web", "uid": f"{namespace}-{kind}"}
            inventory.workloads[kind].put({"metadata": metadata, "spec": {}})
        for number, (kind, address) in enumerate(kinds):
            owner = (
                {"kind": "ReplicaSet", "name": "web-5d8f"} if kind == "Deployment" else {"kind": kind, "name": "web"}
            )
            pod = {
                "namespace": namespace,
                "name": f"web-5d8f-{number}",
                "ownerReferences": [owner | {"apiVersion": "apps/v1", "controller": True}],
            }
            inventory.pods.put({"metadata": pod, "status": {"phase": "Running", "podIP": address}})
    return inventory


DEAR = Answering(0.05, 3.0, True, single(CONNECTED))


@settings(max_examples=settings().max_examples // 2)
@given(MOVES, STORIES)
@example([Move("answer", 1, DEAR, 0.0), Move("make", 60, DEAR, 1.0)], [ANSWERS] * OTHERS)
@example(
    [Move("answer", 1, DEAR, 0.0), *[Move("make", 9, DEAR, 0.3), Move("edit", 9, DEAR, 0.3)] * 6], [ANSWERS] * OTHERS
)
def test_whatever_one_namespace_does_the_others_say_the_same_at_the_same_time(
    failovers: list[Move], stories: list[list[Outcome]]
) -> None:
    undisturbed, disturbed = World(stories).run([]), World(stories).run(failovers)
    for name, before in undisturbed.items():
        after = disturbed[name]
        assert [write.status for write in after] == [write.status for write in before]
        assert all(abs(one.at - other.at) <= LATER for one, other in zip(before, after, strict=True))
