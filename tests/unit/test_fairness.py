"""A namespace of 200 resources whose answers are as dear as answers may be, beside others, on a clock that costs no
time: who comes when, what is told of it, and that the core is used all the same."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from support.builders import CONNECTED, Story, any_targets, condition_of, facts, resource, single
from support.processor import Processor
from wahealth.core.facts import Facts
from wahealth.core.instant import Instant
from wahealth.core.status import ConditionType
from wahealth.kube.entry import ResourceEntry, entry_of
from wahealth.kube.gatherer import Gatherer
from wahealth.kube.inventory.inventory import Inventory
from wahealth.kube.scheduler import Scheduler
from wahealth.telemetry import metrics

DEAR, SECONDS = 0.025, 150.0  # of a core for one answer, read and judged; of a run


class Run:
    """By namespace: how late each round began, how long it took, and of which resources it is told."""

    def __init__(self, dear: int, others: int, cost: Callable[[float], float] = lambda _: DEAR) -> None:
        self.processor, self.cost = Processor(), cost
        self.late: defaultdict[str, list[float]] = defaultdict(list)
        self.took: defaultdict[str, list[float]] = defaultdict(list)
        self.told: defaultdict[str, set[str]] = defaultdict(set)
        self.pages: list[float] = []  # seconds for a page of ours
        self.behind: list[float] = []
        self._due: dict[str, float] = {}
        self.processor.run(lambda: self._main(dear, others))

    async def _main(self, dear: int, others: int) -> None:
        scheduler = Scheduler(self._round, self.processor.outside())
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(scheduler.run()), group.create_task(self._look(scheduler))]
            for number in range(dear):
                scheduler.upsert(resource(f"dear-{number}", "dear", probe={"periodSeconds": 5}))
            for number in range(others):
                scheduler.upsert(resource(f"other-{number}", f"other-{number}", probe={"periodSeconds": 5}))
            await asyncio.sleep(SECONDS)
            for task in running:
                task.cancel()

    async def _round(self, entry: ResourceEntry) -> None:
        namespace, now = entry.ref.namespace, asyncio.get_running_loop().time()
        if entry.postponed.reported:
            self.told[namespace].add(entry.uid)
        self.late[namespace].append(now)
        for _ in range(4):  # connected, shaken hands, asked, answered
            await asyncio.sleep(0.005)
            self.processor.burn(0.0002)
        self.processor.burn(self.cost(now - 1000) if namespace == "dear" else 0.001)
        self.took[namespace].append(asyncio.get_running_loop().time() - now)

    async def _look(self, scheduler: Scheduler) -> None:
        """As kubelet does: an answer takes some turns of the loop."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            for _ in range(5):
                await asyncio.sleep(0)
            self.pages.append(loop.time() - began)
            self.behind.append(scheduler.overdue())
            await asyncio.sleep(1.0)

    def gaps_of_others(self) -> list[float]:
        """Seconds between two rounds of one resource, all in all."""
        each = [times for namespace, times in self.late.items() if namespace != "dear"]
        return [later - earlier for times in each for earlier, later in pairwise(times)]


@pytest.fixture(scope="module")
def beside() -> Run:
    return Run(dear=200, others=20)


def test_the_others_are_asked_in_their_rhythm(beside: Run) -> None:
    """The first gap is shorter: from the beginning to their first beat."""
    assert max(beside.gaps_of_others()) < 5 + 0.5
    assert all(len(times) >= SECONDS / 5 - 1 for namespace, times in beside.late.items() if namespace != "dear")


def test_their_answers_are_looked_at_within_a_second(beside: Run) -> None:
    assert max(max(took) for namespace, took in beside.took.items() if namespace != "dear") < 1.0


def test_our_own_pages_answer_within_half_a_second(beside: Run) -> None:
    assert max(beside.pages) < 0.5
    assert max(beside.behind) < 0.2  # of a period: else /livez would have it that we are behind


def test_the_dear_ones_have_what_is_left_of_the_core(beside: Run) -> None:
    assert len(beside.took["dear"]) * DEAR > 0.9 * SECONDS
    assert beside.processor.burnt > 0.9 * SECONDS


def test_it_is_told_of_them_and_of_nobody_else(beside: Run) -> None:
    assert len(beside.told.pop("dear")) > 150
    assert not beside.told


def test_alone_it_uses_the_whole_core_and_nothing_is_told() -> None:
    before = metrics.postponed._value.get()
    run = Run(dear=200, others=0)
    assert run.processor.burnt > 0.9 * SECONDS
    assert not run.told
    assert metrics.postponed._value.get() == before
    assert max(run.pages) < 0.5


def test_within_its_share_nobody_is_postponed() -> None:
    before = metrics.postponed._value.get()
    run = Run(dear=15, others=20)
    assert not run.told
    assert metrics.postponed._value.get() == before


def test_answers_that_are_dear_no_more_give_back_the_rhythm() -> None:
    run = Run(dear=200, others=1, cost=lambda second: DEAR if second < 60 else 0.001)
    times = sorted(run.late["dear"])
    assert sum(at > 1000 + SECONDS - 10 for at in times) == pytest.approx(400, abs=20)


def reduced(entry: ResourceEntry) -> Facts:
    gatherer = Gatherer(Inventory(), any_targets(Inventory()), references=None, prober=None)  # type: ignore[arg-type]
    return asyncio.run(gatherer.facts(entry, Instant(0.0, datetime(2026, 1, 1, tzinfo=UTC))))


def test_the_status_tells_it_once_and_a_process_that_comes_after_says_the_same() -> None:
    entry = entry_of(resource(suspend=True))
    assert not reduced(entry).postponed
    for second in (0.0, 30.0, 60.0):
        entry.postponed = entry.postponed.after(True, second)
    assert reduced(entry).postponed
    story = Story().rounds(3, facts(single(CONNECTED)))
    told = Facts(facts().desired, 1, facts(single(CONNECTED)).outcomes, postponed=True)
    story.rounds(3, told)
    assert condition_of(story.written, ConditionType.PROBING_REDUCED) == ("True", "NamespaceBudget")
    assert condition_of(story.written, ConditionType.READY) == ("True", "Available")
    assert story.posted.count("ProbingReduced") == 1
    assert len(story.writes) == 2
    again = story.restarted()
    again.rounds(3, told)
    assert (again.writes, again.posted) == ([], [])


def test_a_process_reads_from_the_status_that_it_was_told() -> None:
    condition = {"type": "ProbingReduced", "status": "True", "reason": "NamespaceBudget", "message": "Late."}
    document = resource()
    document["status"]["conditions"] = [condition | {"lastTransitionTime": "2026-01-01T00:00:00Z"}]
    entry = entry_of(document)
    assert entry.postponed.reported
    entry.postponed = entry.postponed.after(False, 0.0).after(False, 400.0)
    assert not entry.postponed.reported
    entry.forget_rounds()
    assert entry.postponed.reported
