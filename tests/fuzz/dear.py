"""A hunter for dear answers: what does the dearest body within the cap cost, beside an honest one of 64 KiB?

    python tests/fuzz/dear.py SECONDS [SEED]

Operators that know the format make an answer larger and odder, and the dearest are kept and changed on. Two things are
counted, the same on a busy machine as on a quiet one, from the bytes of two rounds to the documents of their statuses:

- instructions of Python's bytecode. Work in C counts as one: reading JSON, sorting, patterns. Lengths bound it: a body
  has at most 1 MiB and 20,000 values; sorted are at most 1,000 keys, which together are no longer than the body, and
  2,000 names of 253 characters; each pattern looks at a character once;
- the peak of memory, of which what C makes is a part: work that makes much is seen there.

Milliseconds are told, too, and bound nothing.
"""

from __future__ import annotations

import json
import random
import sys
import time
import tracemalloc
from bisect import bisect_right
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import NamedTuple

from support.work import instructions
from wahealth.api.convert import status_document
from wahealth.core.answer import PodOutcome
from wahealth.core.facts import Desired, Facts
from wahealth.core.instant import Instant
from wahealth.core.reconcile import reconcile
from wahealth.core.restore import restore_state
from wahealth.core.status import Status
from wahealth.probe.login import login_outcome_of
from wahealth.probe.payload import outcome_of
from wahealth.probe.strict_json import MOST_BYTES

MOST_TIMES = 4.0  # as many instructions as an honest answer takes
MOST_PEAK = 24 * 2**20  # bytes
_HONEST = 64 * 1024  # bytes
_START = datetime(2026, 1, 1, tzinfo=UTC)
_KEPT = 6  # of the dearest


class Cost(NamedTuple):
    """Of two rounds."""

    instructions: int
    peak: int  # bytes
    milliseconds: float


def cost_of(first: bytes, second: bytes) -> Cost:
    began = time.thread_time()
    _rounds(first, second)
    milliseconds = 1000 * (time.thread_time() - began)
    tracemalloc.start()
    _rounds(first, second)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return Cost(instructions(lambda: _rounds(first, second)), peak, milliseconds)


def _rounds(*bodies: bytes) -> None:
    """Asked and judged, written, and taken for a login and for an error as well."""
    facts, written, state = Facts(Desired(), 1), Status(), None
    for number, body in enumerate(bodies):
        now = Instant(number * 30.0, _START + timedelta(seconds=30 * number))
        outcome = PodOutcome("web-0", "10.0.0.1", outcome_of(200, body))
        state = state or restore_state(written, 1, facts.desired.thresholds, now)
        todo = reconcile(state, Facts(facts.desired, facts.generation, (outcome,)), written, now)
        state, written = todo.state, todo.status or written
        status_document(written)
    login_outcome_of(200, bodies[0], 0)
    outcome_of(503, bodies[0])


# --- an answer in the making -----------------------------------------------------------------------------------------


@dataclass
class Draft:
    """Values are written JSON, keys are not. `moved`: in each round all nodes are new; `escaped`: ASCII alone."""

    nodes: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)  # members of the document beside `health`
    made_by: tuple[str, ...] = ()
    moved: bool = False
    escaped: bool = True

    def body(self, merged: int) -> bytes:
        """With as much as there is room for: what is beside the nodes first."""
        room = MOST_BYTES - len(b'{"health":{}}')
        beside, room = _fitting([f",{member}".encode() for member in self.beside], room)
        members, _ = _fitting([self._member(*node, merged) for node in self.nodes], room + 1)
        return b'{"health":{' + b"".join(members)[1:] + b"}" + b"".join(beside) + b"}"

    def _member(self, key: str, entry: dict[str, str], merged: int) -> bytes:
        name = json.dumps(f"{merged}{key}" if self.moved else key, ensure_ascii=self.escaped)
        inner = ",".join(f'"{word}":{value}' for word, value in entry.items())
        return f",{name}:{{{inner}}}".encode()

    def cost(self) -> Cost:
        return cost_of(self.body(1), self.body(2))


def _fitting(members: list[bytes], room: int) -> tuple[list[bytes], int]:
    """The first ones, as many as have room, and what is left of it."""
    lengths = list(accumulate(map(len, members)))
    count = bisect_right(lengths, room)
    return members[:count], room - (lengths[count - 1] if count else 0)


