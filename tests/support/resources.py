"""Resources that the API server takes, and such as it refuses, with a part of what it says then."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import yaml

Resource = dict[str, Any]

MINIMAL: Resource = {
    "apiVersion": "wahealth.io/v1alpha1",
    "kind": "WhatsAppClient",
    "metadata": {"name": "one", "namespace": "default"},
    "spec": {
        "target": {"workload": {"name": "web"}},
        "auth": {"apiKey": {"secretKeyRef": {"name": "web-api-key"}}},
    },
}


def changed(**paths: Any) -> Resource:
    """The minimal resource with values at `spec__probe={…}`."""
    document = copy.deepcopy(MINIMAL)
    for path, value in paths.items():
        *parents, last = path.split("__")
        inner = document
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[last] = value
    return document


def numbered(**spec: Any) -> Resource:
    """A phone number of the Cloud API, with these fields of its spec besides or instead."""
    target = {"cloud": {"phoneNumberID": "900000000000001"}}
    auth = {"bearerToken": {"secretKeyRef": {"name": "number-token", "key": "token"}}}
    return changed(spec={"target": target, "auth": auth, **spec})


def crd_before_cloud() -> Resource:
    """The CustomResourceDefinition of an earlier version, which knew no `target.cloud` and no numbers."""
    file = Path(__file__).parents[1] / "fixtures" / "crd-before-cloud.yaml"
    found: Resource = yaml.safe_load(file.read_text())
    return found


BOTH = {"roleLabels": "Enabled", "readinessGates": "Enforce"}
OWN_PODS = {"matchLabels": {f"label-{n}": "core" for n in range(16)}}
SELECT = "spec.pods.selector: name at least one label of the client's own pods"

ACCEPTED = {
    "minimal": MINIMAL,
    "a name of 63 characters": changed(metadata__name="a" * 63),
    "Multiconnect with shards": changed(spec__mode="Multiconnect", spec__multiconnect={"shards": 32}),
    "Auto with shards": changed(spec__mode="Auto", spec__multiconnect={"shards": 2}),
    "shards and no mode": changed(spec__multiconnect={"shards": 2}),
    "Single": changed(spec__mode="Single"),
    "a timeout as long as the period": changed(spec__probe={"periodSeconds": 5, "timeoutSeconds": 5}),
    "a timeout as long as the default period": changed(spec__probe={"timeoutSeconds": 30}),
    "a StatefulSet": changed(spec__target__workload={"kind": "StatefulSet", "name": "web", "port": 65535}),
    "a restart behind a Service": changed(
        spec__target={"service": {"name": "web"}},
        spec__apiKeyRotation={"restartPolicy": "OnChange", "workload": {"kind": "StatefulSet", "name": "web"}},
    ),
    "a DaemonSet": changed(spec__target__workload={"kind": "DaemonSet", "name": "web"}),
    "a CA in a ConfigMap": changed(spec__tls={"caRef": {"kind": "ConfigMap", "name": "ca"}}),
    "a CA and a name": changed(spec__tls={"verification": "Full", "caRef": {"name": "ca"}, "serverName": "waweb"}),
    "a client certificate": changed(spec__tls={"clientCertificateRef": {"name": "web-client"}}),
    "a CA without the name": changed(spec__tls={"verification": "SkipHostname", "caRef": {"name": "ca"}}),
    "a pinned certificate": changed(spec__tls={"verification": "Pinned", "pinnedSHA256": ["ab" * 32]}),
    "a pin as openssl prints it": changed(
        spec__tls={"verification": "Pinned", "pinnedSHA256": [":".join(["AB"] * 32)]}
    ),
    "nobody verified": changed(spec__tls={"verification": "None"}),
    "a minimum of all shards": changed(
        spec__multiconnect={"shards": 4}, spec__expectations={"minConnectedCoreapps": 4}
    ),
    "a Service as one": changed(spec__target={"service": {"name": "web"}, "scope": "Service"}),
    "a URL": changed(spec__target={"url": "https://waweb.example.com:8443"}),
    "a URL in clear": changed(spec__target={"url": "http://[2600::1]:80", "scheme": "HTTP"}),
    "an optional registration": changed(spec__expectations={"registration": "Optional", "minMasters": 0}),
    "the longest period": changed(spec__probe={"periodSeconds": 3600, "timeoutSeconds": 60}),
    "a selector alone": changed(spec__pods={"selector": {"matchLabels": {"app": "core"}}}),
    "labels and a gate on selected pods": changed(spec__pods={"selector": OWN_PODS, **BOTH}),
    "a phone number": numbered(),
    "a phone number with all defaults stored": numbered(
        mode="Auto",
        apiKeyRotation={"restartPolicy": "Never", "minPeriodSeconds": 300},
        pods={"roleLabels": "Disabled", "readinessGates": "Disabled"},
    ),
    "a phone number with its own wishes": numbered(cloud={"limited": "Accepted", "ignoredCodes": [141010]}),
    "neither labels nor a gate": changed(spec__pods={"roleLabels": "Disabled", "readinessGates": "Disabled"}),
}

REFUSED = {
    "a phone number with a mode": (numbered(mode="Single"), "target.cloud has no mode"),
    "a phone number with shards": (numbered(multiconnect={"shards": 2}), "target.cloud has no shards"),
    "a phone number that is restarted": (
        numbered(apiKeyRotation={"restartPolicy": "OnChange"}),
        "restartPolicy OnChange needs auth.apiKey",
    ),
    "a phone number with labels on pods": (
        numbered(pods={"selector": {"matchLabels": {"app": "core"}}, "roleLabels": "Enabled"}),
        "target.cloud has no pods",
    ),
    "a phone number with tls": (numbered(tls={"serverName": "a"}), "target.cloud is always verified in full"),
    "a phone number with an API key": (
        numbered(auth={"apiKey": {"secretKeyRef": {"name": "k"}}}),
        "target.cloud needs auth.bearerToken",
    ),
    "a phone number behind 360dialog with a token": (
        numbered(target={"cloud": {"provider": "Dialog360"}}),
        "provider Dialog360 needs auth.apiKey",
    ),
    "a version at 360dialog": (
        numbered(
            target={"cloud": {"provider": "Dialog360", "graphVersion": "v26.0"}},
            auth={"apiKey": {"secretKeyRef": {"name": "k", "key": "D360_API_KEY"}}},
        ),
        "graphVersion and accountID apply only with provider Graph",
    ),
    "a phone number without an id": (
        numbered(target={"cloud": {"graphVersion": "v26.0"}}),
        "provider Graph needs phoneNumberID",
    ),
    "a phone number over HTTP": (
        numbered(target={"cloud": {"phoneNumberID": "900000000000001"}, "scheme": "HTTP"}),
        "do not apply to target.cloud",
    ),
    "an id with a newline": (numbered(target={"cloud": {"phoneNumberID": "900000000000001\n"}}), "should match"),
    "a version that is none": (
        numbered(target={"cloud": {"phoneNumberID": "900000000000001", "graphVersion": "26"}}),
        "should match",
    ),
    "an app secret without a phone number": (
        changed(
            spec__auth={
                "bearerToken": {
                    "secretKeyRef": {"name": "t", "key": "token"},
                    "appSecretKeyRef": {"name": "t", "key": "app-secret"},
                }
            }
        ),
        "auth.bearerToken.appSecretKeyRef applies only with target.cloud",
    ),
    "wishes without a phone number": (
        changed(spec__cloud={"limited": "Accepted"}),
        "cloud applies only with target.cloud",
    ),
    "templates without an account": (
        numbered(cloud={"templates": ["order_update"]}),
        "cloud.templates needs target.cloud.accountID",
    ),
    "a template with a capital": (
        numbered(
            target={"cloud": {"phoneNumberID": "900000000000001", "accountID": "900000000000002"}},
            cloud={"templates": ["Order"]},
        ),
        "should match",
    ),
    "51 ignored codes": (numbered(cloud={"ignoredCodes": list(range(1, 52))}), "must have at most 50 items"),
    "a name of 64 characters": (changed(metadata__name="a" * 64), "must not be longer than 63"),
    "Multiconnect without shards": (changed(spec__mode="Multiconnect"), "needs multiconnect.shards"),
    "shards with Single": (
        changed(spec__mode="Single", spec__multiconnect={"shards": 2}),
        "applies only with mode Multiconnect or Auto",
    ),
    "shards with HighAvailability": (
        changed(spec__mode="HighAvailability", spec__multiconnect={"shards": 1}),
        "applies only with mode Multiconnect or Auto",
    ),
    "a timeout longer than the period": (
        changed(spec__probe={"periodSeconds": 5, "timeoutSeconds": 6}),
        "must not be longer than periodSeconds",
    ),
    "a timeout longer than the default period": (
        changed(spec__probe={"timeoutSeconds": 31}),
        "must not be longer than periodSeconds",
    ),
    "a minimum of more than all shards": (
        changed(spec__multiconnect={"shards": 4}, spec__expectations={"minConnectedCoreapps": 5}),
        "must not be more than multiconnect.shards",
    ),
    "Pinned without a pin": (changed(spec__tls={"verification": "Pinned"}), "set both or neither"),
    "a pin without Pinned": (changed(spec__tls={"pinnedSHA256": ["ab" * 32]}), "set both or neither"),
    "a CA and nobody verified": (
        changed(spec__tls={"verification": "None", "caRef": {"name": "ca"}}),
        "caRef applies only with verification Full or SkipHostname",
    ),
    "a pin that is none": (
        changed(spec__tls={"verification": "Pinned", "pinnedSHA256": ["AB:CD"]}),
        "should match",
    ),
    "a login beside another path": (
        changed(
            spec__target={"url": "https://a.example.com", "path": "/support/health"},
            spec__auth={"userCredentials": {"secretRef": {"name": "u"}}},
        ),
        "target.path must end in /v1/health",
    ),
    "a restart of a Service": (
        changed(spec__target={"service": {"name": "web"}}, spec__apiKeyRotation={"restartPolicy": "OnChange"}),
        "restartPolicy OnChange needs auth.apiKey, and target.workload or apiKeyRotation.workload",
    ),
    "a restart of what is no target": (
        changed(spec__apiKeyRotation={"restartPolicy": "OnChange", "workload": {"name": "web"}}),
        "apiKeyRotation.workload applies only with target.service",
    ),
    "labels on any pod": (changed(spec__pods={"roleLabels": "Enabled"}), SELECT),
    "a gate on any pod": (changed(spec__pods={"readinessGates": "Report"}), SELECT),
    "an empty selector": (changed(spec__pods={"selector": {"matchLabels": {}}, **BOTH}), SELECT),
    "a selector of what the operator writes": (
        changed(spec__pods={"selector": {"matchLabels": {"app": "core", "wahealth.io/role": "coreapp"}}, **BOTH}),
        "the operator itself writes wahealth.io/client, wahealth.io/role and wahealth.io/gateway",
    ),
    "a name with a path": (changed(spec__tls={"serverName": "waweb/../x"}), "should match"),
    "3 shards": (changed(spec__multiconnect={"shards": 3}), "Unsupported value"),
    "no target": (changed(spec__target={}), "name exactly one of workload, service, url and cloud"),
    "two targets": (
        changed(spec__target__service={"name": "web"}),
        "name exactly one of workload, service, url and cloud",
    ),
    "a workload as one": (changed(spec__target__scope="Service"), "scope Service applies only with target.service"),
    "a URL with a path": (changed(spec__target={"url": "https://a.example.com/v1"}), "url must be an origin"),
    "a URL with a user": (changed(spec__target={"url": "https://u:p@a.example.com"}), "url must be an origin"),
    "a URL of another scheme": (changed(spec__target={"url": "file:///etc/passwd"}), "url must be an origin"),
    "plain HTTP unsaid": (changed(spec__target={"url": "http://a.example.com"}), "url and scheme must say the same"),
    "plain HTTP with tls": (
        changed(spec__target__scheme="HTTP", spec__tls={"serverName": "waweb"}),
        "tls has no meaning with target.scheme HTTP",
    ),
    "a path with a query": (changed(spec__target__path="/v1/health?x"), "should match"),
    "no auth": (changed(spec__auth={}), "name exactly one of apiKey, bearerToken and userCredentials"),
    "two auths": (
        changed(spec__auth__bearerToken={"secretKeyRef": {"name": "t", "key": "token"}}),
        "name exactly one of apiKey, bearerToken and userCredentials",
    ),
    "an unknown mode": (changed(spec__mode="Triple"), "Unsupported value"),
    "port 0": (changed(spec__target__workload={"name": "web", "port": 0}), "greater than or equal to 1"),
    "a Job": (changed(spec__target__workload={"kind": "Job", "name": "web"}), "Unsupported value"),
    "a period of 4 s": (changed(spec__probe={"periodSeconds": 4}), "greater than or equal to 5"),
    "a Secret in another namespace": (
        changed(spec__auth__apiKey__secretKeyRef={"name": "../other/key"}),
        "should match",
    ),
    "a reference with a namespace": (
        changed(spec__auth__apiKey__secretKeyRef={"name": "k", "namespace": "other"}),
        "unknown field",
    ),
}

# Let in by another schema, and then edited: what is wrong and was so before the edit may stay (Kubernetes: ratcheting).
STORED = changed(spec__mode="Triple", spec__multiconnect={"shards": 2}, spec__tls={"verification": "Pinned"})


def _edited(**spec: Any) -> Resource:
    document = copy.deepcopy(STORED)
    document["spec"] |= spec
    return document


EDITS: dict[str, tuple[Resource, str | None]] = {
    "nothing": (STORED, None),
    "labels": (STORED | {"metadata": {"name": "one", "labels": {"a": "b"}}}, None),
    "beside what is wrong": (_edited(suspend=True), "applies only with mode Multiconnect or Auto"),
    "within what is wrong": (_edited(tls={"verification": "Pinned", "serverName": "waweb"}), "set both or neither"),
    "to another wrong value": (_edited(mode="Double"), "Unsupported value"),
    "one of two that are wrong": (_edited(mode="Multiconnect"), None),
    "all that is wrong": (_edited(mode="Multiconnect", tls={"serverName": "waweb"}), None),
    "an unknown field": (_edited(unknown=1), "unknown field"),
}
