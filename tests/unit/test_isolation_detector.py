"""The fault is ours when most of the fleet is lost at once."""

from __future__ import annotations

from wahealth.core.control.isolation_detector import LONGEST, IsolationDetector, Path, Vote

PERIOD = 30.0


def fleet(size: int, start: float = 0.0) -> IsolationDetector:
    made = IsolationDetector()
    seen(made, range(size), True, start)
    return made


def vote(number: int, path: Path = Path.CLUSTER) -> Vote:
    return Vote(path, f"tenant-{number % 5}", f"Deployment/web-{number}")


def seen(made: IsolationDetector, which: range, reached: bool, start: float, period: float = PERIOD) -> None:
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
    made = IsolationDetector()
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
    made = IsolationDetector()
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


def frozen(made: IsolationDetector, now: float, period: float = PERIOD) -> bool:
    return made.freezes(vote(0), now, period)


def test_what_is_frozen_has_an_end() -> None:
    made = fleet(30)
    seen(made, range(30), False, 100)
    assert frozen(made, 130)
    assert not frozen(made, 140 + LONGEST)
    assert frozen(made, 140 + LONGEST, period=300)
    seen(made, range(30), False, 150 + LONGEST)
    assert not made.isolated(Path.CLUSTER)


def outlasted() -> tuple[IsolationDetector, float]:
    """Thirty that are lost, and not frozen any more; the second at which it is so."""
    made, now = fleet(30), 200 + LONGEST
    seen(made, range(30), False, 100)
    seen(made, range(30), False, now)
    assert not made.isolated(Path.CLUSTER)
    return made, now + PERIOD


def test_the_same_loss_freezes_nothing_again_until_half_of_it_has_answered_once() -> None:
    for answering, again in ((14, False), (15, True)):
        made, now = outlasted()
        seen(made, range(answering), True, now)
        seen(made, range(answering), False, now + PERIOD)
        assert made.isolated(Path.CLUSTER) is again


def test_those_deleted_of_a_loss_are_not_waited_for() -> None:
    made, now = outlasted()
    for number in range(15, 30):
        made.forget(f"uid-{number}")
    seen(made, range(15), True, now)
    seen(made, range(15), False, now + PERIOD)
    assert made.isolated(Path.CLUSTER)


def test_who_has_answered_for_ten_minutes_is_of_the_same_loss_no_more() -> None:
    made, now = outlasted()
    seen(made, range(14), True, now)
    seen(made, range(14), False, now + PERIOD + LONGEST)
    assert made.isolated(Path.CLUSTER)


def test_it_is_over_when_most_namespaces_are_reached() -> None:
    """However many votes the one has that goes on to be lost."""
    made = IsolationDetector()
    votes = {f"a-{n}": Vote(Path.CLUSTER, "a", f"Deployment/{n}") for n in range(30)}
    votes |= {name: Vote(Path.CLUSTER, name, "Deployment/web") for name in ("b", "c")}
    for reached, second in ((True, 0.0), (False, 100.0)):
        for uid, mine in votes.items():
            made.saw(uid, mine, reached, second, PERIOD)
    assert made.freezes(votes["b"], 100, PERIOD)
    made.saw("b", votes["b"], True, 110, PERIOD)
    assert made.freezes(votes["c"], 110, PERIOD)
    made.saw("c", votes["c"], True, 110, PERIOD)
    assert not made.isolated(Path.CLUSTER)


def test_who_is_alone_on_a_path_freezes_nobody_else() -> None:
    """Such as a client of another namespace that was never reached so far."""
    made = IsolationDetector()
    for reached, second in ((True, 0.0), (False, 100.0)):
        for number in range(10):
            made.saw(f"uid-{number}", Vote(Path.CLUSTER, "only", f"Deployment/{number}"), reached, second, PERIOD)
    assert made.freezes(Vote(Path.CLUSTER, "only", "Deployment/new"), 110, PERIOD)
    assert not made.freezes(Vote(Path.CLUSTER, "another", "Deployment/web"), 110, PERIOD)


def test_the_longest_period_is_of_those_that_are_lost_now() -> None:
    """One that is asked each hour, lost for a moment, does not make an hour of everybody's period."""
    made = fleet(30)
    slow = Vote(Path.CLUSTER, "slow", "Deployment/web")
    made.saw("slow", slow, True, 0, 3600)
    made.saw("slow", slow, False, 90, 3600)
    made.saw("uid-0", vote(0), False, 95, PERIOD)  # so that there is always somebody lost
    made.saw("slow", slow, True, 100, 3600)
    for number in range(30):
        made.saw(f"uid-{number}", vote(number), False, 100 + number * PERIOD / 5, PERIOD)
    assert not made.isolated(Path.CLUSTER)


def test_after_a_restart_of_ours_what_was_reachable_is_lost_in_its_first_round() -> None:
    made = IsolationDetector()
    for number in range(30):
        made.meet(f"uid-{number}", vote(number), was_reachable=True)
        made.saw(f"uid-{number}", vote(number), False, number, PERIOD)
    assert made.isolated(Path.CLUSTER)


def test_what_was_reachable_before_is_lost_once() -> None:
    made = IsolationDetector()
    for number in range(9):
        made.meet(f"uid-{number}", vote(number), was_reachable=True)
    seen(made, range(9), False, 0)
    seen(made, range(9), False, 100)
    made.meet("uid-9", vote(9), was_reachable=True)
    made.saw("uid-9", vote(9), False, 100, PERIOD)
    assert not made.isolated(Path.CLUSTER)


def test_another_target_is_another_vote() -> None:
    made = fleet(30)
    for number in range(30):
        made.saw(f"uid-{number}", vote(number + 100), False, 100, PERIOD)
    assert not made.isolated(Path.CLUSTER)  # nobody has seen these reachable
