"""Which key is sent: one try a period and key, never more."""

from __future__ import annotations

from dataclasses import replace

from support.builders import CONNECTED, at, single
from wahealth.core.answer import FailureReason, Outcome, Unauthorized, Unreachable
from wahealth.core.signin.flow import (
    AuthResult,
    AuthTiming,
    Effect,
    EffectResult,
    Probing,
    Reading,
    ReadSecret,
    run_flow,
)
from wahealth.core.signin.keys import KeyRing
from wahealth.core.status import ConditionStatus, Finding

GONE = Finding(ConditionStatus.FALSE, "SecretNotFound", "Secret k does not exist: create it.")


class Waweb:
    """Pods that take one key each, and a Secret; notes what they are asked."""

    def __init__(self, secret: str | None, **pods: str) -> None:
        self.secret = secret
        self.pods = pods
        self.asked: list[tuple[str, tuple[str, ...]]] = []
        self.read = 0

    def round(self, ring: KeyRing[str], seconds: float = 0, fresh: bool = False, window: float = 90) -> AuthResult[str]:
        ring = ring.stale() if fresh else replace(ring, read_again=float("inf"))
        flow = ring.probe_flow(tuple(self.pods), AuthTiming(window, 300), at(seconds))
        return run_flow(flow, self._came_of)

    def _came_of(self, effect: Effect[str]) -> EffectResult[str]:
        if isinstance(effect, ReadSecret):
            self.read += 1
            return Reading(self.secret) if self.secret else Reading(reference=GONE)
        assert isinstance(effect, Probing)
        assert effect.secret is not None
        self.asked.append((effect.secret, effect.pods))
        return {pod: self._outcome(pod, effect.secret) for pod in effect.pods}

    def _outcome(self, pod: str, key: str) -> Outcome:
        if self.pods[pod] == "silent":
            return Unreachable(FailureReason.READ_TIMEOUT)
        return single(CONNECTED) if self.pods[pod] == key else Unauthorized()


def ring_of(key: str, then: str | None = None, seconds: float = 0) -> KeyRing[str]:
    empty: KeyRing[str] = KeyRing()
    ring = empty.taken_up(key, at(0), 300)
    return ring if then is None else ring.taken_up(then, at(seconds), 300)


def ring_after(asked: AuthResult[str]) -> KeyRing[str]:
    assert isinstance(asked.signin, KeyRing)
    return asked.signin


def test_a_key_that_is_taken_is_sent_once_and_the_secret_is_not_read() -> None:
    waweb = Waweb("one", a="one", b="one")
    assert waweb.round(ring_of("one")).on_previous == frozenset()
    assert (waweb.asked, waweb.read) == ([("one", ("a", "b"))], 0)


def test_a_refusal_reads_the_secret_and_tries_a_changed_key_at_once() -> None:
    waweb = Waweb("two", a="two")
    asked = waweb.round(ring_of("one"), 30)
    assert waweb.asked == [("one", ("a",)), ("two", ("a",))]
    assert asked.outcomes == {"a": single(CONNECTED)}
    assert ring_after(asked).changed == at(30)


def test_a_key_that_did_not_change_is_not_sent_again() -> None:
    waweb = Waweb("one", a="other")
    assert waweb.round(ring_of("one")).outcomes == {"a": Unauthorized()}
    assert (waweb.asked, waweb.read) == ([("one", ("a",))], 1)


def test_a_secret_read_in_this_round_is_not_read_twice() -> None:
    waweb = Waweb("one", a="other")
    waweb.round(ring_of("one"), fresh=True)
    assert waweb.read == 1


def test_only_those_that_refuse_are_asked_again() -> None:
    waweb = Waweb("two", a="two", b="one", c="silent")
    asked = waweb.round(ring_of("one", "two", 10), 20, fresh=True)
    assert waweb.asked == [("two", ("a", "b", "c")), ("one", ("b",))]
    assert asked.on_previous == {"b"}
    assert asked.outcomes["c"] == Unreachable(FailureReason.READ_TIMEOUT)


def test_the_previous_key_is_tried_for_a_while_only() -> None:
    for seconds, tried in ((99, True), (100, False)):
        waweb = Waweb("two", a="third")
        waweb.round(ring_of("one", "two", 10), seconds, window=90)
        assert (("one", ("a",)) in waweb.asked) is tried


def test_a_previous_key_that_works_is_tried_until_the_new_one_is_taken() -> None:
    waweb = Waweb("two", a="one")
    ring = ring_after(waweb.round(ring_of("one", "two", 10), 20))
    ring = ring_after(waweb.round(ring, 1000))
    assert ring.previous_works
    waweb.pods["a"] = "two"
    ring = ring_after(waweb.round(ring, 2000))
    assert not ring.previous_works
    waweb.pods["a"] = "one"
    assert waweb.round(ring, 3000).on_previous == frozenset()


def test_a_key_that_was_never_taken_is_no_previous_one() -> None:
    waweb = Waweb("two", a="one")
    ring = ring_after(waweb.round(ring_of("one", "two", 10), 20))
    waweb.secret = "three"
    asked = waweb.round(ring, 50, fresh=True)
    assert waweb.asked[-2:] == [("three", ("a",)), ("one", ("a",))]
    assert asked.on_previous == {"a"}


def test_a_key_that_was_just_refused_is_no_second_try() -> None:
    waweb = Waweb("two", a="third")
    waweb.round(ring_of("one"), 30)
    assert waweb.asked == [("one", ("a",)), ("two", ("a",))]


def test_a_secret_that_is_gone_is_what_counts() -> None:
    asked = Waweb(None, a="other").round(ring_of("one"))
    assert asked.failed == Reading(reference=GONE)
    assert asked.signin.is_due(at(1))


def test_a_key_is_read_again_when_its_time_is_up() -> None:
    ring = ring_of("one")
    assert (ring.is_due(at(299)), ring.is_due(at(300)), KeyRing().is_due(at(0))) == (False, True, True)


def test_the_same_key_again_is_no_change() -> None:
    assert ring_of("one", "one", 10).changed is None


def test_a_ring_shows_no_key() -> None:
    assert "secret" not in repr(ring_of("secret-one", "secret-two"))
