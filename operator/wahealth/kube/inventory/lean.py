"""Drops what the inventory does not read of an object, because a list is held until its last page has come.

A pod is some 8 KB of JSON and 47 KB of Python objects, so 10,000 pods would fill the 512 MiB that the chart grants.
"""

from __future__ import annotations

from wahealth.kube.apiserver.api import Document

_METADATA = frozenset({"managedFields", "annotations"})
_STATUS = frozenset({"containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"})
_OF_PODS = frozenset({"volumes", "tolerations", "affinity", "topologySpreadConstraints", "ephemeralContainers"})
_PROBES = frozenset({"livenessProbe", "readinessProbe", "startupProbe", "lifecycle"})
_CONTAINER = _PROBES | {"envFrom", "resources", "securityContext", "volumeMounts", "volumeDevices"}


def lean(object_: Document) -> Document:
    """A copy of a pod, a workload or a Service with what is read of it. The original is not changed."""
    spec, lighter = object_.get("spec"), dict(object_)
    for part, unread in (("metadata", _METADATA), ("status", _STATUS)):
        if object_.get(part):
            lighter[part] = _without(object_[part], unread)
    if spec:
        lighter["spec"] = _of_template(spec) if spec.get("template") else _of_pod(spec, _CONTAINER | {"env"})
    return lighter


def _of_template(spec: Document) -> Document:
    """The spec of a workload. Its containers keep `env`, which shows what they run."""
    template: Document = spec["template"]
    return spec | {"template": template | {"spec": _of_pod(template.get("spec") or {}, _CONTAINER)}}


def _of_pod(spec: Document, of_container: frozenset[str]) -> Document:
    lighter = _without(spec, _OF_PODS)
    for part in ("initContainers", "containers"):
        if spec.get(part):
            lighter[part] = [_without(container, of_container) for container in spec[part]]
    return lighter


def _without(part: Document, unread: frozenset[str]) -> Document:
    return {name: value for name, value in part.items() if name not in unread}
