"""The same as `tried` for the values below `metrics`."""

from __future__ import annotations

from chart.seen import Tried, alerts, monitored_from
from support.rendered import Document

POLICY = {"enabled": True}
RULE = {"prometheusRule": POLICY}
SERVICE_MONITOR: Document = {"metrics": {"serviceMonitor": POLICY}}
POD_MONITOR: Document = {"metrics": {"podMonitor": POLICY}}
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
    ("metrics.serviceMonitor.enabled", True, lambda r: r.spec("ServiceMonitor").get("endpoints"), {}),
    (
        "metrics.serviceMonitor.namespace",
        "monitoring",
        monitored_from("ServiceMonitor", "monitoring"),
        SERVICE_MONITOR,
    ),
    (
        *("metrics.serviceMonitor.scrapeTimeout", "5s"),
        *(
            lambda r: r.spec("ServiceMonitor")["endpoints"][0].get("scrapeTimeout") == "5s",
            SERVICE_MONITOR,
        ),
    ),
    (
        "metrics.serviceMonitor.annotations",
        {"a": "b"},
        lambda r: r.annotations("ServiceMonitor").get("a"),
        SERVICE_MONITOR,
    ),
    (
        *("metrics.serviceMonitor.interval", "7s"),
        *(lambda r: "7s" in str(r.spec("ServiceMonitor")), SERVICE_MONITOR),
    ),
    (
        *("metrics.serviceMonitor.labels", {"a": "b"}),
        *(lambda r: r.labels("ServiceMonitor").get("a"), SERVICE_MONITOR),
    ),
    (
        *("metrics.serviceMonitor.relabelings", [{"targetLabel": "cluster", "replacement": "a"}]),
        lambda r: r.spec("ServiceMonitor")["endpoints"][0].get("relabelings"),
        SERVICE_MONITOR,
    ),
    (
        *("metrics.serviceMonitor.metricRelabelings", [{"targetLabel": "cluster", "replacement": "a"}]),
        lambda r: r.spec("ServiceMonitor")["endpoints"][0].get("metricRelabelings"),
        SERVICE_MONITOR,
    ),
    ("metrics.podMonitor.enabled", True, lambda r: r.spec("PodMonitor").get("podMetricsEndpoints"), {}),
    (
        "metrics.podMonitor.namespace",
        "monitoring",
        monitored_from("PodMonitor", "monitoring"),
        POD_MONITOR,
    ),
    (
        *("metrics.podMonitor.scrapeTimeout", "5s"),
        *(
            lambda r: r.spec("PodMonitor")["podMetricsEndpoints"][0].get("scrapeTimeout") == "5s",
            POD_MONITOR,
        ),
    ),
    (
        "metrics.podMonitor.annotations",
        {"a": "b"},
        lambda r: r.annotations("PodMonitor").get("a"),
        POD_MONITOR,
    ),
    (
        *("metrics.podMonitor.interval", "7s"),
        *(lambda r: "7s" in str(r.spec("PodMonitor")), POD_MONITOR),
    ),
    (
        *("metrics.podMonitor.labels", {"a": "b"}),
        *(lambda r: r.labels("PodMonitor").get("a"), POD_MONITOR),
    ),
    (
        *("metrics.podMonitor.relabelings", [{"targetLabel": "cluster", "replacement": "a"}]),
        lambda r: r.spec("PodMonitor")["podMetricsEndpoints"][0].get("relabelings"),
        POD_MONITOR,
    ),
    (
        *("metrics.podMonitor.metricRelabelings", [{"targetLabel": "cluster", "replacement": "a"}]),
        lambda r: r.spec("PodMonitor")["podMetricsEndpoints"][0].get("metricRelabelings"),
        POD_MONITOR,
    ),
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
