"""What Prometheus reads: the names, how much of it there is, and that Prometheus' own tool takes it."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client import Metric
from prometheus_client.openmetrics import parser
from prometheus_client.parser import text_string_to_metric_families as plain

from support.monitoring.exported import labels_of, page
from wahealth.core.answer import GatewayStatus, Role
from wahealth.core.certificate import Certificate
from wahealth.core.instant import Instant
from wahealth.core.restore import restore_state
from wahealth.core.status import Connected, Credentials, NodeVerdict, TopologyNode
from wahealth.kube.entry import ResourceEntry, entry_of
from wahealth.kube.process import client_metrics
from wahealth.playground.cluster.binaries import provide
from wahealth.telemetry import metrics
from wahealth.telemetry.exposition import exposition

openmetrics: Callable[[str], Iterable[Metric]] = parser.text_string_to_metric_families  # which has no annotations
OPEN = "application/openmetrics-text; version=1.0.0"
CONDITIONS = ("Accepted", "CredentialsValid", "Reachable", "Available", "RedundancySatisfied", "Ready")
WHEN = datetime(2026, 11, 25, tzinfo=UTC)
# As operators' dashboards and alerts have them: a contract.
OF_A_CLIENT = {
    "wahealth_client_info": {"mode", "version"},
    "wahealth_client_condition": {"type", "status"},
    "wahealth_client_reason": {"reason"},
    "wahealth_client_gateway": {"state"},
    "wahealth_client_connected_coreapps": set(),
    "wahealth_client_expected_coreapps": set(),
    "wahealth_client_tolerable_failures": set(),
    "wahealth_client_failovers_total": {"kind"},
    "wahealth_client_last_probe_timestamp_seconds": set(),
    "wahealth_client_probe_period_seconds": set(),
    "wahealth_client_credentials_info": {"secret"},
    "wahealth_client_token_expiry_timestamp_seconds": set(),
    "wahealth_client_tls_not_after_timestamp_seconds": set(),
    "wahealth_client_client_certificate_not_after_timestamp_seconds": set(),
}
OF_THE_OPERATOR = {
    "wahealth_probe_duration_seconds",
    "wahealth_probe_lateness_seconds",
    "wahealth_probes_in_flight",
    "wahealth_probes",
    "wahealth_status_writes",
    "wahealth_events",
    "wahealth_api_requests",
    "wahealth_leader",
    "wahealth_observer_isolated",
    "wahealth_build_info",
}


def client(name: str = "shop", **status: object) -> ResourceEntry:
    conditions = [
        {
            "type": type_,
            "status": "True",
            "reason": "Available",
            "message": "A message for people.",
            "observedGeneration": 1,
        }
        for type_ in CONDITIONS
    ]
    said = {
        "mode": "HighAvailability",
        "clientVersion": "v2.45.1",
        "gateway": "Connected",
        "connected": {"current": 1, "expected": 1, "summary": "1/1"},
        "redundancy": {"coreapps": 2, "masters": 2, "tolerableFailures": 1},
        "conditions": conditions,
        "observedGeneration": 1,
    }
    entry = entry_of(
        {
            "metadata": {
                "name": name,
                "namespace": "acme",
                "uid": f"uid-{name}",
                "generation": 1,
                "resourceVersion": "1",
            },
            "spec": {
                "target": {"workload": {"name": "web"}},
                "auth": {"apiKey": {"secretKeyRef": {"name": "k"}}},
                "tls": {"verification": "None"},
            },
            "status": {**said, **status},
        }
    )
    entry.history.last_probe = 1e9
    entry.history.failovers["PrimaryMaster"] = 3
    entry.written = entry.written._replace(
        credentials=Credentials(token_expiry_time=WHEN),
        tls=Certificate("fingerprint", WHEN),
        client_certificate=Certificate("fingerprint", WHEN),
    )
    return entry


def test_each_name_of_a_client_and_its_labels() -> None:
    found = labels_of(page([client()]))
    for name, labels in OF_A_CLIENT.items():
        assert found[name] == labels | {"namespace", "name"}, name


def test_each_name_of_the_operator() -> None:
    assert {family.name for family in plain(page([]))} >= OF_THE_OPERATOR


def test_a_client_has_some_sixteen_series_however_many_words_it_uses() -> None:
    text = page([client(f"c{i}") for i in range(10)])
    counts = Counter(s.labels["name"] for f in plain(text) for s in f.samples if "namespace" in s.labels)
    assert set(counts.values()) == {20}  # with a token, two certificates, a failover and no verification; else 15


def test_no_label_has_a_message_or_an_address() -> None:
    values = {value for f in plain(page([client()])) for s in f.samples for value in s.labels.values()}
    assert not [value for value in values if " " in value or "message" in value.lower() or value.count(".") == 3]


def test_a_client_that_is_suspended_says_so_also_to_whoever_asked_it_before() -> None:
    """So that its alerts are silent from then on."""
    suspended = client()
    suspended.state = restore_state(suspended.written, 1, suspended.desired.thresholds, Instant(0.0, WHEN))
    told = 'wahealth_client_condition{namespace="acme",name="shop",type="Suspended",status="true"} 1'
    assert told not in page([suspended])
    suspended.desired = replace(suspended.desired, suspended=True)
    assert told in page([suspended])
    assert 'type="Ready"' not in page([suspended])
    assert "wahealth_client_reason{" not in page([suspended])


def test_nodes_are_told_of_only_where_somebody_wants_it() -> None:
    one = client()
    node = TopologyNode("core-0", Role.COREAPP, GatewayStatus.CONNECTED, NodeVerdict.ACTIVE)
    one.written = one.written._replace(nodes=(node,))
    assert "wahealth_client_node" not in page([one])
    assert (
        'wahealth_client_node{namespace="acme",name="shop",node="core-0",role="Coreapp",verdict="Active"} 1.0'
        in page([one], with_nodes=True)
    )


def test_of_a_client_that_is_not_seen_no_number_of_now_is_told() -> None:
    """Else an alert on them would ring until somebody answers again, also when the cure was to stop the client."""
    one = client()
    node = TopologyNode("core-0", Role.COREAPP, GatewayStatus.CONNECTED, NodeVerdict.ACTIVE)
    one.written = one.written._replace(connected=Connected.unseen(1), redundancy=None, nodes=(node,))
    found = labels_of(page([one], with_nodes=True)).keys()
    assert not {f"wahealth_client_{name}" for name in ("connected_coreapps", "tolerable_failures", "node")} & found
    assert {"wahealth_client_expected_coreapps", "wahealth_client_info"} <= found


def test_a_label_s_value_may_be_anything() -> None:
    one = client()
    one.written = one.written._replace(client_version='v2"\\\n{}, é')
    found = [s.labels["version"] for f in plain(page([one])) for s in f.samples if s.name == "wahealth_client_info"]
    assert found == ['v2"\\\n{}, é']


def test_who_wants_some_names_gets_these() -> None:
    metrics.leader.labels("0").set(1)
    wanted = ["wahealth_leader", "wahealth_client_info"]
    text = b"".join(exposition(metrics.REGISTRY, client_metrics.families([client()]), "", wanted)[1]).decode()
    assert {family.name for family in plain(text)} == {"wahealth_leader", "wahealth_client_info"}


def test_openmetrics_for_whoever_asks_for_it() -> None:
    text = page([client()], OPEN)
    assert text.endswith("# EOF\n")
    assert text.count("# EOF") == 1
    assert {family.name for family in openmetrics(text)} >= OF_THE_OPERATOR - {"wahealth_build_info"}


def test_prometheus_own_tool_takes_it() -> None:
    promtool = provide(["promtool"], say=lambda text: print(text, file=sys.stderr))["promtool"]
    text = page([client(), client("other")])
    done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_page_about_them_has_them_all() -> None:
    written = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()
    missing = [name for name in (*OF_A_CLIENT, *OF_THE_OPERATOR) if f"`{name}" not in written]
    assert missing == []
