"""An answer of the Cloud API about one number, from the bytes to what is known of it. All ids are invented."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from support.work import instructions
from wahealth.core.answer import Malformed
from wahealth.core.cloud.errors import ErrorClass, GraphError
from wahealth.core.cloud.report import (
    Entity,
    EntityError,
    EntityType,
    HealthStatus,
    Messaging,
    NumberFields,
    NumberReport,
    NumberStatus,
    Platform,
    Quality,
)
from wahealth.probe.cloud.graph_payload import LONGEST_TEXT, MOST_TEXTS, number_outcome_of
from wahealth.probe.payload import LONGEST_WORD, MOST_NODES
from wahealth.probe.strict_json import TOO_MANY_VALUES

TYPES = {
    "PHONE_NUMBER": EntityType.PHONE_NUMBER,
    "WABA": EntityType.BUSINESS_ACCOUNT,
    "BUSINESS": EntityType.BUSINESS,
    "APP": EntityType.APP,
    "MESSAGE_TEMPLATE": EntityType.MESSAGE_TEMPLATE,
    "FLOW": EntityType.FLOW,
}


def entity(type_: str, messaging: object = "AVAILABLE", **more: object) -> dict[str, Any]:
    return {"entity_type": type_, "id": f"1{len(type_):03}", "can_send_message": messaging, **more}


def answered(*entities: object, outer: object = "AVAILABLE", **fields: object) -> bytes:
    health = {"can_send_message": outer, "entities": entities}
    return json.dumps({"health_status": health, **fields, "id": "1000"}).encode()


def report(body: bytes) -> NumberReport:
    outcome = number_outcome_of(200, body)
    assert isinstance(outcome, NumberReport)
    return outcome


def entities(*told: object) -> tuple[Entity, ...]:
    health = report(answered(*told)).health
    assert health is not None
    return health.entities


def refused(status: int = 400, /, **error: object) -> GraphError:
    outcome = number_outcome_of(status, json.dumps({"error": error}).encode())
    assert isinstance(outcome, GraphError)
    return outcome


def test_a_healthy_number() -> None:
    body = answered(
        *map(entity, TYPES),
        status="CONNECTED",
        quality_rating="GREEN",
        platform_type="CLOUD_API",
        whatsapp_business_manager_messaging_limit="TIER_1K",
        display_phone_number="+1 555 0100",
    )
    found = tuple(Entity(type_, f"1{len(word):03}", Messaging.AVAILABLE) for word, type_ in TYPES.items())
    fields = NumberFields(
        NumberStatus.CONNECTED,
        Quality.GREEN,
        Platform.CLOUD_API,
        messaging_limit="TIER_1K",
    )
    assert report(body) == NumberReport("1000", HealthStatus(Messaging.AVAILABLE, found), fields)


def test_what_is_personal_is_not_kept() -> None:
    said = str(report(answered(display_phone_number="+1 555 0100", verified_name="Canary", certificate="canary")))
    assert "555" not in said
    assert "canary" not in said.lower()


def test_the_order_of_entities_says_nothing() -> None:
    told = [entity(word, verdict) for word in (*TYPES, "NEW", "NEWER") for verdict in ("AVAILABLE", "BLOCKED")]
    shuffled = random.Random(7).sample(told, len(told))
    assert entities(*told) == entities(*shuffled)
    assert [one.type for one in entities(*told)][:2] == [EntityType.PHONE_NUMBER] * 2


@pytest.mark.parametrize("word", ["AVAILABLE", "LIMITED", "BLOCKED"])
def test_the_verdicts(word: str) -> None:
    (one,) = entities(entity("WABA", word))
    assert (one.messaging, one.reported_messaging) == (Messaging[word], None)


def test_blocked_for_calling_alone_is_two_words_that_differ() -> None:
    """Documented in the vendor's own example: the outer verdict is BLOCKED, and each entity may send."""
    sip = {"can_receive_call_sip": "BLOCKED", "errors": [{"error_code": 138024}]}
    health = report(answered(entity("PHONE_NUMBER", **sip), entity("WABA"), outer="BLOCKED")).health
    assert health is not None
    assert (health.messaging, {one.messaging for one in health.entities}) == (Messaging.BLOCKED, {Messaging.AVAILABLE})


