"""The verdict on a phone number of the Cloud API, from the vendor's bytes to conditions: a row a situation."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from support.builders import condition_of
from support.phone_numbers import IDS, answer, entity, error, health, number_status, seen
from wahealth.core.answer import FailureReason, Malformed, NumberAnswer, Unreachable
from wahealth.core.cloud.versions import DEFAULT, ENDS
from wahealth.core.number.situation import ROWS, Situation, situation_of
from wahealth.core.status import ConditionType, Gateway, Mode, NodeVerdict

ACCEPTED, CREDENTIALS, REACHABLE, AVAILABLE, READY = (
    ConditionType.ACCEPTED,
    ConditionType.CREDENTIALS_VALID,
    ConditionType.REACHABLE,
    ConditionType.AVAILABLE,
    ConditionType.READY,
)
ACCOUNT = IDS["WABA"]
SILENT = Unreachable(FailureReason.CONNECT_TIMEOUT, "14 s")

# What is answered; gateway, Available, and the reason of Ready.
SITUATIONS: dict[str, tuple[NumberAnswer | None, Situation, Gateway, str, str, str]] = {
    "all may send": (answer(), Situation.AVAILABLE, Gateway.CONNECTED, "True", "Connected", "Available"),
    "an expired token": (
        error(190, 463, 401),
        Situation.CREDENTIAL,
        Gateway.UNKNOWN,
        "Unknown",
        "CredentialsUnknown",
        "TokenExpired",
    ),
    "an expired token, by HTTP 400": (
        error(190, 463),
        Situation.CREDENTIAL,
        Gateway.UNKNOWN,
        "Unknown",
        "CredentialsUnknown",
        "TokenExpired",
    ),
    "a password was changed": (
        error(190, 460),
        Situation.CREDENTIAL,
        Gateway.UNKNOWN,
        "Unknown",
        "CredentialsUnknown",
        "TokenRejected",
    ),
    "a permission is missing": (
        error(200),
        Situation.PERMISSION,
        Gateway.UNKNOWN,
        "Unknown",
        "CredentialsUnknown",
        "PermissionMissing",
    ),
    "too many calls": (
        error(80007),
        Situation.THROTTLED,
        Gateway.UNKNOWN,
        "Unknown",
        "GracePeriod",
        "GracePeriod",
    ),
    "HTTP 429": (error(0, None, 429), Situation.THROTTLED, Gateway.UNKNOWN, "Unknown", "GracePeriod", "GracePeriod"),
    "a fault of the vendor": (
        error(2, None, 500),
        Situation.UNREACHABLE,
        Gateway.UNKNOWN,
        "Unknown",
        "Unreachable",
        "HTTPStatus",
    ),
    "no answer": (SILENT, Situation.UNREACHABLE, Gateway.UNKNOWN, "Unknown", "Unreachable", "ConnectTimeout"),
    "a page": (
        Malformed("the body is not JSON"),
        Situation.UNREACHABLE,
        Gateway.UNKNOWN,
        "Unknown",
        "Unreachable",
        "InvalidResponse",
    ),
    "no such number": (
        error(100, 33),
        Situation.NOT_FOUND,
        Gateway.UNKNOWN,
        "Unknown",
        "Unreachable",
        "NumberNotFound",
    ),
    "a field that is not known": (
        error(100, message="(#100) Tried accessing nonexisting field"),
        Situation.UNREACHABLE,
        Gateway.UNKNOWN,
        "Unknown",
        "Unreachable",
        "HTTPStatus",
    ),
    "banned, by the status": (
        answer(status="BANNED"),
        Situation.BANNED,
        Gateway.DISCONNECTED,
        "False",
        "AccountBanned",
        "AccountBanned",
    ),
    "banned, by an entity's code": (
        answer(health(entity("WABA", "BLOCKED", 141014), outer="BLOCKED")),
        Situation.BANNED,
        Gateway.DISCONNECTED,
        "False",
        "AccountBanned",
        "AccountBanned",
    ),
    "locked": (error(131031), Situation.LOCKED, Gateway.DISCONNECTED, "False", "AccountLocked", "AccountLocked"),
    "locked for its violations": (
        error(368),
        Situation.LOCKED,
        Gateway.DISCONNECTED,
        "False",
        "AccountLocked",
        "AccountLocked",
    ),
    "deleted": (
        answer(status="DELETED"),
        Situation.DELETED,
        Gateway.DISCONNECTED,
        "False",
        "NumberDeleted",
        "NumberDeleted",
    ),
    "migrated": (
        answer(status="MIGRATED"),
        Situation.MIGRATED,
        Gateway.DISCONNECTED,
        "False",
        "NumberMigrated",
        "NumberMigrated",
    ),
    "not registered, by its status": (
        answer(status="PENDING"),
        Situation.UNREGISTERED,
        Gateway.UNREGISTERED,
        "False",
        "Unregistered",
        "Unregistered",
    ),
    "not registered, by its platform": (
        answer(platform_type="NOT_APPLICABLE"),
        Situation.UNREGISTERED,
        Gateway.UNREGISTERED,
        "False",
        "Unregistered",
        "Unregistered",
    ),
    "not registered, by an error": (
        error(133010),
        Situation.UNREGISTERED,
        Gateway.UNREGISTERED,
        "False",
        "Unregistered",
        "Unregistered",
    ),
    "no payment method": (
        answer(health(entity("WABA", "BLOCKED", 141006), outer="BLOCKED")),
        Situation.PAYMENT,
        Gateway.DISCONNECTED,
        "False",
        "PaymentMethod",
        "PaymentMethod",
    ),
    "blocked by its business": (
        answer(health(entity("BUSINESS", "BLOCKED", 141010), outer="BLOCKED")),
        Situation.BLOCKED,
        Gateway.DISCONNECTED,
        "False",
        "EntityBlocked",
        "EntityBlocked",
    ),
    "blocked, by an error": (
        error(130497),
        Situation.BLOCKED,
        Gateway.DISCONNECTED,
        "False",
        "EntityBlocked",
        "EntityBlocked",
    ),
    "limited by its app": (
        answer(health(entity("APP", "LIMITED"), outer="LIMITED")),
        Situation.LIMITED,
        Gateway.PARTIALLY_CONNECTED,
        "True",
        "MinimumConnected",
        "Available",
    ),
    "flagged": (
        answer(status="FLAGGED"),
        Situation.LIMITED,
        Gateway.PARTIALLY_CONNECTED,
        "True",
        "MinimumConnected",
        "Available",
    ),
    "no health in it": (
        answer("ABSENT"),
        Situation.UNDECIDED,
        Gateway.UNKNOWN,
        "Unknown",
        "UnknownGatewayStatus",
        "UnknownGatewayStatus",
    ),
    "a word that is not known": (
        answer(health(entity("APP", "PAUSED"))),
        Situation.UNDECIDED,
        Gateway.UNKNOWN,
        "Unknown",
        "UnknownGatewayStatus",
        "UnknownGatewayStatus",
    ),
    "a status that is not known": (
        answer(status="HIBERNATING"),
        Situation.UNDECIDED,
        Gateway.UNKNOWN,
        "Unknown",
        "UnknownGatewayStatus",
        "UnknownGatewayStatus",
    ),
    "nobody was asked": (
        None,
        Situation.NOT_ASKED,
        Gateway.UNKNOWN,
        "Unknown",
        "NotProbedYet",
        "NotProbedYet",
    ),
}


@pytest.mark.parametrize("case", SITUATIONS)
def test_an_answer_comes_to_a_situation(case: str) -> None:
    said, situation, gateway, available, reason, ready = SITUATIONS[case]
    assert situation_of(seen(said)).situation is situation
    status = number_status(said)
    assert (status.gateway, status.mode) == (gateway, Mode.CLOUD_API)
    assert condition_of(status, AVAILABLE) == (available, reason)
    assert condition_of(status, READY)[1] == ready


def test_each_situation_has_a_case() -> None:
    cases = {case[1] for case in SITUATIONS.values()} | {Situation.GONE}  # which an answer alone does not show
    assert cases == {row.situation for row in ROWS} == set(Situation)


@pytest.mark.parametrize("case", SITUATIONS)
def test_no_sentence_names_an_id(case: str) -> None:
    said = " ".join(condition.message for condition in number_status(SITUATIONS[case][0]).conditions)
    assert not any(id_ in said for id_ in IDS.values())


def test_the_outer_verdict_is_never_used_where_entities_have_one() -> None:
    """The vendor's own example of calling over SIP: BLOCKED outside, and every entity may send messages."""
    told = [entity(type_, "AVAILABLE", can_receive_call_sip="BLOCKED") for type_ in IDS]
    assert condition_of(number_status(answer(health(*told, outer="BLOCKED"))), AVAILABLE) == ("True", "Connected")


