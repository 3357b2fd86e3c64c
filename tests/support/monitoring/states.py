"""Every state that a client can be in, as rules say it, and as Prometheus is told of it.

What a client does first and what it does then, each for as long as any grace lasts: so that what is kept from before is
there, too.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from types import CodeType, FrameType
from typing import Any, NamedTuple

from support.builders import (
    CONNECTED,
    CONNECTING,
    DISCONNECTED,
    UNINITIALIZED,
    UNKNOWN,
    UNREGISTERED,
    Story,
    answer,
    core,
    facts,
    node,
    primary,
    secondary,
    single,
)
from support.monitoring.number_moods import NUMBER_MOODS, SPEC
from support.monitoring.promtool import RULES
from wahealth.core.answer import FailureReason, Forbidden, Malformed, Outcome, Throttled, Unauthorized, Unreachable
from wahealth.core.facts import Facts, KeyExposure, Thresholds
from wahealth.core.reasons import credentials, pods, spec
from wahealth.core.reasons.found import false
from wahealth.core.status import Mode
from wahealth.core.verdict.checks import OCCASIONAL, TABLES
from wahealth.kube.entry import entry_of
from wahealth.kube.process import client_metrics

PATIENCE = Thresholds(
    period=120, failure_threshold=1, success_threshold=1, uninitialized_grace=60, connecting_grace=30, failover_grace=30
)
ROUNDS = 8  # longer than the longest grace, of ten minutes
SPARES = (secondary("m2"), core("c2"))

ABOUT_THE_ROUND = frozenset({"in_turns", "postponed", "claims", "reference_problem", "credential_problem"})


def _facts(*outcomes: Outcome, **more: Any) -> Facts:
    """`more` are fields of the round's facts, or of what is expected."""
    of_round = {name: value for name, value in more.items() if name in ABOUT_THE_ROUND}
    said = facts(*outcomes, **{name: value for name, value in more.items() if name not in ABOUT_THE_ROUND})
    return replace(said, desired=replace(said.desired, thresholds=PATIENCE), **of_round)


def previous_key(said: Facts) -> Facts:
    """A pod that still takes the key from before."""
    return replace(said, outcomes=tuple(one._replace(previous_key=True) for one in said.outcomes))


GONE = Unreachable(FailureReason.CONNECTION_REFUSED)
HA = answer(core("c1", CONNECTED), primary("m1"), *SPARES)
MISSING = false(spec.TARGET_NOT_FOUND, kind="Deployment", name="web")
SECRET = false(spec.SECRET_NOT_FOUND, name="k")
SHORT = false(credentials.STRAY_CHARACTER, what="API key", stray="ends in a line break", carrier="HTTP carries none")
CLAIMED = false(pods.CLAIMED_BY_ANOTHER, pods="web-0", names="another")
FOUR: dict[str, Any] = {"mode": Mode.MULTICONNECT, "shards": 4}
MOODS: dict[str, Facts] = {
    "connected": _facts(single(CONNECTED)),
    "asked over plain HTTP": _facts(single(CONNECTED), exposed=KeyExposure.PLAIN_HTTP),
    "connecting": _facts(single(CONNECTING)),
    "disconnected": _facts(single(DISCONNECTED)),
    "uninitialized": _facts(single(UNINITIALIZED)),
    "unregistered": _facts(single(UNREGISTERED)),
    "unregistered, as wanted": _facts(single(UNREGISTERED), registration_required=False),
    "a word that nobody knows": _facts(single(UNKNOWN)),
    "no pod": _facts(),
    "no pod answers": _facts(GONE),
    "an answer that is none": _facts(Malformed("the body is not JSON")),
    "the key is refused": _facts(Unauthorized()),
    "a pod refuses the key": _facts(single(CONNECTED), Unauthorized()),
    "the previous key works": previous_key(_facts(single(CONNECTED))),
    "forbidden": _facts(Forbidden()),
    "asked too often": _facts(Throttled()),
    "a target that is not there": _facts(reference_problem=MISSING),
    "a Secret that does not exist": _facts(reference_problem=SECRET),
    "a key of bad form": _facts(credential_problem=SHORT),
    "another claims the pods": _facts(single(CONNECTED), claims=CLAIMED),
    "in turns": _facts(single(CONNECTED), in_turns=True),
    "postponed": _facts(single(CONNECTED), postponed=True),
    "another mode": _facts(single(CONNECTED), mode=Mode.MULTICONNECT),
    "spares": _facts(HA),
    "none connected of several": _facts(answer(core("c1"), primary("m1"), *SPARES)),
    "no spare coreapp": _facts(answer(core("c1", CONNECTED), primary("m1"), secondary("m2"))),
    "no second master": _facts(answer(core("c1", CONNECTED), core("c2"), primary("m1"))),
    "no primary master": _facts(answer(core("c1", CONNECTED), core("c2"), secondary("m1"), secondary("m2"))),
    "two active": _facts(answer(core("c1", CONNECTED), core("c2", CONNECTED), primary("m1"), secondary("m2"))),
    "two active of a fixed mode": _facts(
        answer(core("c1", CONNECTED), core("c2", CONNECTED), primary("m1"), secondary("m2")),
        mode=Mode.HIGH_AVAILABILITY,
    ),
    "no master": _facts(answer(core("c1", CONNECTED), core("c2"), core("c3"))),
    "a role that nobody knows": _facts(answer(core("c1", CONNECTED), node("x", None, CONNECTED), primary("m1"))),
    "all shards": _facts(
        answer(*(core(f"c{i}", CONNECTED) for i in range(4)), core("c5"), primary("m1", CONNECTED), secondary("m2")),
        **FOUR,
    ),
    "some shards": _facts(
        answer(*(core(f"c{i}", CONNECTED) for i in range(3)), core("c5"), primary("m1", CONNECTED), secondary("m2")),
        **FOUR,
    ),
    "some shards, as wanted": _facts(
        answer(*(core(f"c{i}", CONNECTED) for i in range(3)), core("c5"), primary("m1", CONNECTED), secondary("m2")),
        **FOUR,
        min_connected=2,
    ),
    "a primary master that is not connected": _facts(
        answer(*(core(f"c{i}", CONNECTED) for i in range(4)), core("c5"), primary("m1"), secondary("m2")), **FOUR
    ),
}


