"""Whether the web workload is restarted after a change of the API key: once a change, and never anything else.

Documented (page "Health"): the Webapp must be restarted whenever WA_API_KEY changes. A coreapp or master must never be:
two live instances of one number can get the account banned. So a workload that may hold one is left alone, with a
reason.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from wahealth.core.status import ConditionType, Status

LONGEST_ROLL_OUT = 600.0  # seconds since the change, after which it is told that a roll-out does not end


class WebWorkload(NamedTuple):
    """`blocker`: why it may not or cannot be restarted, a whole sentence; empty: it may. `stays`: why some of its pods
    stay as they are through a restart; empty where none do."""

    kind: str
    name: str
    uid: str
    restarted: datetime | None = None  # the last restart that was asked for, by whomever
    rolling_out: bool = False
    blocker: str = ""
    stays: str = ""


class Skip(NamedTuple):
    """It would be time, and must not be; `why` is a whole sentence."""

    why: str


def blocker(kind: str, name: str, hosts_client_nodes: str, stuck: str) -> str:
    """What is in the way of a restart, of what a workload says of itself."""
    if stuck:
        return f"{kind} {name} would not restart its pods ({stuck}): restart them by hand."
    return holds_others(kind, name, hosts_client_nodes)


def behind_no_service(kind: str, name: str, service: str, pod: str) -> str:
    """The obstacle, where a Service is the target and one of the workload's pods is not asked through it; `pod` empty:
    none is."""
    what = f"pod {pod}" if pod else "any pod"
    return (
        f"{kind} {name} may be another one than waweb, for {what} of it is not asked through Service {service}: correct"
        " spec.apiKeyRotation.workload, or restart waweb by hand."
    )


def no_safe_way(kind: str, name: str) -> str:
    """The obstacle, where nothing safe restarts workloads of that kind."""
    return f"The operator restarts no {kind}: restart {kind} {name} by hand."


def not_there(kind: str, name: str) -> str:
    """The obstacle, where what is to be restarted does not exist."""
    return f"{kind} {name} does not exist: correct spec.apiKeyRotation.workload, or restart waweb by hand."


def not_to_be_seen(kind: str, name: str) -> str:
    """The obstacle, where we have no right to look at workloads of that kind, or are not told to."""
    return f"The operator may not list {kind}s: give it that right, or restart {kind} {name} by hand."


def holds_others(kind: str, name: str, sign: str) -> str:
    """The obstacle, where a sign says that a coreapp or master may be in it."""
    if not sign:
        return ""
    return f"{kind} {name} may hold a coreapp or master ({sign}), which is never restarted: restart waweb by hand."


def decide_restart(
    confirmed: Status, workload: WebWorkload, web_pods: frozenset[str], min_period: float, now: datetime
) -> WebWorkload | Skip | None:
    """The workload to restart, why not, or nothing to do yet. `min_period` in seconds.

    `confirmed` says that a restart is required, and in this round a pod took the previous key: so the change is not
    taken, and it is not one of long ago.
    """
    rotated = confirmed.credentials.last_rotation_time if confirmed.credentials else None
    if rotated is None or confirmed.condition(ConditionType.RESTART_REQUIRED) is None:
        return None
    why_not = workload.blocker or _node_among(confirmed, workload, web_pods)
    if why_not:
        return Skip(why_not)
    if workload.rolling_out:
        return Skip(_endless(workload)) if (now - rotated).total_seconds() >= LONGEST_ROLL_OUT else None
    last = workload.restarted if workload.restarted and workload.restarted <= now else None  # one to come is none
    if last and (now - last).total_seconds() < min_period:
        return None
    if last and last >= rotated:
        return Skip(_of_no_use(workload))
    return workload


def _endless(workload: WebWorkload) -> str:
    """It waits, and is restarted once that ends."""
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
