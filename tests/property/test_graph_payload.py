"""Whatever the Cloud API answers is a value, bounded and printable; the order of entities is none."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from wahealth.core.answer import Malformed
from wahealth.core.cloud.errors import GraphError
from wahealth.core.cloud.number_checks import TokenReport
from wahealth.core.cloud.report import NumberReport
from wahealth.probe.cloud.graph_checks_payload import (
    TemplatePage,
    account_seen_of,
    templates_page_of,
    token_report_of,
)
from wahealth.probe.cloud.graph_payload import LONGEST_TEXT, NumberOutcome, number_outcome_of

statuses = st.integers(200, 599)
names = st.sampled_from(
    [
        *("id", "health_status", "entities", "entity_type", "can_send_message", "errors", "error_code", "status"),
        *("error_description", "possible_solution", "additional_info", "error", "code", "error_subcode", "message"),
        *("data", "is_valid", "scopes", "granular_scopes", "paging", "cursors", "after", "next", "name", "language"),
        *("throughput", "level", "quality_rating", "platform_type", "is_transient", "name_status"),
    ]
)
words = st.sampled_from(["AVAILABLE", "BLOCKED", "LIMITED", "WABA", "APP", "PHONE_NUMBER", "CONNECTED", "NA"])
leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
documents = st.recursive(
    leaves | words, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=6), max_leaves=40
)
entities = st.lists(
    st.fixed_dictionaries(
        {"entity_type": words | st.text(max_size=4), "id": st.text(max_size=4), "can_send_message": words | st.none()}
    ),
    max_size=6,
)


@given(statuses, documents | st.fixed_dictionaries({"data": documents, "paging": documents}))
def test_whatever_is_said_of_a_token_an_account_or_templates_is_a_value(status: int, document: Any) -> None:
    body = json.dumps(document).encode()
    assert isinstance(token_report_of(status, body), TokenReport | GraphError | Malformed)
    assert isinstance(account_seen_of(status, body), str | GraphError | Malformed)
    assert isinstance(templates_page_of(status, body), TemplatePage | GraphError | Malformed)


@given(documents, documents, documents, documents)
def test_no_field_of_a_token_is_believed_that_is_none(expires: Any, app: Any, scopes: Any, granular: Any) -> None:
    said = {"is_valid": True, "expires_at": expires, "app_id": app, "scopes": scopes, "granular_scopes": granular}
    report = token_report_of(200, json.dumps({"data": said}).encode())
    assert isinstance(report, TokenReport)
    assert report.is_valid
    assert len(report.app) <= 64


def texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [text for one in value for text in texts(one)] if isinstance(value, tuple) else []


def holds(outcome: NumberOutcome) -> None:
    assert isinstance(outcome, NumberReport | GraphError | Malformed)
    found = [outcome.problem] if isinstance(outcome, Malformed) else texts(outcome)
    assert all(len(text) <= LONGEST_TEXT and text.isascii() and text.isprintable() for text in found)
    assert hash(outcome) == hash(outcome)


@given(statuses, st.binary(max_size=200), st.text(max_size=12))
def test_any_bytes(status: int, body: bytes, header: str) -> None:
    holds(number_outcome_of(status, body, header))


@given(st.just(200) | statuses, documents)
def test_any_document(status: int, document: object) -> None:
    holds(number_outcome_of(status, json.dumps(document).encode()))


@given(st.dictionaries(names, documents, max_size=6), documents)
def test_anything_where_health_and_errors_stand(health: dict[str, Any], error: object) -> None:
    holds(number_outcome_of(200, json.dumps({"id": "1", "health_status": health}).encode()))
    holds(number_outcome_of(400, json.dumps({"error": error}).encode()))


@given(entities, st.randoms(use_true_random=False))
def test_entities_in_any_order(told: list[dict[str, Any]], luck: Any) -> None:
    def read(order: list[dict[str, Any]]) -> NumberOutcome:
        return number_outcome_of(200, json.dumps({"id": "1", "health_status": {"entities": order}}).encode())

    assert read(told) == read(luck.sample(told, len(told)))
