"""What is seen of a release, by kind of object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from support.rendered import Document, documents

KEPT = {
    "helm.sh/resource-policy": "keep",
    "argocd.argoproj.io/sync-options": "Prune=false",
    "kustomize.toolkit.fluxcd.io/prune": "disabled",
}
POLICY_KINDS = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")


class Rendered:
    """The objects of a release, by kind."""

    def __init__(self, values: Document) -> None:
        self.all = documents(values)

    def every(self, kind: str) -> list[Document]:
        return [document for document in self.all if document["kind"] == kind]

    def one(self, kind: str) -> Document:
        """The only one, or what there is of one that is not there: nothing."""
        found = self.every(kind)
        return found[0] if found else {}

    @property
    def pod(self) -> Document:
        spec: Document = self.one("Deployment")["spec"]["template"]["spec"]
        return spec

    @property
    def container(self) -> Document:
        first: Document = self.pod["containers"][0]
        return first

    @property
    def pull_secrets(self) -> list[str]:
        return [one["name"] for one in self.pod.get("imagePullSecrets", ())]

    @property
    def images(self) -> set[str]:
        return {self.container["image"], self.one("Pod")["spec"]["containers"][0]["image"]}

    def env(self, name: str) -> str | None:
        return next((one.get("value") for one in self.container["env"] if one["name"] == name), None)

    def secret(self, name: str) -> Document | None:
        """From where the variable comes."""
        found = (one for one in self.container["env"] if one["name"] == name)
        return next((one.get("valueFrom", {}).get("secretKeyRef") for one in found), None)

    def labels(self, kind: str) -> Document:
        labels: Document = self.one(kind).get("metadata", {}).get("labels", {})
        return labels

    def spec(self, kind: str) -> Document:
        spec: Document = self.one(kind).get("spec", {})
        return spec

    def may(self, verb: str, resource: str, kind: str = "ClusterRole") -> bool:
        rules = [rule for role in self.every(kind)[:1] for rule in role["rules"]]
        return any(verb in rule["verbs"] and resource in rule["resources"] for rule in rules)

    def namespace(self, kind: str) -> str | None:
        namespace: str | None = self.one(kind).get("metadata", {}).get("namespace")
        return namespace

    def annotations(self, kind: str) -> Document:
        return _annotations(self.one(kind)) if self.every(kind) else {}


def policies(rendered: Rendered, *names: str) -> list[Document]:
    """The policies of these names, then their bindings."""
    return [one for one in rendered.all if one["kind"] in POLICY_KINDS and one["metadata"]["name"] in names]


def are_kept(documents: list[Document]) -> bool:
    return all(_annotations(one).items() >= KEPT.items() for one in documents)


def alerts(rendered: Rendered) -> list[Document]:
    return [rule for group in rendered.spec("PrometheusRule").get("groups", ()) for rule in group["rules"]]


CA_ENTRY = [{"key": "ca.crt", "path": "ca.crt"}]


def authorities(rendered: Rendered) -> Document:
    """The volume that is mounted where the operator reads them."""
    path = rendered.env("WAHEALTH_EGRESS_CA_FILE") or ""
    mounts = {one["mountPath"]: one for one in rendered.container.get("volumeMounts", ())}
    mount = mounts.get(path.removesuffix("/ca.crt"), {})
    volumes = (one for one in rendered.pod.get("volumes", ()) if one["name"] == mount.get("name"))
    return next(volumes, {}) if "subPath" not in mount else {}


def egress_ports(rendered: Rendered, which: int) -> list[int]:
    egress = rendered.spec("NetworkPolicy").get("egress", [])
    return [port["port"] for port in egress[which]["ports"]] if egress else []


Seen = Callable[[Rendered], Any]
# Path of a value, what it is set to, what is seen of it then; what else is to be set for it to be seen.
Tried = tuple[str, Any, Seen, Document]


def everywhere(name: str, value: str) -> Seen:
    """That all objects but those of the extra values have the label."""
    ours = ("CustomResourceDefinition", *POLICY_KINDS)
    return lambda r: all(d["metadata"]["labels"].get(name) == value for d in r.all if d["kind"] not in ours)


def annotated_everywhere(name: str, value: str) -> Seen:
    """The same of an annotation."""
    ours = ("CustomResourceDefinition", *POLICY_KINDS)
    return lambda r: all(_annotations(d).get(name) == value for d in r.all if d["kind"] not in ours)


def _annotations(document: Document) -> Document:
    annotations: Document = document["metadata"].get("annotations", {})
    return annotations


def monitored_from(kind: str, namespace: str) -> Seen:
    """That the monitor is in this namespace, and that it finds the operator in that of the release."""
    here = {"matchNames": ["wahealth-system"]}
    return lambda r: r.namespace(kind) == namespace and r.spec(kind).get("namespaceSelector") == here
