"""The CustomResourceDefinition, made of the models: structural schema, columns, field selectors."""

from __future__ import annotations

from typing import Any

from wahealth.api import v1alpha1 as api

Schema = dict[str, Any]

COLUMNS: tuple[tuple[str, str, str, int], ...] = (  # name, type, path, priority (1: wide only)
    ("Mode", "string", ".status.mode", 0),
    ("Ready", "string", '.status.conditions[?(@.type=="Ready")].status', 0),
    ("Gateway", "string", ".status.gateway", 0),
    ("Connected", "string", ".status.connected.summary", 0),
    ("Primary", "string", ".status.primaryMaster", 0),
    ("Since", "date", '.status.conditions[?(@.type=="Ready")].lastTransitionTime', 0),
    ("Age", "date", ".metadata.creationTimestamp", 0),
    ("Reason", "string", '.status.conditions[?(@.type=="Ready")].reason', 1),
    ("Spares", "integer", ".status.redundancy.tolerableFailures", 1),
    ("Version", "string", ".status.clientVersion", 1),
    ("Message", "string", '.status.conditions[?(@.type=="Ready")].message', 1),
)
SELECTABLE = (".status.gateway", ".status.mode", ".spec.mode")
NAME = f"{api.PLURAL}.{api.GROUP}"
REVISION_ANNOTATION = f"{api.GROUP}/crd-revision"
REVISION = 1  # tells an older CRD from a newer one: raised with every change of the schema (but of a description)


def custom_resource_definition() -> Schema:
    """The whole CustomResourceDefinition as a Kubernetes object."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"annotations": {REVISION_ANNOTATION: str(REVISION)}, "name": NAME},
        "spec": {
            "group": api.GROUP,
            "names": {
                "kind": api.KIND,
                "listKind": f"{api.KIND}List",
                "plural": api.PLURAL,
                "singular": api.SINGULAR,
                "shortNames": [api.SHORT_NAME],
                "categories": [api.CATEGORY],
            },
            "scope": "Namespaced",
            "conversion": {"strategy": "None"},
            "versions": [_version()],
        },
    }


def _version() -> Schema:
    return {
        "name": api.VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "selectableFields": [{"jsonPath": path} for path in SELECTABLE],
        "additionalPrinterColumns": [_column(*column) for column in COLUMNS],
        "schema": {"openAPIV3Schema": structural_schema()},
    }


def _column(name: str, type_: str, path: str, priority: int) -> Schema:
    return {"name": name, "type": type_, "jsonPath": path} | ({"priority": priority} if priority else {})


def structural_schema() -> Schema:
    """The root model's JSON schema as the API server accepts it: no references, titles, nulls or examples."""
    return _without_examples(resolved_schema())


def resolved_schema() -> Schema:
    """The schema of `structural_schema`, with the models' examples."""
    schema = api.WhatsAppClient.model_json_schema(by_alias=True)
    return _structural(schema, schema.pop("$defs"))


def _structural(node: Schema, definitions: Schema) -> Schema:
    node = _resolved(node, definitions)
    result = {key: value for key, value in node.items() if key not in {"title", "properties", "items"}}
    if result.get("default", 0) in (None, [], {}):
        del result["default"]
    if "properties" in node:
        result["properties"] = {name: _structural(child, definitions) for name, child in node["properties"].items()}
    if "items" in node:
        result["items"] = _structural(node["items"], definitions)
    return result


def _without_examples(node: Schema) -> Schema:
    result = {key: value for key, value in node.items() if key != "examples"}
    if "properties" in node:
        result["properties"] = {name: _without_examples(child) for name, child in node["properties"].items()}
    return result | ({"items": _without_examples(node["items"])} if "items" in node else {})


def _resolved(node: Schema, definitions: Schema) -> Schema:
    """The node with references and optional values (`anyOf` with null) folded in; its own keys win."""
    if "$ref" in node:
        target = definitions[node["$ref"].rpartition("/")[2]]
        return _resolved({**target, **{k: v for k, v in node.items() if k != "$ref"}}, definitions)
    if "anyOf" in node:
        (present,) = (option for option in node["anyOf"] if option.get("type") != "null")
        return _resolved({**present, **{k: v for k, v in node.items() if k != "anyOf"}}, definitions)
    return {k: v for k, v in node.items() if k != "const"} | ({"enum": [node["const"]]} if "const" in node else {})
