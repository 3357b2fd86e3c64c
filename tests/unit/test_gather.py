"""What is found before anybody is asked."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from wahealth.core.facts import Facts
from wahealth.core.moment import Moment
from wahealth.core.networks import Networks
from wahealth.kube.gather import Gather
from wahealth.kube.inventory import Inventory
from wahealth.kube.record import record_of

OWNER = {"kind": "StatefulSet", "name": "web", "controller": True}
RESOURCE: dict[str, Any] = {
    "metadata": {"name": "a", "namespace": "acme", "uid": "u", "generation": 1, "resourceVersion": "1"},
    "spec": {
        "target": {"workload": {"kind": "StatefulSet", "name": "web"}},
        "auth": {"apiKey": {"secretKeyRef": {"name": "k"}}},
    },
}


def facts(address: str) -> Facts:
    """Of a client whose one web pod claims this address; nothing that could read a key or ask is there."""
    inventory = Inventory()
    metadata = {"namespace": "acme", "name": "web", "uid": "w"}
    inventory.workloads["StatefulSet"].put({"metadata": metadata})
    pod = {"namespace": "acme", "name": "web-0", "ownerReferences": [OWNER]}
    inventory.pods.put({"metadata": pod, "status": {"phase": "Running", "podIP": address}})
    gather = Gather(inventory, references=None, prober=None, networks=Networks())  # type: ignore[arg-type]
    return asyncio.run(gather.facts(record_of(RESOURCE), Moment(0.0, datetime(2026, 1, 1, tzinfo=UTC))))


@pytest.mark.parametrize("address", ["169.254.169.254", "127.0.0.1", "::ffff:169.254.169.254", "fe80::1"])
def test_a_pod_whose_address_no_pod_can_have_is_sent_no_key(address: str) -> None:
    found = facts(address).reference
    assert found is not None
    assert found.reason == "TargetForbidden"
    assert "web-0" in found.message
