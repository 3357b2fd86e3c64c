"""What breaks without a right, and that it breaks politely."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from support.clients import PERIOD, simulated
from support.storm import CLIENTS, SETTINGS, SPACE, Replica, Storm
from wahealth.kube import access
from wahealth.playground.environment import SYSTEM, until
from wahealth.playground.manifests import CLIENT_LABEL, GOOD_KEY

OWN_PODS = {"matchLabels": {CLIENT_LABEL: "marked"}}
LABELLED = {"pods": {"selector": OWN_PODS, "roleLabels": "Enabled"}}
MARKED = simulated(SPACE, "marked", 2, 2, 1, GOOD_KEY, {"shards": 1, **SETTINGS}, LABELLED)
ROTATED = simulated(SPACE, "rotated", 1, 0, 1, GOOD_KEY, SETTINGS, {"apiKeyRotation": {"restartPolicy": "OnChange"}})
PATIENCE = 90.0


@dataclass(frozen=True)
class Broken:
    """What shows that a right is missing."""

    log: str = ""  # a line with these words
    metric: tuple[str, str, str] | None = None  # a series with this label that is not 0
    condition: tuple[str, str] | None = None  # a type and a reason
    ready: bool = True
    begin: Callable[[Storm], None] = lambda _: None  # what makes the operator use the right


def rotate(storm: Storm) -> None:
    until(lambda: _condition(storm, "rotated", "Ready"), "a verdict", PATIENCE)
    until(lambda: storm.environment.client(SPACE, "rotated")["status"]["gateway"] == "Connected", "connected", PATIENCE)
    patch = f'{{"stringData": {{"WA_API_KEY": "another-key-{time.time_ns()}"}}}}'
    storm.kubectl("patch", "secret", "rotated-api-key", "-n", SPACE, "-p", patch)


def break_and_mend(storm: Storm) -> None:
    """So that the same event is told twice."""
    for status, wanted in ((None, "Connected"), ("disconnected", "Disconnected"), (None, "Connected")):
        storm.environment.set_client(SPACE, "single", gateway_status=status)
        until(lambda seen=wanted: gateway(storm) == seen, wanted, PATIENCE)  # type: ignore[misc]


def gateway(storm: Storm) -> str:
    return str(storm.environment.client(SPACE, "single")["status"].get("gateway"))


def unmark(storm: Storm) -> None:
    storm.kubectl("label", "pods", "--all", "-n", SPACE, "wahealth.io/role-", "wahealth.io/gateway-")


STATUS_REFUSED = ("wahealth_status_writes_total", "result", "refused")
_ASKED = ("Ready", "Available")  # all the same
EVENTS_DROPPED = ("wahealth_events_total", "result", "dropped")
BROKEN: dict[tuple[str, str, str], Broken] = {
    ("wahealth.io", "whatsappclients", "get"): Broken(),  # read again after a conflict: shown by "409 for the status"
    ("wahealth.io", "whatsappclients", "list"): Broken("resources not listed", ready=False),
    ("wahealth.io", "whatsappclients", "watch"): Broken("watch interrupted path=/apis/wahealth.io"),
    ("wahealth.io", "whatsappclients/status", "patch"): Broken("status not written", STATUS_REFUSED),
    ("apps", "deployments", "list"): Broken("watch interrupted path=/apis/apps/v1/deployments", condition=_ASKED),
    ("apps", "deployments", "watch"): Broken("watch interrupted path=/apis/apps/v1/deployments"),
    ("apps", "statefulsets", "list"): Broken("watch interrupted path=/apis/apps/v1/statefulsets", condition=_ASKED),
    ("apps", "statefulsets", "watch"): Broken("watch interrupted path=/apis/apps/v1/statefulsets"),
    ("apps", "daemonsets", "list"): Broken("watch interrupted path=/apis/apps/v1/daemonsets", condition=_ASKED),
    ("apps", "daemonsets", "watch"): Broken("watch interrupted path=/apis/apps/v1/daemonsets"),
    ("", "pods", "list"): Broken("watch interrupted path=/api/v1/pods", ready=False),
    ("", "pods", "watch"): Broken("watch interrupted path=/api/v1/pods"),
    ("", "services", "list"): Broken("watch interrupted path=/api/v1/services", ready=False),
    ("", "services", "watch"): Broken("watch interrupted path=/api/v1/services"),
    ("", "secrets", "get"): Broken(condition=("Accepted", "SecretForbidden")),
    ("", "configmaps", "get"): Broken(condition=("Accepted", "CANotFound")),
    ("", "events", "create"): Broken("event dropped", EVENTS_DROPPED),
    ("", "events", "patch"): Broken("event dropped", EVENTS_DROPPED, begin=break_and_mend),
    ("events.k8s.io", "events", "create"): Broken(),  # used by a replica of an earlier version alone
    ("events.k8s.io", "events", "patch"): Broken(),
    ("coordination.k8s.io", "leases", "get"): Broken("lease not acquired or renewed"),
    ("coordination.k8s.io", "leases", "create"): Broken("lease not acquired or renewed"),
    ("coordination.k8s.io", "leases", "update"): Broken("lease not acquired or renewed"),
    ("apps", "deployments", "patch"): Broken("may not patch Deployment rotated-web", begin=rotate),
    ("apps", "statefulsets", "patch"): Broken(),  # the same of another kind
    ("apps", "daemonsets", "patch"): Broken(),
    ("argoproj.io", "rollouts", "list"): Broken(),  # the kind is not there: shown by tests/integration/test_rollout.py
    ("argoproj.io", "rollouts", "watch"): Broken(),
    ("argoproj.io", "rollouts", "patch"): Broken(),
    ("apps.openshift.io", "deploymentconfigs", "list"): Broken(),
    ("apps.openshift.io", "deploymentconfigs", "watch"): Broken(),
    ("", "secrets", "list"): Broken("watch interrupted path=/api/v1/secrets"),
    ("", "secrets", "watch"): Broken("watch interrupted path=/api/v1/secrets"),
    ("", "pods", "patch"): Broken("pod labels or readiness gate not written", begin=unmark),
    ("", "pods/status", "patch"): Broken(),  # the gate: shown by tests/e2e/test_marks.py
}
RIGHTS = [
    (right.group, resource, verb) for right in access.RIGHTS for resource in right.resources for verb in right.verbs
]


def politely_broken(storm: Storm, right: tuple[str, str, str]) -> None:
    """Without that right it says what is missing, goes on, and asks no more than four times a second."""
    broken = BROKEN[right]
    fresh(storm, right)
    began = time.time()
    replica = storm.replica("poor", "--watch-secrets")
    try:
        until(replica.is_up, "it is up", PATIENCE)
        broken.begin(storm)
        until(lambda: shows(storm, replica, broken), f"{broken} without {right}", PATIENCE)
        assert (replica.get("/readyz").status_code == 200) is broken.ready
        time.sleep(2 * PERIOD)
        assert replica.is_alive()
        assert replica.get("/livez").status_code == 200
        assert not replica.metric("wahealth_internal_errors_total")
        refused = [one for one in storm.environment.audit() if is_refused(one, began)]
        assert len(refused) / (time.time() - began) <= 4, "no hot loop"
    finally:
        replica.signal(signal.SIGTERM)
        assert replica.ended(60) == 0


def fresh(storm: Storm, without: tuple[str, str, str] | None = None) -> None:
    """Resources without a history, a key that waweb takes, no Lease; all rights, but that one."""
    storm.begin_anew(*(client.name for client in (*CLIENTS, MARKED, ROTATED)))
    storm.kubectl("delete", "events", "--all", "-n", SPACE)
    storm.kubectl("delete", "leases", "--all", "-n", SYSTEM)
    roles = [*access.manifests(SYSTEM), *(d for option in access.Option for d in access.optional(SYSTEM, option))]
    for role in roles:
        role["rules"] = [rule for r in role.get("rules", ()) for rule in _less(r, without)]
        if role["kind"] not in {"Role", "ClusterRole"}:
            del role["rules"]
    storm.environment.apply(roles)


def _less(rule: dict[str, list[str]], without: tuple[str, str, str] | None) -> list[dict[str, list[str]]]:
    """The rule, a resource each, without the one verb; nothing where none is left."""
    if without is None:
        return [rule]
    group, resource, verb = without
    found = []
    for each in rule["resources"]:
        verbs = [v for v in rule["verbs"] if (rule["apiGroups"], each, v) != ([group], resource, verb)]
        if verbs:
            found.append({"apiGroups": rule["apiGroups"], "resources": [each], "verbs": verbs})
    return found


def shows(storm: Storm, replica: Replica, broken: Broken) -> bool:
    if broken.log and not any(broken.log in line for line in replica.log()):
        return False
    if broken.metric:
        name, label, value = broken.metric
        if not replica.metric(name, **{label: value}):
            return False
    if broken.condition:
        type_, reason = broken.condition
        return _condition(storm, "single", type_) == reason
    return broken.ready is False or replica.get("/readyz").status_code == 200


def _condition(storm: Storm, name: str, type_: str) -> str:
    conditions = storm.environment.client(SPACE, name)["status"].get("conditions", ())
    return next((str(one["reason"]) for one in conditions if one["type"] == type_), "")


def is_refused(entry: dict[str, object], since: float) -> bool:
    status = entry.get("responseStatus")
    began = datetime.fromisoformat(str(entry["requestReceivedTimestamp"])).timestamp()
    ours = str(entry.get("userAgent", "")).startswith("wahealth/")
    return ours and began >= since and isinstance(status, dict) and status.get("code") == 403