Operator = Callable[[Draft, random.Random], None]


def _some(luck: random.Random, most: int) -> int:
    """As likely a few as a few thousand; often the most that makes sense."""
    return most if luck.random() < 0.3 else int(most ** luck.random())


def _keys(candidate: Draft, names: list[str]) -> None:
    candidate.nodes = [(name, entry) for name, (_, entry) in zip(names, candidate.nodes, strict=True)]


def many_nodes(candidate: Draft, luck: random.Random) -> None:
    count = luck.choice([1_000, 1_000, 1_000, 1_001, _some(luck, 40_000)])
    entry = candidate.nodes[-1][1]
    candidate.nodes = [(f"10.0.{n // 250}.{n % 250}:core-{n}", dict(entry)) for n in range(count)]


def long_names(candidate: Draft, luck: random.Random) -> None:
    length = luck.choice([253, 254, 900, _some(luck, 100_000)])
    _keys(candidate, [key.ljust(length, "n") for key, _ in candidate.nodes])


def the_same_once_cleaned(candidate: Draft, luck: random.Random) -> None:
    start = luck.choice([0x100, 0x4E00, 0x10000])
    _keys(candidate, [chr(start + n) for n in range(len(candidate.nodes))])


def the_same_once_cut(candidate: Draft, luck: random.Random) -> None:
    _keys(candidate, [f"{'x' * 253}{n}" for n in range(len(candidate.nodes))])


def numbers_that_are_taken(candidate: Draft, luck: random.Random) -> None:
    half = len(candidate.nodes) // 2
    names = [f"?~{n}" for n in range(half, 2 * half)] + [chr(0x100 + n) for n in range(len(candidate.nodes) - half)]
    _keys(candidate, names)


def one_container(candidate: Draft, luck: random.Random) -> None:
    _keys(candidate, [f"{key}:x" for key, _ in candidate.nodes])


def the_same_key(candidate: Draft, luck: random.Random) -> None:
    candidate.nodes += [candidate.nodes[-1]] * _some(luck, 20_000)


def all_new_each_round(candidate: Draft, luck: random.Random) -> None:
    candidate.moved = not candidate.moved


def characters_as_they_are(candidate: Draft, luck: random.Random) -> None:
    candidate.escaped = not candidate.escaped


def words(candidate: Draft, luck: random.Random) -> None:
    status = luck.choice(["connected", "connecting", "disconnected", "uninitialized", "unregistered", "odd", "é" * 900])
    role = luck.choice(["coreapp", "primary_master", "secondary_master", "odd", ""])
    for _, entry in candidate.nodes if luck.random() < 0.7 else candidate.nodes[1::2]:
        entry["gateway_status"], entry["role"] = json.dumps(status), json.dumps(role)


def odd_values(candidate: Draft, luck: random.Random) -> None:
    value = luck.choice(["null", "[]", "{}", "1e999", "-0", "true", '"\\ud83d\\ude00"', '"\\ud83d"', "NaN"])
    for _, entry in candidate.nodes:
        entry[luck.choice(["gateway_status", "role", "errors"])] = value


