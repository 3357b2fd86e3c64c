"""A command to copy for the next step of each reason. Names in it come from documents, so only plain ones are used."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from wahealth.core.reasons.reason import Reason
from wahealth.wa import document as read
from wahealth.wa.client import NAMESPACE, WELL, Client, Node
from wahealth.wa.freshness import NOBODY_LOOKS

_PLAIN = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_WORST = ("Faulty", "Missing", "Starting", "Limited", "Unknown", "Stale")

Remedy = Callable[[Client], str]


_OF_OPERATOR = (NOBODY_LOOKS, Reason.WAITING_FOR_OPERATOR.value)


def command(reason: str, client: Client, operators: str = NAMESPACE) -> str:
    """The command; empty if there is none that helps. `operators`: the namespace in which the operator runs."""
    if reason in _OF_OPERATOR:
        return f"kubectl -n {operators} get pods" if _PLAIN.fullmatch(operators) else ""
    remedy = _REMEDIES.get(reason)
    return remedy(client) if remedy and _PLAIN.fullmatch(client.namespace) and _PLAIN.fullmatch(client.name) else ""


def secret_of(client: Client) -> tuple[str, str]:
    """Name and first entry of the Secret that the client is signed in with; empty ones if it names none."""
    auth = read.inner(client.spec, "auth")
    for kind, reference, entry in (
        ("apiKey", "secretKeyRef", "key"),
        ("bearerToken", "secretKeyRef", "key"),
        ("userCredentials", "secretRef", "usernameKey"),
    ):
        found = read.inner(auth, kind, reference)
        if found:
            return read.text(found, "name"), read.text(found, entry)
    return "", ""


def _kubectl(client: Client, words: str) -> str:
    return f"kubectl -n {client.namespace} {words}"


def _edit(client: Client) -> str:
    return _kubectl(client, f"edit wac {client.name}")


def _logs_of_worst(client: Client) -> str:
    """Of the node whose pod is worst and still there."""
    if client.is_number:
        return ""
    ill = [node for node in client.nodes if node.verdict not in WELL and node.verdict != "Stale"]
    nodes = sorted(ill or client.nodes, key=_badness)
    return _logs(client, next((node.pod for node in nodes if _PLAIN.fullmatch(node.pod)), ""))


def _badness(node: Node) -> int:
    return _WORST.index(node.verdict) if node.verdict in _WORST else len(_WORST)


def _logs_of_web(client: Client) -> str:
    """Of the web pod that does not answer, else of any. A URL or a Service that is probed as a whole names no pod."""
    target = read.inner(client.spec, "target")
    if not ("workload" in target or ("service" in target and target.get("scope") == "EachPod")):
        return ""
    pods = sorted(client.endpoints, key=lambda endpoint: endpoint.reachable)
    return _logs(client, next((each.pod for each in pods if _PLAIN.fullmatch(each.pod)), ""))


def _logs(client: Client, pod: str) -> str:
    return _kubectl(client, f"logs {pod} --since=20m") if pod else _pods(client)


def logs_since(client: Client, node: str, since: datetime) -> str:
    """What a node of the client said since then; empty if its pod is not known."""
    pod = next((each.pod for each in client.nodes if each.name == node), "")
    named = all(map(_PLAIN.fullmatch, (client.namespace, pod)))
    return _kubectl(client, f"logs {pod} --since-time={since:%Y-%m-%dT%H:%M:%SZ}") if named else ""


def _pods(client: Client) -> str:
    return _kubectl(client, "get pods -o wide")


def _form(client: Client) -> str:
    name = secret_of(client)[0]
    return f"kubectl wa check-key secret/{name} -n {client.namespace}" if _PLAIN.fullmatch(name) else ""


def _secret(client: Client) -> str:
    name = secret_of(client)[0]
    return _kubectl(client, f"describe secret {name}") if _PLAIN.fullmatch(name) else ""


def _target(client: Client) -> str:
    target = read.inner(client.spec, "target")
    workload, service = read.inner(target, "workload"), read.text(target, "service", "name")
    kind, name = read.text(workload, "kind").lower() or "deployment", read.text(workload, "name")
    if _PLAIN.fullmatch(name) and kind.isalpha():
        return _kubectl(client, f"describe {kind} {name}")
    return _kubectl(client, f"describe service {service}") if _PLAIN.fullmatch(service) else _edit(client)


def _restart(client: Client) -> str:
    workload = read.inner(client.spec, "target", "workload")
    kind, name = read.text(workload, "kind").lower() or "deployment", read.text(workload, "name")
    restartable = kind in {"deployment", "statefulset", "daemonset"} and _PLAIN.fullmatch(name)
    return _kubectl(client, f"rollout restart {kind}/{name}") if restartable else ""


def _resume(client: Client) -> str:
    patch = """'{"spec":{"suspend":false}}'"""
    return _kubectl(client, f"patch wac {client.name} --type merge -p {patch}")


_REMEDIES: dict[str, Remedy] = {
    **dict.fromkeys((Reason.INVALID_SPEC, Reason.MODE_MISMATCH, Reason.REDIRECTED, Reason.TOO_MANY_PODS), _edit),
    **dict.fromkeys((Reason.SELECTOR_MISSING, Reason.CLAIMED_BY_ANOTHER, Reason.NAMESPACE_BUDGET), _edit),
    **dict.fromkeys((Reason.VERSION_ENDED, Reason.VERSION_ENDING, Reason.NUMBER_NOT_FOUND), _edit),
    **dict.fromkeys((Reason.TARGET_NOT_FOUND, Reason.TARGET_FORBIDDEN, Reason.NO_READY_ENDPOINTS), _target),
    **dict.fromkeys((Reason.SECRET_NOT_FOUND, Reason.SECRET_KEY_MISSING, Reason.SECRET_FORBIDDEN), _secret),
    **dict.fromkeys((Reason.KEY_TOO_SHORT, Reason.KEY_TOO_LONG, Reason.KEY_INVALID_CHARACTERS), _form),
    **dict.fromkeys((Reason.KEY_REJECTED, Reason.TOKEN_EXPIRED, Reason.TOKEN_REJECTED, Reason.LOGIN_FAILED), _secret),
    Reason.PREVIOUS_KEY_IN_USE: _restart,
    Reason.SUSPENDED: _resume,
    **dict.fromkeys((Reason.CONNECTION_REFUSED, Reason.READ_TIMEOUT, Reason.HTTP_STATUS), _logs_of_web),
    **dict.fromkeys((Reason.TLS_HANDSHAKE_FAILED, Reason.INVALID_RESPONSE, Reason.BODY_TOO_LARGE), _logs_of_web),
    **dict.fromkeys((Reason.ACCESS_FORBIDDEN, Reason.PROXY_SIGN_IN), _logs_of_web),
    Reason.CONNECT_TIMEOUT: _pods,
    **dict.fromkeys((Reason.DISCONNECTED, Reason.PARTIALLY_CONNECTED, Reason.CONNECTING), _logs_of_worst),
    **dict.fromkeys((Reason.UNINITIALIZED, Reason.MULTIPLE_ACTIVE_COREAPPS), _logs_of_worst),
    **dict.fromkeys((Reason.NO_SPARE_COREAPP, Reason.NO_SECONDARY_MASTER, Reason.NO_PRIMARY_MASTER), _logs_of_worst),
}
