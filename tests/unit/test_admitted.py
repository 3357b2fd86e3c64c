"""What a replay does not admit: as the API server, in the CustomResourceDefinition's own words.

That the real API server says the same of the same resources: tests/integration/test_admitted.py.
"""

from __future__ import annotations

import copy

import pytest

from support.breaches import cases, keywords, known_keywords, rules
from support.resources import ACCEPTED, EDITS, MINIMAL, REFUSED, STORED, Resource, changed
from wahealth.simulate.admission import refusals, told


def sentences(client: Resource, before: Resource | None = None) -> list[str]:
    return [told(problem) for problem in refusals(client, before)]


@pytest.mark.parametrize("client", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_admitted(client: Resource) -> None:
    assert sentences(client) == []


@pytest.mark.parametrize(("client", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_with_the_sentence_of_the_schema(client: Resource, sentence: str) -> None:
    (said,) = sentences(client)
    assert sentence in said


def test_each_rule_is_broken_once() -> None:
    said = {sentence for client, _ in REFUSED.values() for sentence in sentences(client)}
    assert [rule for rule in rules() if not any(sentence.endswith(rule) for sentence in said)] == []


def test_each_bound_has_a_sentence_of_one_line() -> None:
    assert keywords() - known_keywords() == set()
    for name, client in cases().items():
        said = sentences(client)
        assert said or "broken" not in name, name
        assert all(sentence.isprintable() and len(sentence) < 300 for sentence in said)


@pytest.mark.parametrize(
    ("client", "sentence"),
    [
        (
            changed(spec__probe={"periodSeconds": 3}),
            "spec.probe.periodSeconds: Invalid value: 3: should be greater than",
        ),
        (changed(spec__mode="Triple"), 'spec.mode: Unsupported value: "Triple": use one of "Auto", "Single", "HighA'),
        (changed(spec__suspend="yes"), "spec.suspend: must be of type boolean, not string"),
        (changed(spec__proeb={}), "spec.proeb: unknown field: correct its name or remove it"),
        (changed(spec__tls={"verification": "Pinned", "pinnedSHA256": ["x"]}), "spec.tls.pinnedSHA256[0]: Invalid"),
        (changed(spec__target__workload={}), "spec.target.workload.name: Required value: add it"),
        (changed(kind="Deployment"), 'kind: Unsupported value: "Deployment": use one of "WhatsAppClient"'),
        (changed(metadata__name="Acme"), 'metadata.name: Invalid value: "Acme": should match'),
        (changed(spec__target__workload={"name": "x" * 5000}), "Too long: must have at most 253 characters"),
    ],
)
def test_each_sentence_names_field_value_and_what_to_do(client: Resource, sentence: str) -> None:
    assert sentence in sentences(client)[0]


def test_a_client_of_a_scenario_needs_neither_name_nor_kind() -> None:
    assert sentences({"spec": MINIMAL["spec"]}) == []
    assert sentences({"metadata": {"namespace": "acme"}, "spec": MINIMAL["spec"]}) == []
    assert sentences({}) == ["spec: Required value: add it"]


def test_a_resource_as_kubectl_shows_it() -> None:
    """Its status is another's, and of its metadata only the name is looked at."""
    shown = {**copy.deepcopy(MINIMAL), "status": {"gateway": "a word of another version"}}
    shown["metadata"] |= {"uid": "u", "generation": 3, "managedFields": [{"manager": "kubectl"}], "labels": {"a": "b"}}
    assert sentences(shown) == []


@pytest.mark.parametrize(("edit", "said"), EDITS.values(), ids=EDITS.keys())
def test_what_was_wrong_before_an_edit_may_stay(edit: Resource, said: str | None) -> None:
    """Kubernetes' ratcheting: a resource of another schema can be edited where it is good."""
    found = sentences(edit, STORED)
    assert found == [] if said is None else any(said in sentence for sentence in found)