class State(NamedTuple):
    """What alerts look at."""

    conditions: tuple[tuple[str, str], ...]
    others: tuple[tuple[str, tuple[str, ...], float], ...]  # name of the series, its own labels, its value


LABELS = {
    "reason": "reason",
    "gateway": "state",
    "oddity": "kind",
    "credentials_info": "secret",
    "info": "mode",
    "connected_coreapps": "",
    "expected_coreapps": "",
    "flapping": "",
}  # the series that alerts look at, each with the label that counts
REASONS = frozenset(
    word for rule in RULES for words in re.findall(r'reason=~?"([^"]+)"', rule["expr"]) for word in words.split("|")
)
CLIENT: dict[str, Any] = {
    "target": {"workload": {"name": "w"}},
    "auth": {"apiKey": {"secretKeyRef": {"name": "k"}}},
}


def states() -> dict[State, str]:
    """Each state of a client, with the first story that comes to it."""
    return _reached(MOODS, CLIENT)


def number_states() -> dict[State, str]:
    """The same of a phone number of the Cloud API."""
    return _reached(NUMBER_MOODS, SPEC)


def _reached(moods: dict[str, Facts], spec: dict[str, Any]) -> dict[State, str]:
    found: dict[State, str] = {}
    for before, first in moods.items():
        story = Story().rounds(ROUNDS, first)
        found.setdefault(_state(story, spec), before)
        for after, then in moods.items():
            later = _copy(story).rounds(ROUNDS, replace(then, generation=first.generation))
            found.setdefault(_state(later, spec), f"{before}, then {after}")
    return found


def _copy(story: Story) -> Story:
    copied = Story(story.written)
    copied.state, copied.seconds = story.state, story.seconds
    return copied


def _state(story: Story, spec: dict[str, Any]) -> State:
    metadata = {"name": "a", "namespace": "acme", "uid": "a", "generation": 1, "resourceVersion": "1"}
    entry = entry_of({"metadata": metadata, "spec": spec})
    entry.written, entry.state = story.written, story.state
    told = client_metrics.ClientSample(story.written, entry)
    conditions = sorted((one.type.value, one.status.value) for one in story.written.conditions)
    rows = [row for row in client_metrics.FAMILIES if row.name in LABELS]
    others = [(row.name, labels[:1], value) for row in rows for labels, value in row.samples(told)]
    return State(tuple(conditions), tuple(one for one in others if _is_looked_at(*one)))


def _is_looked_at(name: str, own: tuple[str, ...], _: float) -> bool:
    """Alerts name some reasons, and one mode: by any other word they tell no state from another."""
    return own[0] in REASONS if name == "reason" else own[0] == Mode.CLOUD_API if name == "info" else True


def rules_that_found(run: Callable[[], Any]) -> set[str]:
    """The rules of all tables that found something while `run` ran, by their names."""
    tables = [*TABLES.values(), *OCCASIONAL.values()]
    known: dict[CodeType, str] = {rule.__code__: name_of(rule) for table in tables for rule in table}
    found: set[str] = set()

    def looks(frame: FrameType, event: str, result: Any) -> None:
        if event == "return" and result is not None and frame.f_code in known:
            found.add(known[frame.f_code])

    sys.setprofile(looks)
    try:
        run()
    finally:
        sys.setprofile(None)
    return found


def name_of(rule: Callable[..., Any]) -> str:
    return f"{rule.__module__.rpartition('.')[2]}.{rule.__name__}"


def all_rules() -> set[str]:
    return {name_of(rule) for table in (*TABLES.values(), *OCCASIONAL.values()) for rule in table}