def many_keys(candidate: Draft, luck: random.Random) -> None:
    count = max(1, _some(luck, 19_000) // len(candidate.nodes))
    for _, entry in candidate.nodes:
        entry.update({f"k{n}": "1" for n in range(count)})


def errors(candidate: Draft, luck: random.Random) -> None:
    for _, entry in candidate.nodes:
        entry["errors"] = '[{"code":1014,"title":"Internal error","details":"Database"}]'


def no_nodes(candidate: Draft, luck: random.Random) -> None:
    candidate.beside.append(f'"health":{{"gateway_status":"{"é" * _some(luck, 100_000)}"}}')


def deep(candidate: Draft, luck: random.Random) -> None:
    depth = _some(luck, 20_000)
    candidate.beside.append(
        luck.choice([f'"x":{"[" * depth}{"]" * depth}', f'"x":{"[" * depth}', f'"x":{"[{" * depth}'])
    )


def huge_numbers(candidate: Draft, luck: random.Random) -> None:
    digits, point = _some(luck, 5_000), luck.choice(["", "1.", "-0."])
    candidate.beside.append(f'"n":[{",".join([point + "7" * digits] * min(18_000, 900_000 // (digits + 4)))}]')


def escapes(candidate: Draft, luck: random.Random) -> None:
    escape = luck.choice(["\\n", "\\u00e9", "\\ud83d\\ude00", "\\\\", "é", "\N{GRINNING FACE}"])
    candidate.beside.append(f'"s":"{escape * (_some(luck, 900_000) // len(escape.encode()))}"')


def version(candidate: Draft, luck: random.Random) -> None:
    candidate.beside.append(f'"meta":{{"version":"{"é" * _some(luck, 100_000)}"}}')


def tokens(candidate: Draft, luck: random.Random) -> None:
    claims = "e30." + "A" * 4 * _some(luck, 2_000) + "."
    candidate.beside.append(f'"users":[{{"token":"{claims}","expires_after":"{"9" * _some(luck, 1_000)}"}}]')


OPERATORS: tuple[Operator, ...] = (
    *(many_nodes, long_names, the_same_once_cleaned, the_same_once_cut, numbers_that_are_taken, one_container),
    *(the_same_key, all_new_each_round, characters_as_they_are, words, words, odd_values, many_keys, errors, no_nodes),
    *(deep, huge_numbers, escapes, version, tokens),
)


def honest() -> Draft:
    """As High Availability answers, of as many nodes as make 64 KiB."""
    entry = {"gateway_status": '"disconnected"', "role": '"coreapp"'}
    active = {"gateway_status": '"connected"', "role": '"coreapp"'}
    primary = {"gateway_status": '"disconnected"', "role": '"primary_master"'}
    candidate = Draft([("10.0.0.1:core-0", active), ("10.0.0.2:master-0", primary)])
    while len(candidate.body(0)) < _HONEST:
        first = len(candidate.nodes)
        candidate.nodes += [(f"10.0.{n // 250}.{n % 250}:core-{n}", dict(entry)) for n in range(first, first + 10)]
    return candidate


# --- the hunt --------------------------------------------------------------------------------------------------------


class Found(NamedTuple):
    """A shape, and how many times an honest answer it costs."""

    times: float
    cost: Cost
    draft: Draft

    def told(self) -> str:
        body = self.draft.body(1)
        instructions_, peak, milliseconds = self.cost
        made = " · ".join(self.draft.made_by) or "honest"
        return (
            f"{self.times:.2f} times an honest answer ({instructions_:,} instructions, peak {peak / 2**20:.1f} MiB, "
            f"{milliseconds:.0f} ms; {len(body):,} bytes): {made}"
        )


class Hunt:
    """`dearest` in instructions, and the `largest` in memory, so far."""

    def __init__(self, seed: int) -> None:
        self._luck = random.Random(seed)
        start = honest()
        self._measure = start.cost().instructions
        self.dearest = self.largest = Found(1.0, start.cost(), start)
        self._kept = [self.dearest]
        self.tried = 0

    def step(self) -> None:
        candidate = deepcopy(self._luck.choice(self._kept).draft)
        for _ in range(self._luck.randint(1, 3)):
            operator = self._luck.choice(OPERATORS)
            operator(candidate, self._luck)
            candidate.made_by = (*candidate.made_by, operator.__name__)[-12:]
        cost = candidate.cost()
        found = Found(cost.instructions / self._measure, cost, candidate)
        self.tried += 1
        self.largest = max(self.largest, found, key=lambda one: one.cost.peak)
        self._kept = sorted([*self._kept, found], key=lambda one: one.times, reverse=True)[:_KEPT]
        self.dearest = self._kept[0]

    @property
    def is_over(self) -> bool:
        """Something is dearer than anything may be."""
        return self.dearest.times > MOST_TIMES or self.largest.cost.peak > MOST_PEAK

    def told(self) -> str:
        return f"{self.tried} shapes; dearest: {self.dearest.told()}\nlargest: {self.largest.told()}"


def main(seconds: float, seed: int) -> int:
    print(f"hunting the dearest answer, seed {seed}", flush=True)
    hunt, until = Hunt(seed), time.monotonic() + seconds
    while time.monotonic() < until and not hunt.is_over:
        hunt.step()
    print(hunt.told())
    if hunt.is_over:
        print(f"that is more than {MOST_TIMES:g} times an honest answer, or than {MOST_PEAK // 2**20} MiB")
    return int(hunt.is_over)


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    sys.exit(main(given[0] if given else 60, given[1] if len(given) > 1 else random.randrange(2**32)))
