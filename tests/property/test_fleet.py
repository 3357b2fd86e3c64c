"""What one tenant can do to the others through the fleet guard: nothing, whatever it does and when."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from wahealth.core.fleet import FEWEST, LONGEST, Fleet, Path, Vote

PERIOD = 30.0
OTHERS = [Vote(Path.CLUSTER, f"tenant-{n}", f"Deployment/{n}") for n in range(12)]


class Move(NamedTuple):
    """Of the attacker: a round of one of its resources with one of its targets, or the end of that resource."""

    resource: int
    target: int
    reached: bool | None  # None: deleted, suspended or with a spec that asks nobody
    wait: float
    period: float


MOVES = st.lists(
    st.builds(
        Move,
        st.integers(0, 30),
        st.integers(0, 20),
        st.sampled_from([True, False, False, None]),
        st.floats(0, 20),
        st.sampled_from([5.0, PERIOD, 3600.0]),
    ),
    max_size=150,
)


@given(MOVES, st.integers(1, 12))
def test_no_tenant_alone_freezes_anybody(moves: list[Move], others: int) -> None:
    """However few votes the others have, as long as they are reached."""
    fleet, now = Fleet(), 0.0
    for place, vote in enumerate(OTHERS[:others]):
        fleet.saw(f"other-{place}", vote, True, now, PERIOD)
    for move in moves:
        now += move.wait
        uid = f"mine-{move.resource}"
        if move.reached is None:
            fleet.forget(uid)
        else:
            fleet.saw(uid, Vote(Path.CLUSTER, "attacker", str(move.target)), move.reached, now, move.period)
        assert not fleet.isolated(Path.CLUSTER)
        assert not fleet.freezes(Path.CLUSTER, now, PERIOD)


@given(MOVES)
def test_a_network_that_is_lost_freezes_all_of_the_path_and_has_an_end(moves: list[Move]) -> None:
    """Whatever a tenant has done before, if its targets are reached or lost like all others."""
    fleet, now = Fleet(), 0.0
    for place, vote in enumerate(OTHERS):
        fleet.saw(f"other-{place}", vote, True, now, PERIOD)
    mine = {move.resource: Vote(Path.CLUSTER, "attacker", str(move.target)) for move in moves}
    for resource, vote in mine.items():
        fleet.saw(f"mine-{resource}", vote, True, now, PERIOD)
    lost = [(f"mine-{resource}", vote) for resource, vote in mine.items()]
    lost += [(f"other-{place}", vote) for place, vote in enumerate(OTHERS)]
    for uid, vote in lost:
        fleet.saw(uid, vote, False, 100.0, PERIOD)
    assert len(OTHERS) >= FEWEST
    assert fleet.freezes(Path.CLUSTER, 100.0, PERIOD)
    assert not fleet.isolated(Path.OUTSIDE)
    assert not fleet.freezes(Path.CLUSTER, 101.0 + LONGEST, PERIOD)
