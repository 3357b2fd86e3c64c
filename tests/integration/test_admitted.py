"""A replay refuses what the real API server refuses: the same resources, for the same fields and by the same rules."""

from __future__ import annotations

import copy
import ssl
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import yaml

from support.breaches import cases, rules
from support.resources import ACCEPTED, EDITS, REFUSED, STORED, Resource
from wahealth.api.crd import custom_resource_definition
from wahealth.playground.cluster.control_plane import ControlPlane
from wahealth.playground.environment import until
from wahealth.simulate.admission import refusals
from wahealth.simulate.document import merged
from wahealth.simulate.structure import Where

CASES = ACCEPTED | {name: document for name, (document, _) in REFUSED.items()} | cases()
STRICT = {"dryRun": "All", "fieldValidation": "Strict"}
OTHER = "other.wahealth.io"  # a group of its own, whose schema changes under what is stored

NOWHERE = "<nil>"  # the resource as a whole; also where it is said that something was not looked at

Refusal = tuple[set[str], set[str]]  # fields, and sentences of rules


@pytest.fixture(scope="module")
def api(plane: ControlPlane) -> Iterator[httpx.Client]:
    trust = ssl.create_default_context(cafile=plane.directory / "ca.crt")
    trust.load_cert_chain(plane.directory / "admin.crt", plane.directory / "admin.key")
    with httpx.Client(base_url=plane.url, verify=trust, trust_env=False, timeout=60) as client:
        yield client


def path_of(group: str) -> str:
    return f"/apis/{group}/v1alpha1/namespaces/default/whatsappclients"


def refusal_of(answer: httpx.Response) -> Refusal:
    """What the API server says: nothing where it takes the resource."""
    if answer.is_success:
        return set(), set()
    said = answer.json()
    assert said["reason"] in {"Invalid", "BadRequest"}, said
    causes = said["details"].get("causes", []) if "details" in said else []
    broken = {rule: cause["field"] for rule in rules() for cause in causes if cause["message"].endswith(rule)}
    fields = {cause["field"] for cause in causes if cause["field"] != NOWHERE} | {*broken.values()}
    unknown = {part.split('"')[0] for part in said["message"].split('unknown field "')[1:]}
    return {field.replace(NOWHERE, "") for field in fields} | unknown, {*broken}


def refusal_by(client: Resource, before: Resource | None = None) -> Refusal:
    """What a replay says."""
    found = refusals(merged({}, client), before)
    return {dotted(problem.field) for problem in found}, {one.sentence for one in found if not one.keyword}


def dotted(field: Where) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in field).removeprefix(".")


def test_each_resource_is_refused_by_both_or_by_none(api: httpx.Client) -> None:
    def real(client: Resource) -> Refusal:
        return refusal_of(api.post(path_of("wahealth.io"), params=STRICT, json=client))

    different = {name: (real(client), refusal_by(client)) for name, client in CASES.items()}
    assert {name: both for name, both in different.items() if both[0] != both[1]} == {}


def test_each_edit_of_what_another_schema_let_in(plane: ControlPlane, api: httpx.Client) -> None:
    plane.kubectl("apply", "-f", "-", input=yaml.safe_dump(kind(anything_goes())))
    stored = until(lambda: created(api), "a resource that the schema would not let in", 60)
    plane.kubectl("apply", "-f", "-", input=yaml.safe_dump(kind(None)))
    until(lambda: api.post(path_of(OTHER), params=STRICT, json=of(STORED, "another")).is_error, "the real schema", 60)

    def real(client: Resource) -> Refusal:
        edit = of(client) | {"metadata": stored["metadata"]}
        return refusal_of(api.put(f"{path_of(OTHER)}/one", params=STRICT, json=edit))

    different = {name: (real(client), refusal_by(client, STORED)) for name, (client, _) in EDITS.items()}
    assert {name: both for name, both in different.items() if both[0] != both[1]} == {}


def created(api: httpx.Client) -> Any:
    answer = api.post(path_of(OTHER), json=of(STORED))
    return answer.json() if answer.is_success else None


def of(client: Resource, name: str = "one") -> Resource:
    """The same in the other group."""
    metadata = {"name": name, "namespace": "default"}
    return copy.deepcopy(client) | {"apiVersion": f"{OTHER}/v1alpha1", "metadata": metadata}


def kind(schema: dict[str, Any] | None) -> dict[str, Any]:
    """The CustomResourceDefinition in the other group, with another schema if it is given one."""
    document = custom_resource_definition()
    document["metadata"]["name"] = f"whatsappclients.{OTHER}"
    document["spec"]["group"] = OTHER
    document["spec"]["names"] |= {"shortNames": [], "categories": []}
    if schema is not None:
        (version,) = document["spec"]["versions"]
        version["schema"]["openAPIV3Schema"] = schema
        del version["selectableFields"]
    return document


def anything_goes() -> dict[str, Any]:
    free = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {"type": "object", "properties": {"spec": free, "status": free}}
