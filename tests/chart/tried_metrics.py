"""The same as `tried` for the values below `metrics`."""

from __future__ import annotations

from chart.seen import Rendered, Tried, alerts, monitored_from
from support.rendered import Document

POLICY = {"enabled": True}
RULE = {"prometheusRule": POLICY}


def _monitor(kind: str, endpoints: str) -> list[Tried]:
    """The values of a monitor of this kind, whose spec has its `endpoints` in that field."""
    value = f"{kind[0].lower()}{kind[1:]}"
    on: Document = {"metrics": {value: POLICY}}
    replaced = [{"targetLabel": "cluster", "replacement": "a"}]

    def endpoint(rendered: Rendered) -> Document:
        first: Document = rendered.spec(kind)[endpoints][0]
        return first

    tried: list[Tried] = [
        ("enabled", True, lambda r: r.spec(kind).get(endpoints), {}),
        ("namespace", "monitoring", monitored_from(kind, "monitoring"), on),
        ("scrapeTimeout", "5s", lambda r: endpoint(r).get("scrapeTimeout") == "5s", on),
        ("annotations", {"a": "b"}, lambda r: r.annotations(kind).get("a"), on),
        ("interval", "7s", lambda r: "7s" in str(r.spec(kind)), on),
        ("labels", {"a": "b"}, lambda r: r.labels(kind).get("a"), on),
        ("relabelings", replaced, lambda r: endpoint(r).get("relabelings"), on),
        ("metricRelabelings", replaced, lambda r: endpoint(r).get("metricRelabelings"), on),
    ]
    return [(f"metrics.{value}.{name}", *rest) for name, *rest in tried]


TRIED_METRICS: list[Tried] = [
    ("metrics.nodes", True, lambda r: r.env("WAHEALTH_NODE_METRICS") == "true", {}),
    ("metrics.service.enabled", False, lambda r: not r.every("Service") and not r.every("Pod"), {}),
    ("metrics.service.annotations", {"a": "b"}, lambda r: r.one("Service")["metadata"].get("annotations"), {}),
    ("metrics.service.labels", {"a": "b"}, lambda r: r.labels("Service").get("a"), {}),
    (
        *("metrics.service.ipFamilyPolicy", "PreferDualStack"),
        *(lambda r: r.spec("Service").get("ipFamilyPolicy") == "PreferDualStack", {}),
    ),
    ("metrics.service.ipFamilies", ["IPv6"], lambda r: r.spec("Service").get("ipFamilies") == ["IPv6"], {}),
    *_monitor("ServiceMonitor", "endpoints"),
    *_monitor("PodMonitor", "podMetricsEndpoints"),
    ("metrics.prometheusRule.enabled", True, lambda r: len(alerts(r)) == 40, {}),
    ("metrics.prometheusRule.namespace", "mine", lambda r: r.namespace("PrometheusRule") == "mine", {"metrics": RULE}),
    ("metrics.prometheusRule.annotations", {"a": "b"}, lambda r: r.annotations("PrometheusRule"), {"metrics": RULE}),
    ("metrics.prometheusRule.labels", {"a": "b"}, lambda r: r.labels("PrometheusRule").get("a"), {"metrics": RULE}),
    (
        *("metrics.prometheusRule.additionalRuleLabels", {"team": "a", "scope": "theirs"}),
        lambda r: all(rule["labels"].get("team") == "a" and rule["labels"]["scope"] != "theirs" for rule in alerts(r)),
        {"metrics": RULE},
    ),
    (
        *("metrics.prometheusRule.clusterLabel", "k8s_cluster"),
        lambda r: all("cluster" not in rule["expr"].replace("k8s_cluster", "") for rule in alerts(r)),
        {"metrics": RULE},
    ),
    ("metrics.prometheusRule.disabled", ["TLSExpiring"], lambda r: len(alerts(r)) == 38, {"metrics": RULE}),
    (
        *("metrics.prometheusRule.runbookUrl", "https://x/runbooks/"),
        lambda r: "https://x/runbooks/Flapping.md" in {rule["annotations"].get("runbook_url") for rule in alerts(r)},
        {"metrics": RULE},
    ),
    (
        "metrics.dashboard.enabled",
        True,
        lambda r: "panels" in r.one("ConfigMap").get("data", {}).get("wahealth.json", ""),
        {},
    ),
    (
        *("metrics.dashboard.namespace", "grafana"),
        *(lambda r: r.namespace("ConfigMap") == "grafana", {"metrics": {"dashboard": POLICY}}),
    ),
    (
        "metrics.dashboard.labels",
        {"a": "b"},
        lambda r: r.labels("ConfigMap").get("a"),
        {"metrics": {"dashboard": POLICY}},
    ),
    (
        *("metrics.dashboard.annotations", {"a": "b"}),
        lambda r: r.one("ConfigMap")["metadata"].get("annotations"),
        {"metrics": {"dashboard": POLICY}},
    ),
]
