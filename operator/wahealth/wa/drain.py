"""`kubectl wa drain NODE…`: whether nodes can be drained, all of them at once, without an outage of a client."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from wahealth.wa import document as read
from wahealth.wa.budgets import Budgets, Pod, budgets, pods_going
from wahealth.wa.client import Client, client_of
from wahealth.wa.cluster import BUDGETS, NODES, PODS, Cluster, Part
from wahealth.wa.freshness import Operators, Where, operators
from wahealth.wa.loss import ORDER, Level, Loss, loss, named_few
from wahealth.wa.problem import NOT_UP, UNKNOWN, UP, Unusable
from wahealth.wa.screen import Line, Piece, Style, line, sentence
from wahealth.wa.verdict import verdict

_MOST = 6  # clients shown, unless more than these are not safe
_LOOKS = {
    Level.OUTAGE: Style.BAD,
    Level.LESS: Style.BAD,
    Level.UNCLEAR: Style.DOUBTFUL,
    Level.FAILOVER: Style.DOUBTFUL,
    Level.FINE: Style.GOOD,
}


class Asked(NamedTuple):
    """What was seen. `pods` and `nodes` have a part for each machine, in their order."""

    machines: tuple[str, ...]
    clients: tuple[Client, ...]
    operators: Operators
    budgets: Part
    pods: tuple[Part, ...]
    nodes: tuple[Part, ...]
    now: datetime


class Sweep(NamedTuple):
    """What draining nodes means. `unclear` and `notes`: what could not be looked at, in sentences without full stops;
    without the former nobody can tell whether it is safe."""

    machines: tuple[str, ...]
    losses: tuple[Loss, ...]
    budgets: Budgets = Budgets()
    unclear: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def code(self) -> int:
        """0 if it is safe, 1 if not, 2 if that cannot be told."""
        if any(each.level in {Level.OUTAGE, Level.LESS} for each in self.losses):
            return NOT_UP
        return UNKNOWN if self.unclear or any(not each.is_safe for each in self.losses) else UP


async def asked(cluster: Cluster, namespace: str, machines: Sequence[str], where: Where) -> Asked:
    """Asks for all clients and pods (of `namespace`; empty: of all namespaces). Raises `Unusable`."""
    on = (cluster.part(PODS, namespace, fieldSelector=f"spec.nodeName={machine}") for machine in machines)
    there = (cluster.one(NODES, "", machine) for machine in machines)
    clients, leases, budgeted, pods, nodes = await asyncio.gather(
        _clients(cluster, namespace),
        operators(cluster, where),
        cluster.part(BUDGETS, namespace),
        asyncio.gather(*on),
        asyncio.gather(*there),
    )
    return Asked(tuple(machines), clients, leases, budgeted, tuple(pods), tuple(nodes), cluster.now)


async def _clients(cluster: Cluster, namespace: str) -> tuple[Client, ...]:
    return tuple([client_of(each) async for page in cluster.clients(namespace) for each in page.objects])


def swept(seen: Asked) -> Sweep:
    """What the clients lose if all these nodes are drained at once. Raises `Unusable` for a node that is none."""
    going = [pod for part in seen.pods for pod in pods_going(part.objects)]
    losses = sorted(_losses(seen, going), key=lambda each: ORDER.index(each.level))
    unclear = [seen.operators.missing, *(part.missing for part in seen.pods), *_unheard(seen)]
    ours = [pod for pod in going if _is_of(pod, losses)]
    return Sweep(
        seen.machines,
        tuple(losses),
        Budgets() if seen.budgets.missing else budgets(seen.budgets.objects, ours),
        (*filter(None, dict.fromkeys(unclear)), *_unseen(seen.clients, going)),
        (seen.budgets.missing,) if seen.budgets.missing else (),
    )


def _losses(seen: Asked, going: Sequence[Pod]) -> Iterator[Loss]:
    for client in seen.clients:
        names = {pod.name for pod in going if pod.namespace == client.namespace}
        told = verdict(client, seen.operators.of(client.uid), seen.now)
        found = loss(client, told, seen.machines, names)
        if found is not None:
            yield found


def _unheard(seen: Asked) -> Iterator[str]:
    """Nodes on which nothing is: a node that does not exist is a mistake in what was typed, and not an empty one."""
    named = {node.machine for client in seen.clients for node in client.nodes}
    for machine, pods, node in zip(seen.machines, seen.pods, seen.nodes, strict=True):
        if machine in named or pods.objects or node.objects:
            continue
        if not node.missing:
            raise Unusable(f"there is no node {machine}: see kubectl get nodes")
        yield node.missing


def _is_of(pod: Pod, losses: Sequence[Loss]) -> bool:
    return any(pod.namespace == each.client.namespace and pod.name in each.client.pods for each in losses)


def _unseen(clients: Sequence[Client], going: Sequence[Pod]) -> Iterator[str]:
    """Pods of which no status says whose they are, where a client may have them: one that was never seen, or one in
    Single mode, whose answer names no node."""
    named = {(client.namespace, pod) for client in clients for pod in client.pods}
    unnamed = [pod for pod in going if (pod.namespace, pod.name) not in named]
    for namespace in sorted({pod.namespace for pod in unnamed}):
        silent = [
            each.name for each in clients if each.namespace == namespace and not each.nodes and not each.is_number
        ]
        if silent:
            pods = [pod.name for pod in unnamed if pod.namespace == namespace]
            yield f"whether a node of {', '.join(silent)} in {namespace} goes with {named_few(pods)}"


def lines(found: Sweep, width: int) -> Iterator[Line]:
    """The sweep: in one word, client by client, then what hinders the drain."""
    word, style = {UP: ("SAFE", Style.GOOD), NOT_UP: ("NOT SAFE", Style.BAD)}.get(
        found.code, ("CANNOT TELL", Style.DOUBTFUL)
    )
    yield line(Piece("drain ", Style.FAINT), ", ".join(found.machines), "   ", Piece(word, style), _counted(found))
    for each in _shown(found.losses):
        name = f"  {each.client.name} · {each.client.namespace}   "
        yield line(name, Piece(each.level.value, _LOOKS[each.level]), _tolerance(each))
        for says in each.says:
            yield from sentence(f"{says}.", width, "    ")
    if hidden := len(found.losses) - len(_shown(found.losses)):
        says = f"{hidden} more clients lose something and go on (-o json lists them)."
        yield from sentence(says, width, "  ", Style.FAINT)
    for says in found.budgets.blocking:
        yield from sentence(f"{says}.", width, "  ", Style.DOUBTFUL)
    if uncovered := found.budgets.uncovered:
        says = f"No PodDisruptionBudget covers {named_few(uncovered)}."
        yield from sentence(says, width, "  ", Style.FAINT)
    for says in (*found.unclear, *found.notes):
        yield from sentence(f"{says}.", width, "  Not known: ", Style.DOUBTFUL)
    step, to_copy = _next(found)
    yield from sentence(f"{step}.", width, "  Next: ", Style.STRONG)
    yield line("        ", to_copy)


def _next(found: Sweep) -> tuple[str, str]:
    """What to do, and a command to copy."""
    nodes = " ".join(found.machines)
    if found.code == UP:
        return "Drain", f"kubectl drain {nodes} --ignore-daemonsets"
    if found.code == UNKNOWN:
        return "Find out what cannot be told, and ask again", f"kubectl wa drain {nodes}"
    if len(found.machines) > 1:
        return "Do not drain them at once: ask for one alone", f"kubectl wa drain {found.machines[0]}"
    worst = found.losses[0].client
    says = f"Do not drain: {worst.name} must be able to do without this node first"
    return says, f"kubectl wa status {worst.name} -n {worst.namespace}"


def _shown(losses: Sequence[Loss]) -> Sequence[Loss]:
    """All for which it is not safe, and a few of the others: what matters must not scroll away."""
    return [each for n, each in enumerate(losses) if n < _MOST or not each.is_safe]


def _counted(found: Sweep) -> str:
    if not found.losses:
        return "   no client has a pod there"
    levels = [each.level for each in found.losses]
    unsafe, unclear = sum(each in {Level.OUTAGE, Level.LESS} for each in levels), levels.count(Level.UNCLEAR)
    clients = "1 client has pods there" if len(levels) == 1 else f"{len(levels)} clients have pods there"
    not_told = f", of {unclear} nobody can tell" if unclear else ""
    return f"   {clients}, {unsafe or 'none'} of them would fail{not_told}"


def _tolerance(each: Loss) -> str:
    if each.before is None or each.after is None:
        return ""
    return f"   failures tolerated: {each.before} → {each.after}"


def document(found: Sweep) -> dict[str, Any]:
    """The same for programs."""
    safe = {UP: True, NOT_UP: False}.get(found.code)
    step, to_copy = _next(found)
    return {
        "nodes": list(found.machines),
        "safe": safe,
        "clients": [
            {
                "namespace": each.client.namespace,
                "name": each.client.name,
                "mode": read.text(each.client.status, "mode") or None,
                "becomes": each.level.value,
                "says": list(each.says),
                "tolerableFailuresBefore": each.before,
                "tolerableFailuresAfter": each.after,
            }
            for each in found.losses
        ],
        "blocking": list(found.budgets.blocking),
        "withoutBudget": list(found.budgets.uncovered),
        "notKnown": [*found.unclear, *found.notes],
        "next": step,
        "command": to_copy,
    }
