"""What is shown: the simulated clients and phone numbers, and the verdict that each demonstrates."""

from __future__ import annotations

from collections.abc import Iterator

from wahealth.api.crd import custom_resource_definition
from wahealth.kube import access
from wahealth.playground import manifests
from wahealth.playground.environment import SYSTEM, Environment
from wahealth.playground.manifests import ClientManifests, Document
from wahealth.playground.numbers import NAMESPACE, number_objects

FAST = {"failover_seconds": 4, "startup_seconds": 1}

CLIENTS = (
    ClientManifests("acme", "support", settings={"shards": 1, **FAST, "failover_seconds": 8}),
    ClientManifests(
        *("acme", "marketing"),
        coreapps=5,
        settings={"shards": 4, "multiconnect": True, **FAST},
        spec={"apiKeyRotation": {"restartPolicy": "OnChange", "minPeriodSeconds": 60}},
    ),
    ClientManifests("beta", "helpdesk", coreapps=1, masters=0, webs=1, settings=FAST),
    ClientManifests("beta", "pilot", coreapps=1, masters=0, webs=1, settings={"registered": False, **FAST}),
    ClientManifests("gamma", "sales", coreapps=1, masters=0, webs=1, key="too-short", settings=FAST),
    ClientManifests("gamma", "archive", coreapps=1, masters=0, webs=1, settings={"refuse": True, **FAST}),
)
# The reason of the Ready condition that each client demonstrates.
VERDICTS = {
    ("acme", "support"): "Available",
    ("acme", "marketing"): "Available",
    ("beta", "helpdesk"): "Available",
    ("beta", "pilot"): "Unregistered",
    ("gamma", "sales"): "APIKeyTooShort",
    ("gamma", "archive"): "ConnectionRefused",
    (NAMESPACE, "orders"): "Available",
    (NAMESPACE, "newsletter"): "PaymentMethod",
}
OPERATOR_FLAGS = ("--secret-refresh", "5")


def definition_and_rights() -> Iterator[Document]:
    """What the operator itself needs. The CustomResourceDefinition comes first."""
    yield custom_resource_definition()
    yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SYSTEM}}
    yield from access.manifests(SYSTEM)
    for option in access.Option:
        yield from access.optional(SYSTEM, option)


def objects(environment: Environment) -> Iterator[Document]:
    """All objects of the clients and numbers, each after what it needs."""
    yield from manifests.namespaces(CLIENTS, environment.ca)
    for client in CLIENTS:
        yield from manifests.objects(client, environment.port)
    yield from number_objects()
