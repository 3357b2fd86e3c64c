"""All that can be said of a phone number in one round: each situation, and what no situation depends on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from support.phone_numbers import answer, entity, error, health
from wahealth.core.answer import FailureReason, Malformed, NumberAnswer, PodOutcome, Unreachable
from wahealth.core.cloud.number_checks import NumberChecks, Template, TemplateStatus
from wahealth.core.cloud.versions import DEFAULT
from wahealth.core.cloud.wanted import CloudDesired
from wahealth.core.facts import Desired, Facts, Thresholds
from wahealth.core.instant import Instant
from wahealth.core.number.number_evaluation import seen_in
from wahealth.core.number.situation import Situation, situation_of
from wahealth.core.reasons import credentials, spec
from wahealth.core.reasons.found import false
from wahealth.core.signin.kinds import Kind
from wahealth.core.status import Status

SPEC: dict[str, Any] = {
    "target": {"cloud": {"phoneNumberID": "900000000000001"}},
    "auth": {"bearerToken": {"secretKeyRef": {"name": "number-token", "key": "token"}}},
}
PATIENCE = Thresholds(period=120, failure_threshold=1, startup_rounds=2, connecting_grace=30)
EXPIRED = 463  # the subcode


def _number(
    said: NumberAnswer | None,
    version: str = DEFAULT,
    limited_accepted: bool = False,
    templates: tuple[str, ...] = (),
    **more: Any,
) -> Facts:
    """`said` None: nobody was asked. `more`: fields of `Desired`."""
    cloud = CloudDesired(version, limited_accepted=limited_accepted, account="900000000000002", templates=templates)
    desired = Desired(signs_in_by=Kind.TOKEN, thresholds=PATIENCE, cloud=cloud, **more)
    outcomes = () if said is None else (PodOutcome("number", "graph.example.com", said),)
    return Facts(desired, 1, outcomes)


def _blocked(type_: str, *codes: int) -> NumberAnswer:
    return answer(health(entity(type_, "BLOCKED", *codes), outer="BLOCKED"))


_LIMITED = answer(health(entity("APP", "LIMITED")))
_MISSING = false(spec.SECRET_NOT_FOUND, name="number-token")
_PAUSED = NumberChecks(account_seen=True, templates=(Template("order", "en", TemplateStatus.PAUSED),))
_EMPTY = false(credentials.EMPTY, what="token")
NUMBER_MOODS: dict[str, Facts] = {
    "available": _number(answer()),
    "limited": _number(_LIMITED),
    "limited, as accepted": _number(_LIMITED, limited_accepted=True),
    "flagged": _number(answer(status="FLAGGED")),
    "banned": _number(answer(status="BANNED")),
    "locked": _number(error(131031)),
    "deleted": _number(answer(status="DELETED")),
    "migrated": _number(answer(status="MIGRATED")),
    "not registered": _number(answer(status="PENDING")),
    "not registered, as wanted": _number(answer(status="PENDING"), registration_required=False),
    "no payment method": _number(_blocked("WABA", 141006)),
    "an entity blocks": _number(_blocked("BUSINESS", 141010)),
    "no health_status": _number(answer("ABSENT")),
    "no answer": _number(Unreachable(FailureReason.READ_TIMEOUT)),
    "an answer that is none": _number(Malformed("the body is not JSON")),
    "an error of the vendor's own": _number(error(2, status=500)),
    "a request that is not understood": _number(error(2500)),
    "the token has expired": _number(error(190, EXPIRED, 401)),
    "the token is rejected": _number(error(190, status=401)),
    "a permission is missing": _number(error(10)),
    "too many requests": _number(error(80007)),
    "no such number": _number(error(100, 33)),
    "a low quality": _number(answer(quality_rating="RED")),
    "an account that the token does not see": replace(_number(error(100, 33)), checks=NumberChecks(account_seen=False)),
    "a number that is gone": replace(_number(error(100, 33)), checks=NumberChecks(account_seen=True)),
    "a template that is paused": replace(_number(answer(), templates=("order",)), checks=_PAUSED),
    "a medium quality": _number(answer(quality_rating="YELLOW")),
    "a version that has ended": _number(answer(served="v25.0")),
    "a version that ends": _number(answer(served="v21.0"), version="v21.0"),
    "a Secret that does not exist": replace(_number(None), reference_problem=_MISSING),
    "an empty token": replace(_number(None), credential_problem=_EMPTY),
    "not its turn yet": _number(None),
}


def situations(now: Instant) -> set[Situation]:
    """Those that the moods come to."""
    wanted = [(said, said.desired.cloud) for said in NUMBER_MOODS.values()]
    return {situation_of(seen_in(said, cloud, Status(), now)).situation for said, cloud in wanted if cloud}
