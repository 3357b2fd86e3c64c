"""Whether the web workload is restarted after a change of the API key: once per change, and never anything else.

Documented (page "Health"): the Webapp must be restarted whenever WA_API_KEY changes. A coreapp or master must never be
restarted: two live instances of one number can get the account banned. So a workload that may hold one is left alone,
with a reason.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from wahealth.core.status import ConditionType, Status

LONGEST_ROLL_OUT = 600.0  # seconds since the change, after which a roll-out that does not end is reported


class WebWorkload(NamedTuple):
    """The workload that runs the web pods.

    `blocker`: why it must not or cannot be restarted, a whole sentence; empty if it may. `stays`: why some of its pods
    stay as they are through a restart; empty if none do.
    """

    kind: str
    name: str
    uid: str
    restarted: datetime | None = None  # the last restart that anybody asked for (UTC)
    rolling_out: bool = False
    blocker: str = ""
    stays: str = ""


class Skip(NamedTuple):
    """A restart is due, but must not happen; `why` is a whole sentence."""

    why: str


def blocker(kind: str, name: str, hosts_client_nodes: str, stuck: str) -> str:
    """The blocker that follows from the workload's own spec; empty if nothing speaks against a restart.

    `hosts_client_nodes`: the sign that it may hold a coreapp or master; `stuck`: why its pods would not restart.
    """
    if stuck:
        return f"{kind} {name} would not restart its pods ({stuck}): restart them by hand."
    return holds_others(kind, name, hosts_client_nodes)


def behind_no_service(kind: str, name: str, service: str, pod: str) -> str:
    """The blocker if the target is a Service that does not select `pod`, one of the workload's pods.

    `pod` empty: it selects none of them.
    """
    what = f"its pod {pod} is not" if pod else "none of its pods is"
    return (
        f"{kind} {name} may be something other than waweb, because {what} probed through Service {service}: correct"
        " spec.apiKeyRotation.workload, or restart waweb by hand."
    )


def no_safe_way(kind: str, name: str) -> str:
    """The blocker if there is no safe way to restart workloads of that kind."""
    return f"The operator restarts no {kind}: restart {kind} {name} by hand."


def not_there(kind: str, name: str) -> str:
    """The blocker if the workload does not exist."""
    return f"{kind} {name} does not exist: correct spec.apiKeyRotation.workload, or restart waweb by hand."


def not_to_be_seen(kind: str, name: str) -> str:
    """The blocker if the operator has no right to list workloads of that kind, or does not watch them."""
    return f"The operator may not list {kind}s: give it that right, or restart {kind} {name} by hand."


def holds_others(kind: str, name: str, sign: str) -> str:
    """The blocker if `sign` says that a coreapp or master may be in the workload; empty without a sign."""
    if not sign:
        return ""
    return f"{kind} {name} may hold a coreapp or master ({sign}), which is never restarted: restart waweb by hand."


def decide_restart(
    confirmed: Status, workload: WebWorkload, web_pods: frozenset[str], min_period: float, now: datetime
) -> WebWorkload | Skip | None:
    """The workload to restart, a `Skip` that says why not, or None: nothing to do yet.

    Call it only if a pod accepted the previous key in this round; together with RestartRequired in `confirmed`
    that shows a recent change that has not been taken up. `web_pods`: the names of the pods that were probed.
    `min_period`: seconds between two restarts.
    """
    rotated = confirmed.credentials.last_rotation_time if confirmed.credentials else None
    if rotated is None or confirmed.condition(ConditionType.RESTART_REQUIRED) is None:
        return None
    why_not = workload.blocker or _node_among(confirmed, workload, web_pods)
    if why_not:
        return Skip(why_not)
    if workload.rolling_out:
        return Skip(_endless(workload)) if (now - rotated).total_seconds() >= LONGEST_ROLL_OUT else None
    last = workload.restarted if workload.restarted and workload.restarted <= now else None  # ignore a future time
    if last and (now - last).total_seconds() < min_period:
        return None
    if last and last >= rotated:
        return Skip(_of_no_use(workload))
    return workload


def _endless(workload: WebWorkload) -> str:
    """Why a restart waits: it comes once the roll-out has ended."""
    return (
        f"{workload.kind} {workload.name} is restarted when its roll-out ends, and that has not ended for"
        f" {LONGEST_ROLL_OUT / 60:.0f} minutes: look why with kubectl rollout status, such as a node that is lost,"
        " or restart its pods by hand."
    )


def _of_no_use(workload: WebWorkload) -> str:
    restarted = f"{workload.kind} {workload.name} was restarted after the change"
    if workload.stays:
        return f"{restarted}, but not all of its pods ({workload.stays}): delete the others by hand."
    return f"{restarted} and still runs another API key: let its WA_API_KEY come from the Secret."


def _node_among(confirmed: Status, workload: WebWorkload, web_pods: frozenset[str]) -> str:
    node = next((node for node in confirmed.nodes if node.pod_name in web_pods), None)
    return holds_others(
        workload.kind, workload.name, f"node {node.name} runs in its pod {node.pod_name}" if node else ""
    )
