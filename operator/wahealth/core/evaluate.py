"""Facts in, verdict out: the status that this round would write, without its times."""

from __future__ import annotations

from dataclasses import replace

from wahealth.core import checks
from wahealth.core.answer import GatewayStatus, Report, Role
from wahealth.core.checks.case import Case
from wahealth.core.conditions import ready, restart_required, suspended
from wahealth.core.facts import Facts
from wahealth.core.gateway import gateway
from wahealth.core.modes import connected_coreapps, expected_connections, judged_mode, shown_mode, with_role
from wahealth.core.nodes import MOST_LISTED, redundancy, shown_names, topology
from wahealth.core.status import Condition, ConditionType, Connected, Gateway, Mode, Status
from wahealth.core.views import Round, endpoints, one_view


def evaluate(facts: Facts) -> Status:
    if facts.expected.suspended:
        return suspended(facts.believed)
    round_ = one_view(facts.outcomes)
    status = _unseen(facts) if round_.view is None else _seen(facts, round_.view)
    case = _case(facts, round_, status)
    return replace(status, conditions=_conditions(case), endpoints=endpoints(facts.outcomes))


def _unseen(facts: Facts) -> Status:
    """While the client cannot be seen, what does not age stays: mode, version, topology, connections."""
    return replace(facts.believed, gateway=Gateway.UNKNOWN)


def _seen(facts: Facts, view: Report) -> Status:
    mode = judged_mode(facts, view)
    count, expected = _connected(view), expected_connections(facts, view, mode)
    names = shown_names(view.nodes)
    nodes = topology(view.nodes, mode, count >= expected)
    return Status(
        gateway=gateway(view, mode, count, expected, facts.believed.gateway),
        mode=shown_mode(view, facts.expected.mode or facts.believed.mode),
        client_version=view.version or facts.believed.client_version,
        connected=Connected.of(count, expected),
        primary_master=min((names[n.key] for n in with_role(view, Role.PRIMARY_MASTER)), default=None),
        connected_coreapps=tuple(sorted(names[n.key] for n in connected_coreapps(view))),
        redundancy=None if mode is Mode.SINGLE else redundancy(nodes, expected),
        nodes=nodes[:MOST_LISTED],
    )


def _connected(view: Report) -> int:
    if view.single is not None:
        return int(view.single is GatewayStatus.CONNECTED)
    return len(connected_coreapps(view))


def _case(facts: Facts, round_: Round, status: Status) -> Case:
    connected = status.connected or Connected.of(0, 1)
    mode = judged_mode(facts, round_.view) if round_.view else status.mode
    return Case(facts, round_, mode, status.gateway, connected.current, connected.expected, status.redundancy)


def _conditions(case: Case) -> tuple[Condition, ...]:
    found = {type_: checks.first(rules, case) for type_, rules in checks.TABLES.items()}
    found[ConditionType.READY] = ready(found)
    if case.round.view is not None and case.round.refusing:
        found[ConditionType.RESTART_REQUIRED] = restart_required(case.round.refusing)
    return tuple(Condition(type_, f.status, f.reason, f.message) for type_, f in found.items())
