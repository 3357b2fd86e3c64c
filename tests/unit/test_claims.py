"""Whose a pod is, and how the others are told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.builders import CONNECTED, Story, answer, condition_of, core, facts, primary, secondary
from support.work import instructions
from wahealth.core.control.claims import Age, Claimant, Claims, claimed_by_another, selector_missing, selector_of
from wahealth.core.control.pod_labels import CLIENT, GATEWAY, ROLE, CurrentPod, Hold
from wahealth.core.status import ConditionStatus, ConditionType, Finding

APP = frozenset({("app", "core")})
HA = facts(answer(primary("m0"), secondary("m1"), core("c0", CONNECTED), core("c1")))
TAKEN = claimed_by_another([("c0", "shop")])
PODS_CLAIMED = ConditionType.PODS_CLAIMED


def pod(name: str, *addresses: str, labels: frozenset[tuple[str, str]] = APP) -> CurrentPod:
    return CurrentPod(name, f"uid-{name}", labels, None, addresses or ("10.0.0.1",))


def claimant(
    uid: str,
    created: str = "2026-01-01T00:00:00Z",
    address: str = "10.0.0.1",
    pods: int = 1,
    suspended: bool = False,
) -> Claimant:
    return Claimant(Age(suspended, created, uid), uid, APP, {f"c{n}": address for n in range(pods)})


def known(*claimants: Claimant) -> Claims:
    claims = Claims()
    for one in claimants:
        claims.put(one)
    return claims


def holder(claims: Claims, of: CurrentPod) -> str | None:
    found = claims.holder(of)
    return found.name if found else None


class TestHolder:
    def test_all_three_must_hold(self) -> None:
        claims = known(claimant("a"))
        assert holder(claims, pod("c0")) == "a"
        assert holder(claims, pod("c0", "10.0.0.2", "10.0.0.1")) == "a"
        assert holder(claims, pod("c1")) is None
        assert holder(claims, pod("c0", "10.0.0.2")) is None
        assert holder(claims, pod("c0", labels=frozenset({("app", "bank")}))) is None

    def test_the_oldest_holds_it_and_of_the_same_second_the_smaller_uid(self) -> None:
        younger, older = claimant("a", "2026-02-01T00:00:00Z"), claimant("z", "2026-01-31T23:59:59Z")
        for order in ((younger, older), (older, younger)):
            assert holder(known(*order), pod("c0")) == "z"
        assert holder(known(claimant("b"), claimant("a")), pod("c0")) == "a"

    def test_one_that_goes_or_lets_go_is_followed_by_the_next(self) -> None:
        claims = known(claimant("a"), claimant("b"), claimant("c"))
        assert holder(claims, pod("c0")) == "a"
        claims.put(claimant("a", address="10.0.0.2"))
        assert holder(claims, pod("c0")) == "b"
        claims.drop("b")
        assert holder(claims, pod("c0")) == "c"
        claims.put(claimant("a"))
        assert holder(claims, pod("c0")) == "a"
        for uid in ("a", "c"):
            claims.drop(uid)
        assert holder(claims, pod("c0")) is None
        assert not claims

    def test_one_that_is_suspended_lets_go_to_another_and_takes_back(self) -> None:
        claims = known(claimant("a"), claimant("b"))
        claims.put(claimant("a", suspended=True))
        assert holder(claims, pod("c0")) == "b"
        assert claims.hold(pod("c0"), "a") is Hold.ANOTHERS
        claims.put(claimant("a"))
        assert holder(claims, pod("c0")) == "a"
        claims.put(claimant("a", suspended=True))
        claims.drop("b")
        assert holder(claims, pod("c0")) == "a"
        claims.drop("a")
        assert not claims

    def test_a_pod_that_is_another_by_now_is_looked_at_anew(self) -> None:
        claims = known(claimant("a"), claimant("b", address="10.0.0.2"))
        for address, expected in (("10.0.0.1", "a"), ("10.0.0.2", "b"), ("10.0.0.3", None), ("10.0.0.1", "a")):
            assert holder(claims, pod("c0", address)) == expected

    def test_what_each_has_to_do_with_a_pod(self) -> None:
        claims = known(claimant("a"), claimant("b"))
        assert [claims.hold(pod("c0"), uid) for uid in ("a", "b", "c")] == [Hold.OURS, Hold.ANOTHERS, Hold.ANOTHERS]
        assert [claims.hold(pod("c9"), uid) for uid in ("a", "c")] == [Hold.SELECTED, Hold.NOBODYS]
        assert claims.hold(pod("c9", labels=frozenset()), "a") is Hold.NOBODYS


@pytest.mark.parametrize("ours", [CLIENT, ROLE, GATEWAY])
def test_what_the_operator_writes_itself_selects_nothing(ours: str) -> None:
    """Else who holds a pod would change with each write, and two resources could take turns for ever."""
    assert selector_of({"app": "core"}) == APP
    assert selector_of({"app": "core", ours: "x"}) is None
    assert selector_of({}) is None


def test_many_that_name_the_same_pods_are_not_compared_each_with_each() -> None:
    pods = [pod(f"c{n}") for n in range(10)]

    def cost(count: int) -> int:
        claimants = [claimant(f"uid-{n:04}", pods=10) for n in range(count)]

        def a_round_of_each() -> None:
            claims = known(*claimants)
            for one in claimants:
                claims.put(one._replace(selector=frozenset({*APP, ("tier", "1")})))
                for of in pods:
                    claims.hold(of, one.age.uid)

        return instructions(a_round_of_each)

    assert cost(200) < 2.3 * cost(100)


class TestTold:
    def test_it_is_a_condition_and_one_event_and_decides_nothing(self) -> None:
        story = Story().rounds(3, HA)
        before = story.written.condition(ConditionType.READY)
        story.rounds(3, replace(HA, claims=TAKEN))
        assert condition_of(story.written, PODS_CLAIMED) == ("False", "ClaimedByAnother")
        assert story.written.condition(ConditionType.READY) == before
        assert story.posted.count("ClaimedByAnother") == 1
        assert len(story.writes) == 2

    def test_it_is_told_again_before_the_hour_and_not_by_a_new_process(self) -> None:
        story = Story().rounds(3, replace(HA, claims=TAKEN)).restarted().rounds(3, replace(HA, claims=TAKEN))
        assert (story.posted, story.writes) == ([], [])
        assert story.rounds(100, replace(HA, claims=TAKEN)).posted == ["ClaimedByAnother"]

    def test_it_is_there_only_when_it_is_false(self) -> None:
        story = Story().rounds(1, HA)
        assert story.written.condition(PODS_CLAIMED) is None
        story.rounds(1, replace(HA, claims=selector_missing()))
        assert condition_of(story.written, PODS_CLAIMED) == ("False", "SelectorMissing")
        assert story.posted.count("SelectorMissing") == 1
        assert story.rounds(1, HA).written.condition(PODS_CLAIMED) is None

    def test_a_new_resource_says_it_at_once(self) -> None:
        starting = replace(facts(answer(primary("m0"), core("c0"))), claims=TAKEN)
        assert condition_of(Story().rounds(1, starting).written, PODS_CLAIMED) == ("False", "ClaimedByAnother")

    def test_many_pods_are_counted_off(self) -> None:
        assert claimed_by_another([]) is None
        five = claimed_by_another((f"c{n}", "shop") for n in range(5))
        assert five is not None
        assert five.message.startswith("Nothing is written on c0, c1, c2, c3, c4 for this resource")
        lost = [(f"c{n}", f"shop-{n % 2}") for n in range(7)]
        message = (
            "Nothing is written on c0, c1, c2, c3, c4, … for this resource, because an older WhatsAppClient claims the"
            " same (shop-0, shop-1): narrow spec.pods.selector of one of them, or delete one."
        )
        assert claimed_by_another(lost) == Finding(ConditionStatus.FALSE, "ClaimedByAnother", message)
