"""What a client's spec refers to, looked up: the target, its pods, the Secret."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

from wahealth.wa import document as read
from wahealth.wa.client import Client
from wahealth.wa.cluster import METADATA, PODS, SECRETS, Cluster, Kind, Part
from wahealth.wa.document import Document
from wahealth.wa.remedies import secret_of

_APPS = "apis/apps/v1"
_KINDS: Mapping[str, Kind] = {
    "Deployment": Kind(_APPS, "deployments"),
    "StatefulSet": Kind(_APPS, "statefulsets"),
    "DaemonSet": Kind(_APPS, "daemonsets"),
    "Rollout": Kind("apis/argoproj.io/v1alpha1", "rollouts"),
    "DeploymentConfig": Kind("apis/apps.openshift.io/v1", "deploymentconfigs"),
    "Service": Kind("api/v1", "services"),
}


class Target(NamedTuple):
    """A workload or a Service; `kind` is empty for a host outside of the cluster."""

    kind: str = ""
    name: str = ""


class Referred(NamedTuple):
    """What was found. None: it was not asked for, because there is nothing to ask for, or what names it is missing."""

    target: Part | None = None
    pods: Part | None = None
    secret: Part | None = None


def target_of(client: Client) -> Target:
    """The target that the spec names."""
    named = read.inner(client.spec, "target")
    workload, service = read.inner(named, "workload"), read.inner(named, "service")
    if workload:
        return Target(read.text(workload, "kind") or "Deployment", read.text(workload, "name"))
    return Target("Service", read.text(service, "name")) if service else Target()


async def referred(cluster: Cluster, client: Client) -> Referred:
    """Looks everything up. Raises `Unusable` where no API server answers."""
    target, secret = await asyncio.gather(_target(cluster, client), _secret(cluster, client))
    selector = selector_of(target.objects[0]) if target is not None and target.objects else ""
    pods = await cluster.part(PODS, client.namespace, labelSelector=selector) if selector else None
    return Referred(target, pods, secret)


async def _target(cluster: Cluster, client: Client) -> Part | None:
    target = target_of(client)
    kind = _KINDS.get(target.kind)
    return await cluster.one(kind, client.namespace, target.name) if kind and target.name else None


async def _secret(cluster: Cluster, client: Client) -> Part | None:
    name, _ = secret_of(client)
    return await cluster.one(SECRETS, client.namespace, name, METADATA) if name else None


def selector_of(target: Document) -> str:
    """The selector of the pods of a workload or a Service, as the API server takes it; empty if it has none."""
    selector = read.inner(target, "spec", "selector")
    labels = read.inner(selector, "matchLabels") or selector
    equal = [f"{name}={value}" for name, value in labels.items() if isinstance(value, str)]
    return ",".join([*equal, *filter(None, map(_expression, read.objects(selector, "matchExpressions")))])


def _expression(found: Document) -> str:
    key, values = read.text(found, "key"), ",".join(read.texts(found, "values"))
    forms = {"In": f"{key} in ({values})", "NotIn": f"{key} notin ({values})", "Exists": key, "DoesNotExist": f"!{key}"}
    return forms.get(read.text(found, "operator"), "")


def is_ready(pod: Document) -> bool:
    """Whether the pod's condition Ready is True."""
    conditions = read.objects(pod, "status", "conditions")
    return any(read.text(each, "type") == "Ready" and read.text(each, "status") == "True" for each in conditions)