def test_errors_and_more_words_stand_at_their_entity() -> None:
    error = {"error_code": 141006, "error_description": "No way to pay.", "possible_solution": "Add\n one. \x1b[31m"}
    (one,) = entities(entity("WABA", "BLOCKED", errors=[error, {}], additional_info=["First.", "Second.", 3]))
    assert one.errors == (EntityError(141006, "No way to pay.", "Add one. ?[31m"), EntityError(0))
    assert one.additional_info == ("First.", "Second.")


def test_words_that_nobody_knows_are_kept_as_they_are() -> None:
    (one,) = entities(entity("GALAXY", "MAYBE"))
    assert (one.type, one.reported_type) == (EntityType.OTHER, "GALAXY")
    assert (one.messaging, one.reported_messaging) == (Messaging.UNKNOWN, "MAYBE")
    body = answered(status="ASLEEP", quality_rating="BLUE", platform_type="MOON", outer="PERHAPS")
    read = report(body)
    assert read.health == HealthStatus(Messaging.UNKNOWN, (), "PERHAPS")
    assert read.fields[:6] == (
        *(NumberStatus.UNKNOWN, Quality.UNKNOWN, Platform.UNKNOWN),
        *("ASLEEP", "BLUE", "MOON"),
    )


def test_the_vendor_has_a_word_for_unknown_too() -> None:
    fields = report(answered(status="UNKNOWN", quality_rating="NA", platform_type="NOT_APPLICABLE")).fields
    assert fields[:4] == (NumberStatus.UNKNOWN, Quality.NOT_APPLICABLE, Platform.NOT_APPLICABLE, None)


@pytest.mark.parametrize("status", [word for word in NumberStatus if word is not NumberStatus.UNKNOWN])
def test_each_status_is_known(status: NumberStatus) -> None:
    assert report(answered(status=status.name)).fields[:4] == (status, None, None, None)


@pytest.mark.parametrize("health", [{}, {"health_status": None}])
def test_an_answer_without_health_says_nothing_of_it(health: dict[str, Any]) -> None:
    body = json.dumps({"id": "1000", "status": "CONNECTED", **health}).encode()
    assert report(body) == NumberReport("1000", None, NumberFields(NumberStatus.CONNECTED))


def test_an_entity_that_says_nothing_of_messages() -> None:
    (one,) = entities({"entity_type": "APP"})
    assert one == Entity(EntityType.APP, "", None)


@pytest.mark.parametrize(
    ("header", "version"),
    [("v21.0", "v21.0"), ("", None), ("v21.0, v22.0", None), ("v21.0\n", None), ("v" + "1" * 99 + ".0", None)],
)
def test_the_version_that_really_served(header: str, version: str | None) -> None:
    outcome = number_outcome_of(200, answered(), header)
    assert isinstance(outcome, NumberReport)
    assert outcome.served_version == version


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": 190, "error_subcode": 463}, ErrorClass.CREDENTIAL),
        ({"code": 100, "error_subcode": 33}, ErrorClass.NOT_FOUND),
        ({"code": 100, "message": "(#100) Tried accessing nonexisting field (x)"}, ErrorClass.OUR_REQUEST),
        ({"code": 999_999, "is_transient": True}, ErrorClass.TRANSIENT),
        ({"code": "190"}, ErrorClass.UNKNOWN),
        ({"code": -1}, ErrorClass.UNKNOWN),
        ({"code": 190.5}, ErrorClass.UNKNOWN),
        ({"code": True}, ErrorClass.UNKNOWN),
        ({"code": 1e300}, ErrorClass.UNKNOWN),
        ({}, ErrorClass.UNKNOWN),
    ],
)
def test_an_error(error: dict[str, object], kind: ErrorClass) -> None:
    assert refused(**error).kind is kind


