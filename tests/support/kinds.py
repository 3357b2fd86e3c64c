"""What the real API server knows of its kinds, as files that kubeconform takes: a JSON schema each, strict."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from wahealth.playground.cluster.control_plane import ControlPlane

Schema = dict[str, Any]
PROMETHEUS_OPERATOR = "github.com/prometheus-operator/prometheus-operator@v0.83.0"
_MONITORING = ("servicemonitors", "podmonitors", "prometheusrules")
_OF_ONE = ("items", "additionalProperties")  # keywords whose value is a schema
_EITHER = {"oneOf": [{"type": "string"}, {"type": "number"}]}


@cache
def monitoring_crds() -> list[Path]:
    """Of the Prometheus operator, from its Go module; empty where there is no Go."""
    if shutil.which("go") is None:
        return []
    asked = ["go", "mod", "download", "-json", PROMETHEUS_OPERATOR]
    told = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    folder = Path(json.loads(told)["Dir"], "example", "prometheus-operator-crd")
    return [folder / f"monitoring.coreos.com_{name}.yaml" for name in _MONITORING]


def write_schemas(plane: ControlPlane, kinds: Iterable[tuple[str, str]], into: Path) -> str:
    """Of these (apiVersion, kind). Returns what kubeconform's `-schema-location` is to be."""
    definitions = json.loads(plane.kubectl("get", "--raw", "/openapi/v2"))["definitions"]
    names = {
        (_api_version(known), known["kind"]): name
        for name, definition in definitions.items()
        for known in definition.get("x-kubernetes-group-version-kind", ())
    }
    strict = {name: _strict(definition) for name, definition in definitions.items()}
    for api_version, kind in kinds:
        schema = {"$ref": f"#/definitions/{names[api_version, kind]}", "definitions": strict}
        group, _, version = api_version.rpartition("/")
        file = into / f"{group or version}-{version}-{kind}.json".lower()  # as kubeconform names the core group
        file.write_text(json.dumps(schema))
    return f"{into}/{{{{.Group}}}}-{{{{.ResourceAPIVersion}}}}-{{{{.ResourceKind}}}}.json"


def _api_version(known: dict[str, str]) -> str:
    return "/".join(filter(None, (known["group"], known["version"])))


def _strict(schema: Schema) -> Schema:
    """No field that it does not know; what may be a number or a text may be both."""
    if schema.get("format") == "int-or-string" or "x-kubernetes-int-or-string" in schema:
        return _EITHER
    if schema.get("type") == "string" and str(schema.get("description", "")).startswith("Quantity is"):
        return _EITHER
    inner = {name: _strict(one) if name in _OF_ONE and isinstance(one, dict) else one for name, one in schema.items()}
    if "properties" in schema:
        inner["properties"] = {name: _strict(one) for name, one in schema["properties"].items()}
        if "x-kubernetes-preserve-unknown-fields" not in schema:
            inner.setdefault("additionalProperties", False)
    return inner