def test_the_outer_verdict_stands_in_where_no_entity_has_one() -> None:
    alone = {"can_send_message": "BLOCKED", "entities": []}
    assert condition_of(number_status(answer(alone)), AVAILABLE) == ("False", "EntityBlocked")


@pytest.mark.parametrize("messaging", ["AVAILABLE", "LIMITED"])
@pytest.mark.parametrize("code", [138024, 141006, 141014, 141000, 131031])
def test_a_code_on_an_entity_that_may_send_makes_nothing_worse(messaging: str, code: int) -> None:
    status = number_status(answer(health(entity("WABA", messaging, code))))
    assert condition_of(status, AVAILABLE)[0] == "True"


def test_on_a_ban_business_and_app_stay_available() -> None:
    status = number_status(answer(health(entity("WABA", "BLOCKED", 141014))))
    assert {node.name: node.verdict for node in status.nodes} == {
        "account": NodeVerdict.FAULTY,
        "app": NodeVerdict.ACTIVE,
        "business": NodeVerdict.ACTIVE,
        "number": NodeVerdict.ACTIVE,
    }
    assert condition_of(status, AVAILABLE) == ("False", "AccountBanned")


@pytest.mark.parametrize("said", [answer("ABSENT"), answer(health(entity("APP", "PAUSED"))), error(80007)])
def test_what_an_answer_leaves_open_is_as_it_was(said: NumberAnswer) -> None:
    before = number_status(answer())
    after = number_status(said, before)
    assert after.gateway is Gateway.CONNECTED
    assert after.condition(AVAILABLE) == before.condition(AVAILABLE)


