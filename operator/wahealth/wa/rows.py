"""The rows of `status`: each kind of node, the credential, and who looks. Bad ones first, words before signs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from wahealth.wa import document as read
from wahealth.wa.client import WELL, Client, Endpoint, Node
from wahealth.wa.looking import Look, pod_state
from wahealth.wa.screen import Line, Piece, Style, flow, line, sentence
from wahealth.wa.times import lasting, since

_HEAD = 11  # columns of a row's name
_MOST = 12  # nodes shown by name; the worst
ROLES = (
    ("coreapps", ("Coreapp",)),
    ("masters", ("PrimaryMaster", "SecondaryMaster")),
    ("entities", ("PhoneNumber", "BusinessAccount", "Business", "App")),
)
_SIGNS = {
    "Active": ("✓", Style.GOOD),
    "Standby": ("✓", Style.PLAIN),
    "Starting": ("…", Style.DOUBTFUL),
    "Limited": ("…", Style.DOUBTFUL),
    "Unknown": ("?", Style.DOUBTFUL),
}
_BAD = ("✗", Style.BAD)
_ORDER = ("Faulty", "Missing", "Stale", "Limited", "Starting", "Unknown", "Active", "Standby")


def lines(look: Look, width: int) -> Iterator[Line]:
    """All rows of a client."""
    client = look.client
    states = {read.text(pod, "metadata", "name"): pod_state(pod) for pod in look.pods.objects}
    if client.endpoints:
        yield from _row("probed" if client.is_number else "web", *_web(look, states), width)
    for name, roles in ROLES:
        nodes = [node for node in client.nodes if node.role in roles]
        if nodes:
            yield from _row(name, _summary(client, name, nodes), _shown(look, nodes, states), width)
    known = {role for _, roles in ROLES for role in roles}
    others = [node for node in client.nodes if node.role not in known]
    if others:
        yield from _row("others" if client.mode != "Single" else "node", "", _shown(look, others, states), width)
    if look.pods.missing:
        yield from sentence(f"{look.pods.missing}.", width, _head("pods"), Style.FAINT)
    if accepted := credential(look):
        yield line(_head("key"), accepted)
    yield from sentence(freshness(look), width, _head("asked"))


def _head(name: str) -> str:
    return f"  {name:<{_HEAD - 2}}"


def _row(name: str, summary: str, items: Sequence[Line], width: int) -> list[Line]:
    return flow(_head(name), ([line(summary)] if summary else []) + list(items), width)


def _web(look: Look, states: Mapping[str, str]) -> tuple[str, list[Line]]:
    endpoints = sorted(look.client.endpoints, key=lambda each: each.reachable and each.accepted is not False)
    answering = sum(each.reachable for each in endpoints)
    shown = [_endpoint(each, look, states) for each in endpoints[:_MOST]]
    return f"{answering} of {len(endpoints)} answer", [*shown, *_rest(len(endpoints))]


def _endpoint(endpoint: Endpoint, look: Look, states: Mapping[str, str]) -> Line:
    if endpoint.reachable and endpoint.accepted is not False:
        return line(f"{endpoint.pod} ", Piece("✓", Style.GOOD))
    why = "credential refused" if endpoint.reachable else endpoint.reason or "does not answer"
    lasted = "" if endpoint.reachable else since(endpoint.since, look.now)
    words = ", ".join(filter(None, (f"{why} {lasted}".strip(), states.get(endpoint.pod, ""))))
    return line(f"{endpoint.pod} ", Piece("✗", Style.BAD), f" {words}")


def _summary(client: Client, name: str, nodes: Sequence[Node]) -> str:
    if name == "coreapps" and client.connected:
        return f"{client.connected} connected"
    return f"{sum(node.verdict in WELL for node in nodes)} of {len(nodes)} usable"


def _shown(look: Look, nodes: Sequence[Node], states: Mapping[str, str]) -> list[Line]:
    worst = sorted(nodes, key=lambda node: _ORDER.index(node.verdict) if node.verdict in _ORDER else 0)
    return [*(_node(node, look, states) for node in worst[:_MOST]), *_rest(len(worst))]


def _rest(count: int) -> list[Line]:
    return [line(f"and {count - _MOST} more")] if count > _MOST else []


def _node(node: Node, look: Look, states: Mapping[str, str]) -> Line:
    sign, style = _SIGNS.get(node.verdict, _BAD)
    primary = node.role == "PrimaryMaster"
    lasts = since(_primary_since(look) if primary else node.since, look.now)
    words = f"{'primary' if primary else node.verdict.lower()} {lasts}".strip()
    if node.verdict in WELL:
        return line(f"{node.name} ", Piece(sign, style), f" {words}")
    gateway = f"answers {node.gateway.lower()}" if node.gateway and node.gateway != "Unknown" else ""
    machine = f"node {node.machine}" if node.machine else ""
    more = ", ".join(filter(None, (gateway, states.get(node.pod, ""), machine)))
    return line(f"{node.name} ", Piece(sign, style), f" {words}", f" ({more})" if more else "")


def _primary_since(look: Look) -> datetime | None:
    return read.time(look.client.status, "primaryMasterSinceTime")


def credential(look: Look) -> str:
    """Whether it is accepted, and which certificate or token ends when."""
    found = look.client.conditions.get("CredentialsValid")
    words = {"True": "accepted", "False": "refused", "Unknown": "not known"}.get(found.status, "") if found else ""
    if found is not None and found.status == "False":
        words = found.reason
    status = look.client.status
    previous = (
        "web pods still run the previous one" if read.text(status, "credentials", "keyInUse") == "Previous" else ""
    )
    ends = (
        ("token", read.time(status, "credentials", "tokenExpiryTime")),
        ("certificate", read.time(status, "tls", "notAfterTime")),
        ("client certificate", read.time(status, "clientCertificate", "notAfterTime")),
    )
    lasts = [
        f"{what} {lasting(left)} left" if (left := (end - look.now).total_seconds()) > 0 else f"{what} expired"
        for what, end in ends
        if end is not None
    ]
    return " · ".join(filter(None, (words, previous, *lasts)))


def freshness(look: Look) -> str:
    """Who looks, how often, and whether it still does."""
    if look.client.is_suspended:
        return "not while spec.suspend is true"
    every = f"every {lasting(look.client.period)}"
    watch = look.watch
    if watch is None:
        return f"{every}; whether an operator still does is not known, because {look.operators.missing}"
    if not watch.is_kept:
        return f"no more: {watch.holder} renewed its Lease {lasting(watch.age)} ago, and nobody has taken it"
    return f"{every} by {watch.holder}, which renewed its Lease {lasting(watch.age)} ago"
