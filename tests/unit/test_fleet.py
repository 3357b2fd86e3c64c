"""The fault is ours when most of the fleet is lost at once."""

from __future__ import annotations

from wahealth.core.fleet import Fleet

PERIOD = 30.0


def fleet(size: int, start: float = 0.0) -> Fleet:
    made = Fleet()
    seen(made, range(size), True, start)
    return made


def seen(made: Fleet, which: range, reached: bool, start: float, period: float = PERIOD) -> None:
    """Each asked once, spread over a period."""
    for place, number in enumerate(which):
        made.saw(f"uid-{number}", reached, start + place * period / max(1, len(which)), period)


def test_all_lost_within_a_period() -> None:
    made = fleet(30)
    seen(made, range(30), False, 100)
    assert made.isolated


def test_four_fifths_are_enough_and_less_is_not() -> None:
    for lost, isolated in ((24, True), (23, False)):
        made = fleet(30)
        seen(made, range(lost), False, 100)
        assert made.isolated is isolated


def test_fewer_than_ten_are_their_own_fault() -> None:
    for size, isolated in ((9, False), (10, True)):
        made = fleet(size)
        seen(made, range(size), False, 100)
        assert made.isolated is isolated


def test_lost_one_after_the_other_is_no_incident() -> None:
    made = fleet(30)
    for number in range(30):
        made.saw(f"uid-{number}", False, 100 + number * PERIOD / 5, PERIOD)
    assert not made.isolated


def test_those_that_never_answered_do_not_count() -> None:
    made = Fleet()
    seen(made, range(30), False, 0)
    seen(made, range(30), False, 30)
    assert not made.isolated


def test_it_is_over_as_soon_as_half_of_them_answer() -> None:
    made = fleet(30)
    seen(made, range(30), False, 100)
    lost = 24  # so many were lost when it began
    seen(made, range(lost // 2 - 1), True, 200)
    assert made.isolated
    made.saw(f"uid-{lost // 2 - 1}", True, 230, PERIOD)
    assert not made.isolated


def test_a_second_incident_is_noticed_too() -> None:
    made = fleet(30)
    for start in (100, 1000):
        seen(made, range(30), False, start)
        assert made.isolated
        seen(made, range(30), True, start + 300)
        assert not made.isolated


def test_those_that_are_gone_are_not_waited_for() -> None:
    made = fleet(30)
    seen(made, range(30), False, 100)
    for number in range(30):
        made.forget(f"uid-{number}")
    assert not made.isolated
    assert not made.knows("uid-0")


def test_a_lost_one_that_answers_again_was_a_blip() -> None:
    made = fleet(12)
    seen(made, range(9), False, 100)
    seen(made, range(9), True, 110)
    seen(made, range(9, 12), False, 115)
    assert not made.isolated


def test_another_fleet_is_up() -> None:
    made = fleet(40)
    seen(made, range(30), False, 100)
    assert not made.isolated
