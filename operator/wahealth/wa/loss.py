"""What a client loses with the pods on some nodes: the rules of `kubectl wa drain`, without anything asked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from wahealth.core.strenum import FastStrEnum
from wahealth.wa import document as read
from wahealth.wa.client import WELL, Client, Node
from wahealth.wa.freshness import NOBODY_LOOKS
from wahealth.wa.verdict import Verdict, Word


class Level(FastStrEnum):
    """What becomes of the client, worst first; the value is what is shown."""

    OUTAGE = "OUTAGE"
    LESS = "LESS"
    UNCLEAR = "UNCLEAR"
    FAILOVER = "FAILOVER"
    FINE = "FINE"


class Loss(NamedTuple):
    """One client: what becomes of it, in sentences without full stops, and the failures that it tolerates before and
    after (None: not known)."""

    client: Client
    level: Level
    says: tuple[str, ...]
    before: int | None = None
    after: int | None = None

    @property
    def is_safe(self) -> bool:
        return self.level in {Level.FAILOVER, Level.FINE}


ORDER = list(Level)
_MASTERS = frozenset({"PrimaryMaster", "SecondaryMaster"})
Part = tuple[Level, str]


def loss(client: Client, told: Verdict, machines: Collection[str], going: Collection[str]) -> Loss | None:
    """What the client loses if these nodes are drained, all at once; None if nothing of it is there.

    `going`: names of its namespace's pods that leave, as far as they may be listed.
    """
    nodes = [node for node in client.nodes if node.machine in machines or (node.pod and node.pod in going)]
    webs = [each.pod for each in client.endpoints if each.pod in going]
    if not nodes and not webs:
        return None
    if told.word is Word.SUSPENDED or told.reason == NOBODY_LOOKS:
        says = f"{named_few([node.name for node in nodes] + webs)} go, and nobody looks at this client now"
        return Loss(client, Level.UNCLEAR, (says,))
    parts = [*_of_nodes(client, nodes), *([_of_web(client, webs)] if webs else [])]
    level = min((level for level, _ in parts), key=ORDER.index)
    return Loss(client, level, tuple(says for _, says in parts), *_tolerated(client, nodes))


def _of_nodes(client: Client, lost: list[Node]) -> list[Part]:
    if client.mode == "Single" or not any(node.role in _MASTERS | {"Coreapp"} for node in client.nodes):
        return [(Level.OUTAGE, f"its only node {lost[0].name} goes")] if lost else []
    coreapps = [node for node in lost if node.role == "Coreapp"]
    masters = [node for node in lost if node.role in _MASTERS]
    found = [_of_coreapps(client, coreapps)] if coreapps else []
    return [*found, _of_masters(client, masters)] if masters else found


def _of_coreapps(client: Client, lost: list[Node]) -> Part:
    left = _usable(client, {"Coreapp"}, lost)
    wanted = read.whole(client.status, "connected", "expected") or 1
    active = [node.name for node in lost if node.verdict == "Active"]
    gone = f"{named_few([node.name for node in lost])} {_goes(lost)}"
    if len(left) < wanted:
        what = "no coreapp is left" if not left else f"{len(left)} of {wanted} wanted coreapps are left"
        return Level.LESS if left else Level.OUTAGE, f"{gone}, and {what}"
    if not active:
        return Level.FINE, f"{gone}, which {'is a spare' if len(lost) == 1 else 'are spares'}"
    spares = [node.name for node in left if node.verdict == "Standby"]
    return Level.FAILOVER, f"{gone} ({named_few(active)} active): {named_few(spares[: len(active)])} can take over"


def _of_masters(client: Client, lost: list[Node]) -> Part:
    left = _usable(client, _MASTERS, lost)
    gone = f"{named_few([node.name for node in lost])} {_goes(lost)}"
    if not left:
        return Level.OUTAGE, f"{gone}, and no master is left"
    if not any(node.role == "PrimaryMaster" for node in lost):
        return Level.FINE, f"{gone}, and {named_few([node.name for node in left])} stays"
    return Level.FAILOVER, f"{gone}, which is the primary: {left[0].name} can take over"


def _of_web(client: Client, lost: list[str]) -> Part:
    left = [each.pod for each in client.endpoints if each.reachable and each.pod not in lost]
    if not left:
        return Level.OUTAGE, f"{named_few(lost)} {_goes(lost)}, and no web pod is left that answers"
    return (
        Level.FINE,
        f"{named_few(lost)} {_goes(lost)}, and {len(left)} web {'pod stays' if len(left) == 1 else 'pods stay'}",
    )


def _tolerated(client: Client, lost: list[Node]) -> tuple[int | None, int | None]:
    """Coreapps that may fail before a connection is lost, before and after."""
    before = read.whole(client.status, "redundancy", "tolerableFailures")
    if before is None:
        return None, None
    wanted = read.whole(client.status, "connected", "expected") or 1
    return before, max(0, len(_usable(client, {"Coreapp"}, lost)) - wanted)


def _usable(client: Client, roles: Collection[str], lost: list[Node]) -> list[Node]:
    return [node for node in client.nodes if node.role in roles and node.verdict in WELL and node not in lost]


def _goes(lost: Sequence[Node | str]) -> str:
    return "goes" if len(lost) == 1 else "go"


def named_few(names: Sequence[str]) -> str:
    """Names in a sentence; of many the first four."""
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return f"{', '.join(names[:4])}{more}"
