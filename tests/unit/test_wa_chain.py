"""The chain of `kubectl wa explain NAME`: where it stops, and what it says there."""

from __future__ import annotations

from typing import Any

import pytest

from support.looked import condition, healthy, look, node, resource, words
from wahealth.wa.chain import LinkState, chain, document, lines
from wahealth.wa.cluster import Part
from wahealth.wa.looking import Look
from wahealth.wa.target import Referred, selector_of

DEPLOYMENT = {"kind": "Deployment", "spec": {"selector": {"matchLabels": {"app": "web"}}}}
POD = {
    "metadata": {"name": "support-web-0"},
    "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
}
ALL = Referred(Part((DEPLOYMENT,)), Part((POD, POD)), Part(({"metadata": {"name": "support-api-key"}},)))
HIDDEN = Part(missing="you may not get it: ask for that right")


def of(document: dict[str, Any], found: Referred = ALL, age: float = 2) -> list[tuple[str, LinkState]]:
    return [(link.name, link.state) for link in chain(look(document, age=age), found)]


def with_conditions(*conditions: tuple[str, str, str, str], **more: Any) -> dict[str, Any]:
    return resource(conditions=[condition(*each) for each in conditions], **more)


def test_a_whole_chain() -> None:
    found = of(healthy())
    names = ["resource", "operator", "seen", "target", "pods", "Secret", "network", "answer", "verdict"]
    assert found == [(name, LinkState.HOLDS) for name in names]


NEWER = healthy()
NEWER["metadata"]["generation"] = 2
SUSPENDED = healthy()
SUSPENDED["spec"]["suspend"] = True
READY = ("Ready", "False", "X", "It is so.")


@pytest.mark.parametrize(
    ("document", "found", "age", "link", "words_there"),
    [
        (SUSPENDED, ALL, 2, "resource", "kubectl -n acme patch wac support --type merge"),
        (with_conditions(READY, ("Accepted", "False", "InvalidSpec", "Bad.")), ALL, 2, "resource", "edit wac support"),
        (healthy(), ALL, 900, "operator", "wahealth-7c9d-x renewed its Lease 15 min ago, and no other has taken it."),
        (NEWER, ALL, 2, "seen", "The status is of the spec before its last change."),
        (resource(conditions=[]), ALL, 2, "seen", "No operator has processed it yet."),
        (
            with_conditions(READY, ("Accepted", "False", "TargetNotFound", "Deployment support-web does not exist.")),
            ALL,
            2,
            "target",
            "Deployment support-web does not exist.",
        ),
        (healthy(), ALL._replace(target=Part()), 2, "target", "Deployment support-web does not exist."),
        (healthy(), ALL._replace(pods=Part()), 2, "pods", "There are none."),
        (healthy(), ALL._replace(secret=Part()), 2, "Secret", "Secret support-api-key does not exist."),
        (
            with_conditions(READY, ("CredentialsValid", "False", "APIKeyTooShort", "The API key is too short: 12.")),
            ALL,
            2,
            "Secret",
            "kubectl wa check-key secret/support-api-key -n acme",
        ),
        (
            with_conditions(READY, ("Reachable", "False", "ConnectTimeout", "It does not answer.")),
            ALL,
            2,
            "network",
            "ConnectTimeout for 60 s: It does not answer.",
        ),
        (
            with_conditions(READY, ("Reachable", "False", "HTTPStatus", "It answers HTTP 500.")),
            ALL,
            2,
            "answer",
            "It answers HTTP 500.",
        ),
        (
            with_conditions(
                READY,
                ("Reachable", "True", "HealthNodeAnswered", "It answers."),
                ("CredentialsValid", "False", "APIKeyRejected", "The client rejects the API key."),
            ),
            ALL,
            2,
            "answer",
            "The client rejects the API key.",
        ),
        (resource(), ALL, 2, "verdict", "Next: Look at the coreapps."),
    ],
)
def test_it_stops_where_it_is_broken(
    document: dict[str, Any], found: Referred, age: float, link: str, words_there: str
) -> None:
    seen = look(document, age=age)
    links = chain(seen, found)
    assert (links[-1].name, links[-1].state) == (link, LinkState.BROKEN)
    assert all(each.state is LinkState.HOLDS for each in links[:-1])
    assert words_there in words(lines(seen, links, 200))


def test_what_may_not_be_looked_at_breaks_nothing() -> None:
    found = of(healthy(), Referred(HIDDEN, None, HIDDEN))
    assert [name for name, state in found if state is LinkState.HIDDEN] == ["target", "Secret"]
    assert found[-1] == ("verdict", LinkState.HOLDS)


def test_what_is_waited_for_is_told() -> None:
    reconciling = condition("Reconciling", "True", "GracePeriod", "Waiting to see whether this persists: x.")
    document = healthy()
    document["status"]["conditions"].append(reconciling)
    document["spec"]["probe"] |= {"failureThreshold": 5}
    seen = look(document)
    text = words(lines(seen, chain(seen, ALL), 200))
    assert (
        "Waiting to see whether this persists: x. A worse result counts after 5 rounds, a better one after 1;" in text
    )


def test_no_escape_sequence_of_an_object_reaches_a_terminal() -> None:
    evil = "\x1b[2J\u202e"
    pod = {"metadata": {"name": evil}, "status": {"phase": evil}}
    running = {"metadata": {"name": evil}, "status": {"phase": "Running", "containerStatuses": [{"ready": False}]}}
    found = Referred(Part((DEPLOYMENT,)), Part((pod, running)), Part(missing="no"))
    seen = look(with_conditions(("Ready", "False", evil, evil), topology={"nodes": [node(evil, evil, evil)]}))
    assert all(character.isprintable() for character in words(lines(seen, chain(seen, found), 200)).replace("\n", ""))


def test_for_programs() -> None:
    seen: Look = look(resource())
    found = document(seen, chain(seen, ALL))
    assert found["links"][-1] == {
        "link": "verdict",
        "state": "Broken",
        "says": "Disconnected for 14 min: 0 of 1 coreapp is connected to the WhatsApp servers.",
        "next": "look at the coreapps",
        "command": "kubectl -n acme logs core-1 --since=20m",
    }


@pytest.mark.parametrize(
    ("selector", "wanted"),
    [
        ({"matchLabels": {"a": "b", "c": "d"}}, "a=b,c=d"),
        ({"a": "b"}, "a=b"),
        (
            {
                "matchLabels": {"a": "b"},
                "matchExpressions": [
                    {"key": "x", "operator": "In", "values": ["1", "2"]},
                    {"key": "y", "operator": "DoesNotExist"},
                ],
            },
            "a=b,x in (1,2),!y",
        ),
        ({}, ""),
        (None, ""),
    ],
)
def test_the_selector_of_pods(selector: dict[str, Any] | None, wanted: str) -> None:
    assert selector_of({"spec": {"selector": selector}}) == wanted