def test_limits_that_are_accepted_count_for_nothing() -> None:
    said = answer(health(entity("APP", "LIMITED")), status="FLAGGED")
    assert condition_of(number_status(said, limited_accepted=True), AVAILABLE) == ("True", "Connected")


def test_an_entity_that_blocks_by_ignored_codes_alone_blocks_nothing() -> None:
    said = answer(health(entity("BUSINESS", "BLOCKED", 141010)))
    assert condition_of(number_status(said, ignored_codes=frozenset({141010})), AVAILABLE)[0] == "True"
    both = answer(health(entity("BUSINESS", "BLOCKED", 141010, 141014)))
    assert condition_of(number_status(both, ignored_codes=frozenset({141010})), AVAILABLE)[0] == "False"


def test_a_number_that_need_not_be_registered_is_available() -> None:
    status = number_status(answer(status="PENDING"), registration_required=False)
    assert condition_of(status, AVAILABLE) == ("True", "Unregistered")


def test_a_second_account_has_a_name_of_its_own() -> None:
    told = [entity("WABA", "AVAILABLE", id=str(number)) for number in range(3)]
    names = [node.name for node in number_status(answer(health(*told))).nodes]
    assert names == ["account", "account-2", "account-3", "app", "business", "number"]


def test_an_entity_of_an_unknown_kind_keeps_the_vendor_s_word() -> None:
    node = next(n for n in number_status(answer(health(entity("PORTFOLIO")))).nodes if n.name == "other")
    assert (node.role, node.reported_role) == ("Other", "PORTFOLIO")


@pytest.mark.parametrize(
    ("rating", "found"),
    [
        ("GREEN", ("True", "QualityHigh")),
        ("YELLOW", ("True", "QualityMedium")),
        ("RED", ("False", "QualityLow")),
        ("NA", ("True", "NotRated")),
        ("PURPLE", None),
        (None, None),
    ],
)
def test_quality_is_a_condition_of_its_own_and_never_counts(rating: str | None, found: tuple[str, str] | None) -> None:
    status = number_status(answer(quality_rating=rating))
    condition = status.condition(ConditionType.QUALITY_ACCEPTABLE)
    assert (condition and (condition.status.value, condition.reason)) == found
    assert condition_of(status, READY)[0] == "True"


@pytest.mark.parametrize(
    ("asked", "served", "found"),
    [
        (DEFAULT, DEFAULT, ("True", "VersionSupported")),
        ("v20.0", "v21.0", ("False", "VersionEnded")),
        ("v21.0", "v21.0", ("False", "VersionEnding")),  # within 90 days
        ("v22.0", "v22.0", ("True", "VersionSupported")),
        ("v99.0", "v99.0", ("True", "VersionSupported")),  # not known here
    ],
)
def test_the_version_that_answers_is_compared_with_the_one_asked(
    asked: str, served: str, found: tuple[str, str]
) -> None:
    status = number_status(answer(served=served), graph_version=asked)
    assert condition_of(status, ConditionType.GRAPH_VERSION_SUPPORTED) == found


def test_the_table_of_versions_says_nothing_past_its_horizon() -> None:
    late = datetime(max(ENDS.values()).year + 3, 1, 1, tzinfo=UTC)
    status = number_status(answer(served="v21.0"), graph_version="v21.0", now=late)
    assert condition_of(status, ConditionType.GRAPH_VERSION_SUPPORTED)[0] == "True"


def test_more_errors_than_are_read_are_not_all_ignored() -> None:
    flooded = answer(health(entity("WABA", "BLOCKED", *[141010] * 20, 141006)))
    assert number_status(flooded, ignored_codes=frozenset({141010})).gateway is Gateway.DISCONNECTED


def test_a_ban_by_status_shows_no_code_of_another_trouble() -> None:
    unpaid = health(entity("WABA", "BLOCKED", 141006, 141014))
    banned = number_status(answer(unpaid, status="BANNED")).condition(AVAILABLE)
    assert banned is not None
    assert "(code 141014)" in banned.message
    unpaid = health(entity("WABA", "BLOCKED", 141006))
    banned = number_status(answer(unpaid, status="BANNED")).condition(AVAILABLE)
    assert banned is not None
    assert "code" not in banned.message