def test_an_error_keeps_its_numbers_and_no_text() -> None:
    found = refused(401, code=190, error_subcode=460, message="canary", fbtrace_id="canary")
    assert found == GraphError(ErrorClass.CREDENTIAL, 401, 190, 460)
    assert "canary" not in str(found)


def test_an_error_may_come_with_200() -> None:
    assert refused(200, code=190) == GraphError(ErrorClass.CREDENTIAL, 200, 190)


@pytest.mark.parametrize("status", [401, 403, 404, 500])
@pytest.mark.parametrize("body", [{"message": "no"}, {"meta": {"http_code": 401}}, {}, [], {"error": "no"}])
def test_another_envelope_is_not_the_vendor_s_and_says_nothing(status: int, body: object) -> None:
    assert number_outcome_of(status, json.dumps(body).encode()) == GraphError(ErrorClass.TRANSIENT, status)


@pytest.mark.parametrize("body", [b"", b"<html>no</html>", b"\xff", b"[" * 30_000])
@pytest.mark.parametrize("status", [301, 401, 404, 502])
def test_a_body_that_is_no_json_says_nothing(status: int, body: bytes) -> None:
    """As of a proxy on the way, or of the vendor's front."""
    assert number_outcome_of(status, body) == GraphError(ErrorClass.TRANSIENT, status)
    assert number_outcome_of(429, body) == GraphError(ErrorClass.THROTTLE, 429)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "the body is empty"),
        (b"<h1>Sorry</h1>", 'the body is not JSON but says "Sorry"'),
        (b"{", "the body is not JSON"),
        (b"[]", "the body is no JSON object"),
        (b"{}", "the body has no id and no health_status in it"),
        (b'{"id": "", "status": "CONNECTED"}', "the body has no id and no health_status in it"),
        (b'{"id": "1", "health_status": "AVAILABLE"}', "its health_status is no JSON object"),
        (b"[" * 30_000, TOO_MANY_VALUES),
    ],
)
def test_what_is_no_answer_is_a_sentence(body: bytes, problem: str) -> None:
    assert number_outcome_of(200, body) == Malformed(problem)


def test_as_many_entities_as_may_be() -> None:
    assert len(entities(*[entity("WABA")] * MOST_NODES)) == MOST_NODES
    too_many = Malformed("the body names 1,001 entities, and no more than 1,000 are read")
    assert number_outcome_of(200, answered(*[entity("WABA")] * (MOST_NODES + 1))) == too_many


def test_words_and_texts_are_cut_and_cleaned() -> None:
    evil = "\x1b[31m{{x}}\n\ufffd " + "a" * 10_000
    errors = [{"error_code": 1, "error_description": evil, "possible_solution": evil}] * 100
    told = entity(evil, evil, id=evil, errors=errors, additional_info=[evil] * 100)
    (one,) = entities(told)
    texts = [*one.additional_info, *(text for error in one.errors for text in error[1:])]
    words = [one.id, one.reported_type or "", one.reported_messaging or ""]
    assert len(texts) == 3 * MOST_TEXTS + 2  # and an empty one for those that were not read
    assert all(len(text) <= LONGEST_TEXT and text.isascii() and text.isprintable() for text in texts)
    assert all(len(word) == LONGEST_WORD and word.isascii() and word.isprintable() for word in words)


def test_many_short_words_are_no_dearer_than_a_long_one() -> None:
    def cost(text: str) -> int:
        body = answered(*[entity("WABA", additional_info=[text] * MOST_TEXTS)] * 100)
        return instructions(lambda: number_outcome_of(200, body))

    assert cost("a " * 150) < 1.05 * cost("a" * 300)  # counted, and not to the last instruction


def test_twice_the_entities_cost_twice_as_much() -> None:
    def cost(count: int) -> int:
        body = answered(*[entity("WABA", errors=[{"error_code": 141006}])] * count)
        return instructions(lambda: number_outcome_of(200, body))

    assert cost(400) < 2.2 * cost(200)
