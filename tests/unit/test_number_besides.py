"""What is looked at besides a number, in the verdict: why it is not found, its templates, the end of its token."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.builders import condition_of
from support.phone_numbers import IDS, NOW, answer, error, number_status, seen
from wahealth.core.answer import FailureReason, NumberAnswer, Unreachable
from wahealth.core.cloud.number_checks import MANAGEMENT, NumberChecks, Template, TemplateStatus, TokenReport
from wahealth.core.number.number_verdict import evaluate_number
from wahealth.core.number.situation import situation_of
from wahealth.core.status import ConditionStatus, ConditionType, Credentials, Gateway, Status
from wahealth.core.verdict.verdict import Anomaly

ACCEPTED, READY = ConditionType.ACCEPTED, ConditionType.READY
ACCOUNT = IDS["WABA"]
SILENT = Unreachable(FailureReason.CONNECT_TIMEOUT, "14 s")
SEES = TokenReport(is_valid=True, scopes=frozenset({MANAGEMENT}), accounts=frozenset({"another", ACCOUNT}))
BLIND = SEES._replace(accounts=frozenset({"another"}))
POWERLESS = SEES._replace(scopes=frozenset({"whatsapp_business_messaging"}))


@pytest.mark.parametrize(
    ("checks", "account", "words", "gateway"),
    [
        (None, ACCOUNT, "or this token may not see it", Gateway.UNKNOWN),
        (NumberChecks(), ACCOUNT, "or this token may not see it", Gateway.UNKNOWN),
        (NumberChecks(SEES), ACCOUNT, "or this token may not see it", Gateway.UNKNOWN),
        (NumberChecks(BLIND), "", "or this token may not see it", Gateway.UNKNOWN),
        (NumberChecks(BLIND), ACCOUNT, "assign that account to the token's system user", Gateway.UNKNOWN),
        (NumberChecks(SEES, account_seen=False), ACCOUNT, "assign that account to the token's", Gateway.UNKNOWN),
        (NumberChecks(POWERLESS, account_seen=False), ACCOUNT, "does not have the permission", Gateway.UNKNOWN),
        (NumberChecks(SEES, account_seen=True), ACCOUNT, "may have been deleted", Gateway.DISCONNECTED),
    ],
)
def test_why_a_number_is_not_found_as_far_as_token_and_account_say(
    checks: NumberChecks | None, account: str, words: str, gateway: Gateway
) -> None:
    """It is gone only where the token is proven to see its account."""
    status = number_status(error(100, 33), checks=checks, account=account)
    found = status.condition(ACCEPTED)
    assert found is not None
    assert (found.status, found.reason) == (ConditionStatus.FALSE, "NumberNotFound")
    assert words in found.message
    assert status.gateway is gateway
    assert condition_of(status, READY) == ("False", "NumberNotFound")


@given(st.sampled_from([answer(), error(190), error(4), error(100, 33), SILENT, answer(status="BANNED")]))
def test_no_check_besides_the_number_changes_ready(said: NumberAnswer) -> None:
    checks = (SEES, BLIND, POWERLESS, TokenReport(is_valid=False), None)
    wanted: dict[str, Any] = {"account": ACCOUNT, "templates": ("order",)}
    for token, sight, status in itertools.product(checks, (None, True, False), (None, *TemplateStatus)):
        found = NumberChecks(token, sight, (Template("order", "en", status),))
        ready = number_status(said, checks=found, **wanted).condition_status(READY)
        assert ready is number_status(said, **wanted).condition_status(READY)


def templates(*found: Template | None) -> tuple[str, str] | None:
    """The condition; None among them: nothing was found out."""
    checks = None if None in found else NumberChecks(templates=tuple(one for one in found if one))
    status = number_status(answer(), checks=checks, templates=("order", "refund"))
    condition = status.condition(ConditionType.TEMPLATES_USABLE)
    return condition and (condition.status.value, condition.message)


def test_a_template_is_usable_where_it_is_approved_in_each_of_its_languages() -> None:
    good = [Template("order", "en", TemplateStatus.APPROVED), Template("refund", "en", TemplateStatus.APPROVED)]
    assert templates(*good) == ("True", "All templates of spec.cloud.templates are approved.")
    paused = templates(*good, Template("refund", "de", TemplateStatus.PAUSED))
    assert paused == (
        "False",
        "The template refund (de) cannot be used, because it is Paused: look at it in the WhatsApp Manager.",
    )
    missing = templates(good[0])
    assert missing is not None
    assert "has no template refund" in missing[1]
    assert templates(None) is None


def test_templates_that_nobody_named_are_not_spoken_of() -> None:
    checks = NumberChecks(templates=())
    assert number_status(answer(), checks=checks).condition(ConditionType.TEMPLATES_USABLE) is None


@pytest.mark.parametrize(
    ("left", "warned"),
    [
        (timedelta(days=8), set()),
        (timedelta(days=7), {Anomaly.TOKEN_EXPIRING_THIS_WEEK}),
        (timedelta(hours=25), {Anomaly.TOKEN_EXPIRING_THIS_WEEK}),
        (timedelta(hours=24), {Anomaly.TOKEN_EXPIRING}),
        (timedelta(0), set()),
    ],
)
def test_the_end_of_a_token_is_warned_of_a_week_before_and_on_the_last_day(
    left: timedelta, warned: set[Anomaly]
) -> None:
    one = seen(answer(), checks=NumberChecks(TokenReport(is_valid=True, expires=NOW + left)))
    verdict = evaluate_number(one, situation_of(one))
    assert verdict.anomalies == warned
    assert verdict.status.credentials == Credentials(token_expiry_time=NOW + left)


def test_a_token_that_never_expires_and_one_that_was_not_looked_at() -> None:
    before = Status(credentials=Credentials(token_expiry_time=NOW))
    assert number_status(answer(), before).credentials == before.credentials
    assert number_status(answer(), before, checks=NumberChecks()).credentials is None
    assert number_status(answer(), before, checks=NumberChecks(TokenReport(is_valid=True))).credentials is None
