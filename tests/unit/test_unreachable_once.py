"""A client that cannot be reached any more is told once, by the event of the reason: in whatever way it came to that,
and whether this process has seen the client before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from support.builders import CONNECTED, Story, facts, single
from wahealth.core.answer import FailureReason, Malformed, Outcome, Unauthorized, Unreachable
from wahealth.core.facts import Facts, Thresholds
from wahealth.simulate.replay import Replay
from wahealth.simulate.scenario import Scenario

OWN = {
    FailureReason.NO_READY_ENDPOINTS: "NoReadyEndpoints",
    FailureReason.TLS_VERIFICATION_FAILED: "TLSVerificationFailed",
    FailureReason.INVALID_RESPONSE: "InvalidHealthResponse",
}
OTHERS = "HealthNodeUnreachable"
TOLD = frozenset({OTHERS, *OWN.values()})
GOOD, REFUSED = facts(single(CONNECTED)), facts(Unauthorized())


def silence(reason: FailureReason) -> Facts:
    outcomes: dict[FailureReason, tuple[Outcome, ...]] = {
        FailureReason.NO_READY_ENDPOINTS: (),
        FailureReason.INVALID_RESPONSE: (Malformed("the body is not JSON"),),
    }
    return facts(*outcomes.get(reason, (Unreachable(reason),)))


def known(_: Facts) -> Story:
    return Story().rounds(2, GOOD)


def known_and_silent_once(silent: Facts) -> Story:
    return known(silent).rounds(1, silent)


def down(silent: Facts) -> Story:
    return known(silent).rounds(3, silent)


def down_for_another_reason(silent: Facts) -> Story:
    another = FailureReason.CONNECT_TIMEOUT if silent == silence(FailureReason.NO_READY_ENDPOINTS) else None
    return down(silence(another or FailureReason.NO_READY_ENDPOINTS))


Before = Callable[[Facts], Story]

# What there was before, whether a new process looks on, and the round in which it is told; None: it was told already.
WAYS: dict[str, tuple[Before, bool, int | None]] = {
    "known as good": (known, False, 3),
    "known as good, and a new process": (known, True, 3),
    "known as good, a new process in the bad run": (known_and_silent_once, True, 3),
    "a new resource, once its start-up time is over": (lambda _: Story(), False, 5),
    "a new resource, a new process in its start-up time": (lambda silent: Story().rounds(2, silent), True, 3),
    "a key that was refused": (lambda _: known(_).rounds(4, REFUSED), False, 3),
    "recovered meanwhile": (lambda silent: down(silent).rounds(2, GOOD), False, 3),
    "down already": (down, False, None),
    "down already, and a new process": (down, True, None),
    "down for another reason": (down_for_another_reason, False, 3),
    "down for another reason, and a new process": (down_for_another_reason, True, 3),
}


@pytest.mark.parametrize("edited", [False, True], ids=["", "with a new generation"])
@pytest.mark.parametrize(("before", "anew", "told"), WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("reason", FailureReason)
def test_told_once(reason: FailureReason, before: Before, anew: bool, told: int | None, edited: bool) -> None:
    silent = silence(reason)
    story = before(silent).restarted() if anew else before(silent)
    now = replace(silent, generation=2) if edited else silent
    found = [(number, said) for number in range(1, 20) for said in events(story, now) if said in TOLD]
    if told is None:
        assert found == []
    else:  # an edit begins the count of rounds again
        assert found == [(max(told, 3) if edited else told, OWN.get(reason, OTHERS))]


def events(story: Story, said: Facts) -> list[str]:
    return [event.reason for event in story.round(said).events]


@pytest.mark.parametrize("reason", FailureReason)
def test_told_at_once_where_one_round_is_enough(reason: FailureReason) -> None:
    quick = Thresholds(failure_threshold=1)
    silent = silence(reason)
    good, silent = (replace(one, desired=replace(one.desired, thresholds=quick)) for one in (GOOD, silent))
    assert events(Story().rounds(1, good), silent) == [OWN.get(reason, OTHERS)]
    assert events(Story().rounds(1, good).restarted(), silent) == [OWN.get(reason, OTHERS)]


@pytest.mark.parametrize("one", FailureReason)
@pytest.mark.parametrize("other", FailureReason)
@pytest.mark.parametrize("lasting", [1, 2, 3])
def test_reasons_that_take_turns_are_one_outage(one: FailureReason, other: FailureReason, lasting: int) -> None:
    """Each event once, however often the reason changes, and none of a reason that never lasts; what lasts is told
    again within the hour."""
    story = down(silence(one))
    for _ in range(10):
        story.rounds(lasting, silence(other)).rounds(lasting, silence(one))
    told = [reason for reason in story.posted if reason in TOLD]
    assert sorted(told) == sorted({OWN.get(one, OTHERS)} | ({OWN.get(other, OTHERS)} if lasting >= 3 else set()))
    story.posted.clear()
    assert [reason for reason in story.rounds(120, silence(one)).posted if reason in TOLD]


@pytest.mark.parametrize("reason", FailureReason)
def test_a_replay_tells_the_same_in_the_same_round(reason: FailureReason) -> None:
    forms: dict[FailureReason, Any] = {
        FailureReason.NO_READY_ENDPOINTS: None,
        FailureReason.INVALID_RESPONSE: {"text": "no JSON"},
    }
    spec = {"target": {"workload": {"name": "web"}}, "auth": {"apiKey": {"secretKeyRef": {"name": "k"}}}}
    steps = [
        {"at": 0, "pods": {"web-0": {"body": {"health": {"gateway_status": "connected"}}}}},
        {"at": 60, "pods": {"web-0": forms.get(reason, {"error": reason.value})}},
    ]
    secrets = {"k": {"WA_API_KEY": "an-invented-key-0123"}}
    document = {"client": {"spec": spec}, "secrets": secrets, "steps": steps, "until": 600}
    moments = Replay(Scenario.model_validate(document), Path()).timeline()
    found = [(entry.at, event.reason) for entry in moments for event in entry.events if event.reason in TOLD]
    assert found == [(120, OWN.get(reason, OTHERS))]
