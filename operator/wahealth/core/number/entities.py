"""The entities of an answer as the nodes of a client: named by what they are, for their ids are business data."""

from __future__ import annotations

from collections import Counter

from wahealth.core.answer import GatewayStatus, Role
from wahealth.core.cloud.report import Entity, EntityType, Messaging
from wahealth.core.number.number_input import NUMBER
from wahealth.core.status import NodeVerdict, TopologyNode

MOST_SHOWN = 80
_NAMES = {
    EntityType.PHONE_NUMBER: (NUMBER, Role.PHONE_NUMBER),
    EntityType.BUSINESS_ACCOUNT: ("account", Role.BUSINESS_ACCOUNT),
    EntityType.BUSINESS: ("business", Role.BUSINESS),
    EntityType.APP: ("app", Role.APP),
    EntityType.MESSAGE_TEMPLATE: ("template", Role.OTHER),
    EntityType.FLOW: ("flow", Role.OTHER),
    EntityType.OTHER: ("other", Role.OTHER),
}
_VERDICTS = {
    Messaging.AVAILABLE: (NodeVerdict.ACTIVE, GatewayStatus.CONNECTED),
    Messaging.LIMITED: (NodeVerdict.LIMITED, GatewayStatus.CONNECTED),
    Messaging.BLOCKED: (NodeVerdict.FAULTY, GatewayStatus.DISCONNECTED),
}
_UNKNOWN = (NodeVerdict.UNKNOWN, GatewayStatus.UNKNOWN)


def nodes_of(entities: tuple[Entity, ...]) -> tuple[TopologyNode, ...]:
    """A node an entity, at most `MOST_SHOWN`; a second account is called account-2. Linear."""
    times: Counter[str] = Counter()
    nodes = []
    for entity in entities[:MOST_SHOWN]:
        name, _ = _NAMES[entity.type]
        times[name] += 1
        nodes.append(_node(entity, name if times[name] == 1 else f"{name}-{times[name]}"))
    return tuple(sorted(nodes, key=lambda node: node.name))


def name_of(entity: Entity) -> str:
    """What the entity is called in a sentence."""
    return _NAMES[entity.type][0]


def _node(entity: Entity, name: str) -> TopologyNode:
    _, role = _NAMES[entity.type]
    verdict, gateway = _UNKNOWN if entity.messaging is None else _VERDICTS.get(entity.messaging, _UNKNOWN)
    reported_role = (entity.reported_type or entity.type) if role is Role.OTHER else None
    return TopologyNode(name, role, gateway, verdict, entity.reported_messaging, reported_role=reported_role)
