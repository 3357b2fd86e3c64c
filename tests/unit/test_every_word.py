"""Every word of the vocabulary has its place in every table that speaks of it: a new one is missed by no test."""

from __future__ import annotations

import typing
from typing import Any

import pytest

from wahealth.api.v1alpha1 import Connected, Endpoint, Status, TopologyNode
from wahealth.api.v1alpha1.timing import Grace
from wahealth.core.answer import GatewayStatus, Role
from wahealth.core.facts import Thresholds
from wahealth.core.hysteresis.debounce import _FALL, JUDGED
from wahealth.core.observation.tracking import NOT_CONNECTED, STARTING
from wahealth.core.reasons.reason import Reason
from wahealth.core.reasons.table import rows
from wahealth.core.status import ConditionType, Gateway, Mode, NodeVerdict
from wahealth.core.verdict.checks import OCCASIONAL, TABLES
from wahealth.core.verdict.gateway import _AS_ONE
from wahealth.core.verdict.problem import OF_GATEWAY
from wahealth.core.verdict.topology import PROBLEM_OF_STARTING
from wahealth.probe.payload import _ROLES, _STATUSES

KNOWN = frozenset(GatewayStatus) - {GatewayStatus.UNKNOWN}
DOWN = frozenset(Gateway) - {Gateway.UNKNOWN, Gateway.CONNECTED, Gateway.PARTIALLY_CONNECTED}
# Written by more than a table of rules.
OF_PROGRESS = frozenset(
    {ConditionType.READY, ConditionType.SUSPENDED, ConditionType.RECONCILING, ConditionType.STALLED}
)
OF_NUMBERS = frozenset(
    {
        ConditionType.QUALITY_ACCEPTABLE,
        ConditionType.GRAPH_VERSION_SUPPORTED,
        ConditionType.TEMPLATES_USABLE,
        ConditionType.THROTTLED,
    }
)


def words(model: Any, field: str) -> set[str]:
    """The values that a field of the resource may have."""
    found: set[str] = set()
    todo = [model.model_fields[field].annotation]
    while todo:
        one = todo.pop()
        if typing.get_origin(one) is typing.Literal:
            found |= set(typing.get_args(one))
        else:
            todo += typing.get_args(one)
    return found


def test_a_status_that_the_client_reports_is_understood_and_has_its_meaning() -> None:
    assert set(_STATUSES.values()) == KNOWN
    assert set(_AS_ONE) == KNOWN
    assert words(TopologyNode, "gateway_status") == set(GatewayStatus)


def test_a_node_is_connected_or_starting_or_neither() -> None:
    parts = ({GatewayStatus.CONNECTED}, STARTING, NOT_CONNECTED)
    assert sorted(status for part in parts for status in part) == sorted(GatewayStatus)
    assert set(PROBLEM_OF_STARTING) == STARTING


def test_a_gateway_has_its_place_in_the_fall_and_its_problem() -> None:
    assert set(_FALL) == set(Gateway) - {Gateway.UNKNOWN}
    assert set(OF_GATEWAY) == DOWN
    assert words(Status, "gateway") == set(Gateway)


def test_a_role_is_understood() -> None:
    of_numbers = {Role.PHONE_NUMBER, Role.BUSINESS_ACCOUNT, Role.BUSINESS, Role.APP, Role.OTHER}
    assert set(_ROLES.values()) == set(Role) - of_numbers
    assert words(TopologyNode, "role") == set(Role)


@pytest.mark.parametrize(
    ("model", "field", "of"),
    [(TopologyNode, "verdict", NodeVerdict), (Status, "mode", Mode)],
)
def test_the_resource_knows_every_word(model: Any, field: str, of: Any) -> None:
    assert words(model, field) == set(of)


def test_a_condition_has_its_rules() -> None:
    assert set(TABLES) | set(OCCASIONAL) | OF_PROGRESS | OF_NUMBERS == set(ConditionType)
    assert set(JUDGED) == set(TABLES)


def test_a_reason_has_its_row() -> None:
    found = {reason for shown in rows().values() for row in shown for reason in (row.reason, row.event) if reason}
    assert set(Reason) - {Reason.AVAILABLE} <= found  # Ready=True has the sentence of Available


def test_a_grace_of_the_spec_is_a_threshold() -> None:
    graces = {name for name in Thresholds.__dataclass_fields__ if name.endswith("_grace")}
    assert {name.replace("_seconds", "_grace") for name in Grace.model_fields} == graces


def test_the_words_are_looked_for_where_there_are_some() -> None:
    assert not words(Connected, "summary")
    assert not words(Endpoint, "pod")
