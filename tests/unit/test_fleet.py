"""The fault is ours when most of the fleet is lost at once."""

from __future__ import annotations

from wahealth.core.fleet import LONGEST, Fleet, Path, Vote

PERIOD = 30.0


def fleet(size: int, start: float = 0.0) -> Fleet:
    made = Fleet()
    seen(made, range(size), True, start)
    return made


def vote(number: int, path: Path = Path.CLUSTER) -> Vote:
    return Vote(path, f"tenant-{number % 5}", f"Deployment/web-{number}")


def seen(made: Fleet, which: range, reached: bool, start: float, period: float = PERIOD) -> None:
    """Each asked once, spread over a period."""
    for place, number in enumerate(which):
        made.saw(f"uid-{number}", vote(number), reached, start + place * period / max(1, len(which)), period)


def test_all_lost_within_a_period() -> None:
    made = fleet(30)
    seen(made, range(30), False, 100)
    assert made.isolated(Path.CLUSTER)


def test_four_fifths_are_enough_and_less_is_not() -> None:
    for lost, isolated in ((24, True), (23, False)):
        made = fleet(30)
        seen(made, range(lost), False, 100)
        assert made.isolated(Path.CLUSTER) is isolated


def test_fewer_than_ten_are_their_own_fault() -> None:
    for size, isolated in ((9, False), (10, True)):
        made = fleet(size)
        seen(made, range(size), False, 100)
        assert made.isolated(Path.CLUSTER) is isolated


def test_lost_one_after_the_other_is_no_incident() -> None:
    made = fleet(30)
    for number in range(30):
        made.saw(f"uid-{number}", vote(number), False, 100 + number * PERIOD / 5, PERIOD)
    assert not made.isolated(Path.CLUSTER)


def test_those_that_never_answered_do_not_count() -> None:
    made = Fleet()
    seen(made, range(30), False, 0)
    seen(made, range(30), False, 30)
    assert not made.isolated(Path.CLUSTER)


def test_it_is_over_as_soon_as_half_of_them_answer() -> None:
    made = fleet(30)
    seen(made, range(30), False, 100)
    lost = 24  # so many were lost when it began
    seen(made, range(lost // 2 - 1), True, 200)
    assert made.isolated(Path.CLUSTER)
    made.saw(f"uid-{lost // 2 - 1}", vote(lost // 2 - 1), True, 230, PERIOD)
    assert not made.isolated(Path.CLUSTER)


def test_a_second_incident_is_noticed_too() -> None:
    made = fleet(30)
    for start in (100, 1000):
        seen(made, range(30), False, start)
        assert made.isolated(Path.CLUSTER)
        seen(made, range(30), True, start + 300)
        assert not made.isolated(Path.CLUSTER)


def test_those_that_are_gone_are_not_waited_for() -> None:
    made = fleet(30)
    seen(made, range(30), False, 100)
    for number in range(30):
        made.forget(f"uid-{number}")
    assert not made.isolated(Path.CLUSTER)
    assert not made.knows("uid-0", vote(0))


def test_a_lost_one_that_answers_again_was_a_blip() -> None:
    made = fleet(12)
    seen(made, range(9), False, 100)
    seen(made, range(9), True, 110)
    seen(made, range(9, 12), False, 115)
    assert not made.isolated(Path.CLUSTER)


def test_another_fleet_is_up() -> None:
    made = fleet(40)
    seen(made, range(30), False, 100)
    assert not made.isolated(Path.CLUSTER)


def test_votes_of_one_target_are_one() -> None:
    """Twenty resources of a tenant on one pod of the tenant's own are no fleet."""
    made = fleet(3)
    mine = Vote(Path.CLUSTER, "attacker", "Deployment/own")
    for reached, second in ((True, 0.0), (False, 100.0)):
        for number in range(20):
            made.saw(f"mine-{number}", mine, reached, second, PERIOD)
    assert not made.isolated(Path.CLUSTER)


def test_one_tenant_with_many_targets_freezes_nobody_else() -> None:
    made = fleet(3)
    for reached, second in ((True, 0.0), (False, 100.0)):
        for number in range(1_000):
            mine = Vote(Path.CLUSTER, "attacker", f"Deployment/own-{number}")
            made.saw(f"mine-{number}", mine, reached, second, PERIOD)
    assert not made.isolated(Path.CLUSTER)


def test_who_is_alone_on_a_path_is_most_of_its_namespaces() -> None:
    made = Fleet()
    for reached, second in ((True, 0.0), (False, 100.0)):
        for number in range(10):
            made.saw(f"uid-{number}", Vote(Path.CLUSTER, "only", f"Deployment/{number}"), reached, second, PERIOD)
    assert made.isolated(Path.CLUSTER)


def test_a_path_is_frozen_by_itself() -> None:
    made = fleet(30)
    for reached, second in ((True, 0.0), (False, 100.0)):
        for number in range(12):
            made.saw(f"out-{number}", vote(number, Path.OUTSIDE), reached, second, PERIOD)
    assert made.isolated(Path.OUTSIDE)
    assert not made.isolated(Path.CLUSTER)


def test_what_is_frozen_has_an_end() -> None:
    made = fleet(30)
    seen(made, range(30), False, 100)
    assert made.freezes(Path.CLUSTER, 130, PERIOD)
    assert not made.freezes(Path.CLUSTER, 140 + LONGEST, PERIOD)
    assert made.freezes(Path.CLUSTER, 140 + LONGEST, period=300)
    seen(made, range(30), False, 150 + LONGEST)
    assert not made.isolated(Path.CLUSTER)
    seen(made, range(30), False, 200 + LONGEST)  # the same loss freezes nothing again
    assert not made.isolated(Path.CLUSTER)


def test_another_target_is_another_vote() -> None:
    made = fleet(30)
    for number in range(30):
        made.saw(f"uid-{number}", vote(number + 100), False, 100, PERIOD)
    assert not made.isolated(Path.CLUSTER)  # nobody has seen these reachable
