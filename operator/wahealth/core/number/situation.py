"""The situation of a phone number, from one answer; the first row that fits decides:

    the answer has                                             the number is                 status.gateway
    ---------------------------------------------------------  ----------------------------  ------------------
    nobody was asked                                           not asked                     Unknown
    an error about the token                                   the token is rejected         Unknown
    an error about its rights                                  the token lacks a permission  Unknown
    an error about too many requests                           too many requests             as it was
    an error that names no such number of an account in sight  no such number any more       Disconnected
    an error that names no such number                         no such number                Unknown
    status BANNED, or code 141014                              banned                        Disconnected
    code 131031 or 368                                         locked                        Disconnected
    status DELETED                                             deleted                       Disconnected
    status MIGRATED                                            migrated                      Disconnected
    a status or platform out of use, code 141000 or 133010     not registered                Unregistered
    code 141006 or 131042                                      no payment method             Disconnected
    an entity that blocks messages, code 130497 or 131045      blocked                       Disconnected
    no answer, or any other error                              no answer                     Unknown
    no health_status, or a word that is not known              undecided                     as it was
    an entity or a status that limits messages                 limited                       PartiallyConnected
    anything else                                              available                     Connected

Documented (pages "Messaging health status", "Error codes" and the fields of a phone number). The outer
`can_send_message` is never used where there are entities: the vendor's own example of calling over SIP reads BLOCKED
outside while every entity may send messages. AVAILABLE is the vendor's verdict, and no promise that messages arrive.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from wahealth.core.cloud.errors import ErrorClass
from wahealth.core.cloud.report import Messaging, NumberStatus, Platform
from wahealth.core.number.number_input import NumberInput
from wahealth.core.status import Gateway
from wahealth.core.strenum import FastStrEnum
from wahealth.core.verdict.problem import Problem

BANNED_CODES = frozenset({141014})
LOCKED_CODES = frozenset({368, 131031})
UNREGISTERED_CODES = frozenset({141000, 133010})
PAYMENT_CODES = frozenset({141006, 131042})
BLOCKING_CODES = frozenset({130497, 131045})  # of the error envelope: the number may not send
_UNREGISTERED = frozenset(
    {NumberStatus.PENDING, NumberStatus.UNVERIFIED, NumberStatus.DISCONNECTED, NumberStatus.UNLINKED}
)
_RESTRICTED = frozenset({NumberStatus.FLAGGED, NumberStatus.RESTRICTED, NumberStatus.RATE_LIMITED})


class Situation(FastStrEnum):
    NOT_ASKED = "not asked"
    CREDENTIAL = "the token is rejected"
    PERMISSION = "the token lacks a permission"
    THROTTLED = "too many requests"
    GONE = "no such number any more"
    NOT_FOUND = "no such number"
    BANNED = "banned"
    LOCKED = "locked"
    DELETED = "deleted"
    MIGRATED = "migrated"
    UNREGISTERED = "not registered"
    PAYMENT = "no payment method"
    BLOCKED = "blocked"
    UNREACHABLE = "no answer"
    UNDECIDED = "undecided"
    LIMITED = "limited"
    AVAILABLE = "available"


class SituationRow(NamedTuple):
    """`seen`: the row in words. `gateway` None: as it was. `problem` None: nothing is wrong."""

    seen: str
    fits: Callable[[NumberInput], bool]
    situation: Situation
    gateway: Gateway | None
    problem: Problem | None


def situation_of(seen: NumberInput) -> SituationRow:
    """The row that fits: what the answer comes to."""
    return next(row for row in ROWS if row.fits(seen))


def problem_in(seen: NumberInput, row: SituationRow) -> Problem | None:
    """What is wrong in that situation. What the spec allows is no problem; if nobody was asked, the problem is the
    reference, or the form of the token."""
    if row.situation is Situation.NOT_ASKED and seen.reference_problem is None:
        return Problem.KEY_FORM if seen.credential_problem is not None else Problem.UNDECIDED
    allowed = row.problem is Problem.UNREGISTERED and not seen.registration_required
    return None if allowed else row.problem


def _not_asked(seen: NumberInput) -> bool:
    return seen.answer is None


def _error_of(kind: ErrorClass) -> Callable[[NumberInput], bool]:
    return lambda seen: seen.fails_by(kind)


def _gone(seen: NumberInput) -> bool:
    """The token is proven good: it sees the account that the number belongs to."""
    return seen.fails_by(ErrorClass.NOT_FOUND) and seen.checks is not None and seen.checks.account_seen is True


def _banned(seen: NumberInput) -> bool:
    return seen.fields.status is NumberStatus.BANNED or seen.blocks_by(BANNED_CODES)


def _locked(seen: NumberInput) -> bool:
    return seen.blocks_by(LOCKED_CODES)


def _deleted(seen: NumberInput) -> bool:
    return seen.fields.status is NumberStatus.DELETED


def _migrated(seen: NumberInput) -> bool:
    return seen.fields.status is NumberStatus.MIGRATED


def _unregistered(seen: NumberInput) -> bool:
    nowhere = seen.fields.platform is Platform.NOT_APPLICABLE
    return seen.fields.status in _UNREGISTERED or nowhere or seen.blocks_by(UNREGISTERED_CODES)


def _no_payment(seen: NumberInput) -> bool:
    return seen.blocks_by(PAYMENT_CODES)


def _blocked(seen: NumberInput) -> bool:
    return bool(seen.blocked) or _outer(seen) is Messaging.BLOCKED or seen.code in BLOCKING_CODES


def _outer(seen: NumberInput) -> Messaging | None:
    """The outer verdict, where no entity has one."""
    health = seen.report.health if seen.report else None
    return health.messaging if health and not any(entity.messaging for entity in health.entities) else None


def _unanswered(seen: NumberInput) -> bool:
    return seen.report is None


def _undecided(seen: NumberInput) -> bool:
    """health_status may be missing in one answer, and any word may be new."""
    health = seen.report.health if seen.report else None
    said: list[Messaging | None] = [entity.messaging for entity in seen.entities if entity.messaging]
    said = said or [_outer(seen)]
    unknown = Messaging.UNKNOWN in said or None in said
    return health is None or unknown or seen.fields.status not in {None, NumberStatus.CONNECTED, *_RESTRICTED}


def _limited(seen: NumberInput) -> bool:
    restricted = bool(seen.limited) or _outer(seen) is Messaging.LIMITED or seen.fields.status in _RESTRICTED
    return restricted and not seen.desired.limited_accepted


def _any(_: NumberInput) -> bool:
    return True


ROWS = (
    SituationRow("nobody was asked", _not_asked, Situation.NOT_ASKED, Gateway.UNKNOWN, Problem.REFERENCE),
    SituationRow(
        "an error about the token",
        _error_of(ErrorClass.CREDENTIAL),
        Situation.CREDENTIAL,
        Gateway.UNKNOWN,
        Problem.REFUSED,
    ),
    SituationRow(
        "an error about its rights",
        _error_of(ErrorClass.PERMISSION),
        Situation.PERMISSION,
        Gateway.UNKNOWN,
        Problem.FORBIDDEN,
    ),
    SituationRow(
        "an error about too many requests",
        _error_of(ErrorClass.THROTTLE),
        Situation.THROTTLED,
        None,
        Problem.THROTTLED,
    ),
    SituationRow(
        "an error that names no such number of an account in sight",
        _gone,
        Situation.GONE,
        Gateway.DISCONNECTED,
        Problem.NOT_FOUND,
    ),
    SituationRow(
        "an error that names no such number",
        _error_of(ErrorClass.NOT_FOUND),
        Situation.NOT_FOUND,
        Gateway.UNKNOWN,
        Problem.NOT_FOUND,
    ),
    SituationRow("status BANNED, or code 141014", _banned, Situation.BANNED, Gateway.DISCONNECTED, Problem.BLOCKED),
    SituationRow("code 131031 or 368", _locked, Situation.LOCKED, Gateway.DISCONNECTED, Problem.BLOCKED),
    SituationRow("status DELETED", _deleted, Situation.DELETED, Gateway.DISCONNECTED, Problem.BLOCKED),
    SituationRow("status MIGRATED", _migrated, Situation.MIGRATED, Gateway.DISCONNECTED, Problem.BLOCKED),
    SituationRow(
        "a status or platform out of use, code 141000 or 133010",
        _unregistered,
        Situation.UNREGISTERED,
        Gateway.UNREGISTERED,
        Problem.UNREGISTERED,
    ),
    SituationRow("code 141006 or 131042", _no_payment, Situation.PAYMENT, Gateway.DISCONNECTED, Problem.BLOCKED),
    SituationRow(
        "an entity that blocks messages, code 130497 or 131045",
        _blocked,
        Situation.BLOCKED,
        Gateway.DISCONNECTED,
        Problem.BLOCKED,
    ),
    SituationRow(
        "no answer, or any other error", _unanswered, Situation.UNREACHABLE, Gateway.UNKNOWN, Problem.UNREACHABLE
    ),
    SituationRow(
        "no health_status, or a word that is not known", _undecided, Situation.UNDECIDED, None, Problem.UNDECIDED
    ),
    SituationRow(
        "an entity or a status that limits messages",
        _limited,
        Situation.LIMITED,
        Gateway.PARTIALLY_CONNECTED,
        None,
    ),
    SituationRow("anything else", _any, Situation.AVAILABLE, Gateway.CONNECTED, None),
)
