"""The revision of the CRD is raised with each change of its schema, so that an older CRD is known for one."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from wahealth.api.crd import REVISION, REVISION_ANNOTATION, custom_resource_definition

# By revision: what the schema was. Add a line and raise `REVISION`; a line that was on the main branch is never edited.
SCHEMAS = {
    1: "e2b1a7002704afc5",
}


def test_it_was_raised_with_the_last_change_of_the_schema() -> None:
    (version,) = custom_resource_definition()["spec"]["versions"]
    shape = json.dumps(without_descriptions(version["schema"]), sort_keys=True)
    digest = hashlib.sha256(shape.encode()).hexdigest()[:16]
    assert SCHEMAS[max(SCHEMAS)] == digest, f"the schema is another one: add {max(SCHEMAS) + 1} with {digest}"
    assert max(SCHEMAS) == REVISION
    assert custom_resource_definition()["metadata"]["annotations"] == {REVISION_ANNOTATION: str(REVISION)}


def test_a_revision_has_a_schema_of_its_own() -> None:
    assert list(SCHEMAS) == list(range(1, REVISION + 1))
    assert len(set(SCHEMAS.values())) == len(SCHEMAS)


def without_descriptions(node: Any) -> Any:
    """The schema without what only people read. A field may be named `description`, too: that one stays."""
    if isinstance(node, list):
        return [without_descriptions(one) for one in node]
    if not isinstance(node, dict):
        return node
    kept = {name: value for name, value in node.items() if not (name == "description" and isinstance(value, str))}
    return {name: without_descriptions(value) for name, value in kept.items()}
