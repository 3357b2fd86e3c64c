"""What people who run such clients have reported as scenarios, replayed: what each comes to, which events it tells and
which never, and in which words. The inputs are our own, in `tests/cases/replayed`."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from support.builders import condition_of
from wahealth.core.status import ConditionStatus, ConditionType, Mode, Status
from wahealth.simulate.parse import ScenarioError, load
from wahealth.simulate.replay import Replay

CASES = Path(__file__).parents[1] / "cases" / "replayed"
READY = ConditionType.READY


class Right(NamedTuple):
    """What a scenario comes to: Ready in the end, events that are told and such that never are, words of one of the
    sentences and such that none has. `since`: the second of the first Ready=False; None: there is none."""

    ready: tuple[str, str]
    told: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()
    words: str = ""
    without: str = "look at the web pods."
    since: float | None = None


GOOD, SILENT, ERROR = ("True", "Available"), ("False", "ConnectionRefused"), ("False", "HTTPStatus")
BAD_FORM, NOBODY_KNOWS = ("Unknown", "APIKeyInvalidCharacters"), ("Unknown", "UnknownGatewayStatus")
UNREACHABLE = frozenset({"HealthNodeUnreachable"})
OUTAGE = frozenset({"GatewayDisconnected", "FailoverStalled", "RedundancyLost"})
GONE = "its coreapp or its database cannot be reached: look at these."
TO_BE_SET = "set spec.mode to enforce it"


def error(words: str, since: float = 120) -> Right:
    return Right(ERROR, UNREACHABLE, words=words, since=since)


def pasted(words: str, without: str = "too long") -> Right:
    return Right(BAD_FORM, frozenset({"APIKeyInvalidCharacters"}), words=words, without=without)


REPLAYED = {
    "07-upgrade-ha": Right(GOOD, never=OUTAGE - {"RedundancyLost"}, words="as spec.mode says", without=TO_BE_SET),
    "08-daemonset": Right(GOOD),
    "08-other-kind-stored": Right(
        ("False", "InvalidSpec"),
        words="target.workload.kind (Deployment, StatefulSet, DaemonSet, Rollout or DeploymentConfig)",
        since=0,
    ),
    "09-mode-set": Right(GOOD, words="as spec.mode says; nothing to do", without=TO_BE_SET),
    "10-code-1000": error("because of an unspecified fault: look at waweb's log."),
    "10-code-1006": error("correct spec.target.path"),
    "10-code-1011": error("not ready yet: wait a few minutes"),
    "10-code-1016": error("overloaded: look at its load"),
    "10-code-1017": error("a master is taking over"),
    "10-code-1018": error("a coreapp is taking over"),
    "10-code-1023": error("look at the database"),
    "10-status-301": Right(
        ("False", "Redirected"),
        UNREACHABLE,
        words="HTTP 301 to https://waweb.example/v1/health/: point spec.target at waweb itself.",
        without="not answer",
        since=180,
    ),
    "10-status-404": error("HTTP 404"),
    "10-status-429": Right(("Unknown", "GracePeriod"), frozenset({"Throttled"}), UNREACHABLE, "probed less often"),
    "10-status-500": error("The web pod answers HTTP 500: look at waweb's log.", since=180),
    "10-status-503": error("something in front of it gets no answer from waweb", since=180),
    "10-wacore-gone": error(GONE, since=360),
    "10-wacore-never": error(GONE),
    "11-key-Apikey-prefixed": pasted("begins with the word Apikey: put into the Secret only what comes after it."),
    "11-key-good127-newline": pasted("ends in a newline"),
    "11-key-good128-crlf": pasted("ends in a newline"),
    "11-key-good128-newline": pasted("ends in a newline"),
    "13-token-composite": pasted("The token begins with the word Bearer", without="cannot carry it"),
    "14-shape-no-roles-at-all": Right(
        NOBODY_KNOWS, never=OUTAGE | {"NoPrimaryMaster"}, words="look for a newer version"
    ),
    "14-shape-one-node-map-norole": Right(NOBODY_KNOWS, never=OUTAGE, words="look for a newer version"),
    "14-shape-role-upper": Right(NOBODY_KNOWS, frozenset({"UnknownRole"}), OUTAGE, "look for a newer version"),
    "15-role-left-out": Right(GOOD, never=OUTAGE),
    "15-role-word-changes": Right(GOOD, frozenset({"UnknownRole"}), OUTAGE),
    "15-status-word-changes": Right(GOOD, frozenset({"UnknownGatewayStatus"}), OUTAGE),
    "15-unknown-word-a-day": Right(NOBODY_KNOWS, words="does not know", without="grace"),
    "18-kicked-off": Right(
        ("False", "Unregistered"), words="another instance took its number: stop that one first", since=360
    ),
    "19-rate-limited": Right(
        GOOD, words="look at what is in front of waweb, such as a proxy with rules or limits", since=390
    ),
    "22-silent-for-a-day": Right(SILENT, UNREACHABLE, since=360),
    "22-two-active-then-silent": Right(SILENT, UNREACHABLE | {"MultipleActiveCoreapps"}, since=120),
    "23-mc-seen-first-while-its-master-is-away": Right(GOOD, never=frozenset({"MultipleActiveCoreapps"})),
    "23-mc-told": Right(GOOD, never=frozenset({"MultipleActiveCoreapps"}), words="as spec.mode says"),
    "25-name-not-found": Right(
        ("False", "DNSLookupFailed"),
        UNREACHABLE,
        words="The target's name cannot be resolved: correct the host in spec.target.url",
        without="The web pod",
        since=120,
    ),
    "26-api-status-deprecated": Right(GOOD, frozenset({"ClientVersionDeprecated"})),
}
REFUSED = {"08-other-kind": 'Unsupported value: "CloneSet": use one of "Deployment", "StatefulSet", "DaemonSet"'}
NOT_SEEN = ("22-silent-for-a-day", "22-two-active-then-silent", "10-wacore-gone")


class Played(NamedTuple):
    """To its end: events by reason, every sentence of conditions and events, when Ready was False first."""

    final: Status
    told: set[str]
    sentences: set[str]
    since: float | None


def replayed(name: str) -> Played:
    replay, told, sentences = Replay(load(CASES / f"{name}.yaml"), CASES), set[str](), set[str]()
    since = None
    for entry in replay.timeline():
        told |= {event.reason for event in entry.events}
        sentences |= {event.note for event in entry.events}
        sentences |= {condition.message for condition in entry.says.conditions}
        if since is None and entry.says.condition_status(READY) is ConditionStatus.FALSE:
            since = entry.at
    return Played(replay.final, told, sentences, since)


def test_each_scenario_has_what_is_right() -> None:
    assert {path.stem for path in CASES.glob("*.yaml")} == REPLAYED.keys() | REFUSED.keys()


@pytest.mark.parametrize("name", REPLAYED)
def test_a_scenario_comes_to_what_is_right(name: str) -> None:
    right, played = REPLAYED[name], replayed(name)
    assert (condition_of(played.final, READY), played.since) == (right.ready, right.since)
    assert right.told <= played.told
    assert not right.never & played.told
    assert any(right.words in sentence for sentence in played.sentences)
    assert not any(right.without in sentence for sentence in played.sentences)


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_api_server_refuses_is_refused_with_what_it_takes(name: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        load(CASES / f"{name}.yaml")
    assert REFUSED[name] in str(refused.value)


@pytest.mark.parametrize("name", NOT_SEEN)
def test_what_is_not_seen_is_not_told_as_a_number_of_now(name: str) -> None:
    final = replayed(name).final
    assert final.connected is not None
    assert final.connected.current is None
    assert (final.connected_coreapps, final.redundancy) == ((), None)


@pytest.mark.parametrize("name", [name for name in REPLAYED if name.startswith("23-mc")])
def test_a_client_of_two_shards_is_told_of_as_one(name: str) -> None:
    final = replayed(name).final
    assert (final.mode, final.connected and final.connected.summary) == (Mode.MULTICONNECT, "2/2")
