"""What one tenant can do to the others through the fleet guard: nothing, whatever it does and when."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from wahealth.core.control.isolation_detector import LONGEST, MIN_LOST, MOST_PERIODS, IsolationDetector, Path, Vote

PERIOD, SLOWEST = 30.0, 3600.0
OTHERS = [Vote(Path.CLUSTER, f"tenant-{n}", f"Deployment/{n}") for n in range(12)]


class Move(NamedTuple):
    """A round of one resource with one of its targets, or the end of that resource."""

    resource: int
    target: int
    path: Path
    reached: bool | None  # None: deleted, suspended or with a spec that asks nobody
    was: bool  # its status says that it was reachable
    wait: float
    period: float


SOME = st.builds(
    Move,
    st.integers(0, 30),
    st.integers(0, 20),
    st.sampled_from(Path),
    st.sampled_from([True, False, False, None]),
    st.booleans(),
    st.one_of(st.floats(0, 20), st.just(LONGEST)),
    st.sampled_from([5.0, PERIOD, SLOWEST]),
)
ALL_AT_ONCE = st.builds(
    lambda reached, wait: [Move(n, n, Path.CLUSTER, reached, False, wait if not n else 0.0, PERIOD) for n in range(12)],
    st.booleans(),
    st.floats(0, 60),
)
MOVES = st.lists(st.one_of(SOME.map(lambda move: [move]), ALL_AT_ONCE), max_size=40).map(
    lambda found: [move for failovers in found for move in failovers]
)
STORY = st.lists(st.tuples(st.integers(0, 3), SOME), max_size=150)


def play(fleet: IsolationDetector, namespace: str, move: Move, now: float) -> bool:
    """Whether this round counts."""
    uid = f"{namespace}-{move.resource}"
    if move.reached is None:
        fleet.forget(uid)
        return True
    vote = Vote(move.path, namespace, str(move.target))
    if not fleet.knows(uid, vote):
        fleet.meet(uid, vote, move.was)
    fleet.saw(uid, vote, move.reached, now, move.period)
    return move.reached or not fleet.freezes(vote, now, move.period)


def reach(fleet: IsolationDetector, votes: list[Vote], now: float, reached: bool = True) -> None:
    for vote in votes:
        fleet.saw(f"{vote.namespace}-other", vote, reached, now, PERIOD)


@given(MOVES, st.integers(1, 12))
def test_no_tenant_alone_freezes_anybody(failovers: list[Move], others: int) -> None:
    """However few votes the others have, as long as they are reached."""
    fleet, now = IsolationDetector(), 0.0
    reach(fleet, OTHERS[:others], now)
    for move in failovers:
        now += move.wait
        play(fleet, "attacker", move, now)
        assert not fleet.isolated(Path.CLUSTER)
        assert not fleet.freezes(OTHERS[0], now, PERIOD)


@given(MOVES)
def test_who_was_never_reached_is_frozen_by_no_tenant_alone(failovers: list[Move]) -> None:
    fleet, now = IsolationDetector(), 0.0
    for move in failovers:
        now += move.wait
        play(fleet, "attacker", move, now)
        for path in Path:
            never = Vote(path, "another", "Deployment/web")
            fleet.saw("another", never, False, now, PERIOD)
            assert not fleet.freezes(never, now, PERIOD)


@given(STORY)
def test_what_two_tenants_do_and_suffer_changes_no_round_of_one_another(story: list[tuple[int, Move]]) -> None:
    """Beside two others that are reached: every round of both counts, as it does without the other."""
    fleet, now = IsolationDetector(), 0.0
    for path in Path:
        reach(fleet, [Vote(path, f"{path}-{n}", "Deployment/web") for n in range(2)], now)
    for tenant, move in story:
        now += move.wait
        assert play(fleet, f"tenant-{tenant % 2}", move, now)


@given(STORY)
def test_a_network_that_is_lost_freezes_all_of_the_path_whatever_was_before(story: list[tuple[int, Move]]) -> None:
    fleet, now = IsolationDetector(), 0.0
    there: dict[str, tuple[str, Move]] = {}
    for tenant, move in story:
        now += move.wait
        namespace = f"tenant-{tenant}"
        play(fleet, namespace, move, now)
        there[f"{namespace}-{move.resource}"] = (namespace, move._replace(was=False))
    there = {uid: found for uid, found in there.items() if found[1].reached is not None}
    for reached, second in ((True, now), (False, now + 100)):
        reach(fleet, OTHERS, second, reached)
        for namespace, move in there.values():
            play(fleet, namespace, move._replace(reached=reached), second)
    now += 100
    assert len(OTHERS) >= MIN_LOST
    assert all(fleet.freezes(vote, now, PERIOD) for vote in OTHERS)


@given(STORY)
def test_whatever_is_kept_ends(story: list[tuple[int, Move]]) -> None:
    """Since it began, and by the longest period there is, however often its resources are lost meanwhile."""
    fleet, now = IsolationDetector(), 0.0
    since: dict[Path, float] = {}
    for tenant, move in story:
        now += move.wait
        play(fleet, f"tenant-{tenant}", move, now)
        for path in Path:
            since[path] = since.get(path, now) if fleet.isolated(path) else now
            vote = Vote(path, f"tenant-{tenant}", "new")
            assert not fleet.freezes(vote, since[path] + max(LONGEST, MOST_PERIODS * SLOWEST), SLOWEST)
            assert not fleet.freezes(vote, since[path] + LONGEST, PERIOD)
