"""The conditions of a phone number: a function a condition, from its situation."""

from __future__ import annotations

from collections.abc import Iterable

from wahealth.core.answer import Malformed, Unreachable
from wahealth.core.cloud.errors import ErrorClass, GraphError
from wahealth.core.cloud.number_checks import NumberChecks, TemplateStatus
from wahealth.core.cloud.report import Entity, Quality
from wahealth.core.cloud.versions import ends_soon
from wahealth.core.cloud.wanted import Provider
from wahealth.core.number.entities import name_of
from wahealth.core.number.number_input import NUMBER, NumberInput, codes_of
from wahealth.core.number.situation import (
    BANNED_CODES,
    LOCKED_CODES,
    PAYMENT_CODES,
    UNREGISTERED_CODES,
    Situation,
    SituationRow,
)
from wahealth.core.reasons import credentials, spec
from wahealth.core.reasons import number as says
from wahealth.core.reasons.found import false, true, unknown
from wahealth.core.reasons.row import Row
from wahealth.core.signin.kinds import Kind
from wahealth.core.status import ConditionStatus, ConditionType, Finding
from wahealth.core.verdict.checks.credentials_valid import not_tried
from wahealth.core.verdict.checks.ready import ready


def findings(seen: NumberInput, row: SituationRow) -> dict[ConditionType, Finding]:
    """By condition; those about quality and version only where an answer speaks of them."""
    found = {
        ConditionType.ACCEPTED: _accepted(seen, row),
        ConditionType.CREDENTIALS_VALID: _credentials_valid(seen, row),
        ConditionType.REACHABLE: _reachable(seen, row),
        ConditionType.AVAILABLE: _available(seen, row),
        ConditionType.REDUNDANCY_SATISFIED: true(says.NO_SPARES),
    }
    found[ConditionType.READY] = ready(found)
    occasional = {
        ConditionType.THROTTLED: _throttled(seen, row),
        ConditionType.QUALITY_ACCEPTABLE: _quality(seen) if seen.report else _quality_before(seen),
        ConditionType.TEMPLATES_USABLE: _templates(seen),
        ConditionType.GRAPH_VERSION_SUPPORTED: _version(seen) if seen.report else _version_before(seen),
    }
    return found | {type_: finding for type_, finding in occasional.items() if finding is not None}


def _accepted(seen: NumberInput, row: SituationRow) -> Finding:
    if seen.reference_problem is not None:
        return seen.reference_problem
    before = _as_last_known(seen, ConditionType.ACCEPTED)
    if row.situation is Situation.THROTTLED and before is not None and before.reason == says.NUMBER_NOT_FOUND.reason:
        return before
    if row.situation not in _ABSENT:
        return true(spec.ACCEPTED, seen.surface)
    return false(says.NUMBER_GONE if row.situation is Situation.GONE else _why_not_found(seen), seen.surface)


def _why_not_found(seen: NumberInput) -> Row:
    """As far as the token and the account say. Without them the number may be gone, or never seen by this token."""
    if seen.desired.provider is Provider.DIALOG360:
        return says.NO_NUMBER_OF_KEY
    checks, account = seen.checks or NumberChecks(), seen.desired.account
    token = checks.token
    if token is not None and token.is_valid and not token.may_manage:
        return says.WITHOUT_PERMISSION
    hidden = checks.account_seen is False or (token is not None and bool(account) and not token.may_see(account))
    return says.ACCOUNT_NOT_SEEN if account and hidden else says.NUMBER_NOT_FOUND


def _credentials_valid(seen: NumberInput, row: SituationRow) -> Finding:
    at, kind = seen.surface, _KINDS[seen.desired.provider]
    if seen.credential_problem is not None:
        return seen.credential_problem
    if row.situation is Situation.CREDENTIAL:
        expired = seen.error is not None and seen.error.token_expired
        rejected = false(says.TOKEN_REJECTED, at, what=kind, code=_code(seen))
        return false(credentials.TOKEN_EXPIRED, at) if expired else rejected
    if row.situation is Situation.PERMISSION:
        return _forbidden(seen)
    if seen.report is not None or seen.fails_by(ErrorClass.DOWN) or seen.fails_by(ErrorClass.NOT_FOUND):
        return true(says.TOKEN_ACCEPTED, what=kind)
    return _as_last_known(seen, ConditionType.CREDENTIALS_VALID) or not_tried(kind)


def _forbidden(seen: NumberInput) -> Finding:
    if seen.desired.provider is Provider.DIALOG360:
        return false(says.FORBIDDEN_BY_PARTNER, seen.surface)
    return false(says.PERMISSION_MISSING, seen.surface, code=_code(seen))


_KINDS = {Provider.GRAPH: Kind.TOKEN, Provider.DIALOG360: Kind.DIALOG360_KEY}


def _reachable(seen: NumberInput, row: SituationRow) -> Finding:
    at = seen.surface
    match seen.answer:
        case None:
            ready_to_ask = seen.reference_problem is None and seen.credential_problem is None
            never = says.NOT_ASKED_YET if ready_to_ask else says.NOT_ASKED
            return _as_last_known(seen, ConditionType.REACHABLE) or unknown(never)
        case Unreachable(reason, detail):
            silent = says.SILENT.says(at, reason=reason, detail=detail, comma=", " if detail else "")
            return Finding(ConditionStatus.FALSE, reason.value, silent)
        case Malformed(problem):
            return false(says.INVALID, at, problem=problem)
        case GraphError(status=status) if row.situation is Situation.UNREACHABLE:
            ours = seen.fails_by(ErrorClass.OUR_REQUEST)
            return false(says.REQUEST_NOT_UNDERSTOOD if ours else says.FAILED, at, status=status, code=_more(seen))
        case _:
            return true(says.ANSWERED)


def _available(seen: NumberInput, row: SituationRow) -> Finding:
    if row.situation is Situation.THROTTLED and seen.over:
        return unknown(says.NOT_SEEN_FOR_LONG, seen.surface)
    if row.situation in _KEPT:
        return _kept(seen, row)
    if row.situation is Situation.NOT_ASKED and seen.reference_problem is None and seen.credential_problem is None:
        return unknown(says.NOT_ASKED_YET)
    if row.situation in _UNSEEN:
        return unknown(_UNSEEN[row.situation])
    return _good(seen, row) or _bad(seen, row)


def _kept(seen: NumberInput, row: SituationRow) -> Finding:
    """As it was, if something was known; what was unknown has another cause now."""
    last = _as_last_known(seen, ConditionType.AVAILABLE)
    if last is None:
        return unknown(_KEPT[row.situation], seen.surface)
    if last.status is not ConditionStatus.UNKNOWN or last.reason == _KEPT[row.situation].reason:
        return last
    return unknown(says.NOT_SEEN_FOR_LONG if row.situation is Situation.THROTTLED else says.UNDECIDED, seen.surface)


def _good(seen: NumberInput, row: SituationRow) -> Finding | None:
    if row.situation is Situation.AVAILABLE:
        return true(says.AVAILABLE)
    if row.situation is Situation.LIMITED:
        return true(says.LIMITED, seen.surface, entity=_which(seen.limited), code=_of(seen.limited))
    allowed = row.situation is Situation.UNREGISTERED and not seen.registration_required
    return true(says.UNREGISTERED_ALLOWED) if allowed else None


def _bad(seen: NumberInput, row: SituationRow) -> Finding:
    entity, code = _which(seen.blocked), _code(seen) or _that_says(seen, row)
    return false(_DOWN[row.situation], seen.surface, entity=entity, code=code)


def _that_says(seen: NumberInput, row: SituationRow) -> str:
    """The codes of the entities that block, as far as they belong to the situation: a number may be banned by its
    status while an entity blocks for want of a payment method."""
    own = _CODES.get(row.situation)
    if own is None:
        return _of(seen.blocked)
    codes = {code for entity in seen.blocked for code in codes_of(entity) if code in own}
    return _in_words(sorted(codes)) if codes else ""


_CODES = {
    Situation.GONE: frozenset[int](),
    Situation.BANNED: BANNED_CODES,
    Situation.LOCKED: LOCKED_CODES,
    Situation.DELETED: frozenset[int](),
    Situation.MIGRATED: frozenset[int](),
    Situation.UNREGISTERED: UNREGISTERED_CODES,
    Situation.PAYMENT: PAYMENT_CODES,
}


_UNSEEN: dict[Situation, Row] = {
    Situation.NOT_ASKED: says.CREDENTIALS_UNKNOWN,
    Situation.CREDENTIAL: says.CREDENTIALS_UNKNOWN,
    Situation.PERMISSION: says.CREDENTIALS_UNKNOWN,
    Situation.UNREACHABLE: says.UNSEEN,
    Situation.NOT_FOUND: says.UNSEEN,
}
_ABSENT = frozenset({Situation.NOT_FOUND, Situation.GONE})
_KEPT: dict[Situation, Row] = {
    Situation.THROTTLED: says.THROTTLED_AT_FIRST,
    Situation.UNDECIDED: says.UNDECIDED,
}
_DOWN: dict[Situation, Row] = {
    Situation.GONE: says.NUMBER_GONE,
    Situation.BANNED: says.BANNED,
    Situation.LOCKED: says.LOCKED,
    Situation.DELETED: says.DELETED,
    Situation.MIGRATED: says.MIGRATED,
    Situation.UNREGISTERED: says.UNREGISTERED,
    Situation.PAYMENT: says.PAYMENT,
    Situation.BLOCKED: says.BLOCKED,
}


def _throttled(seen: NumberInput, row: SituationRow) -> Finding | None:
    """A process that starts knows a pause from the status, and not the code that asked for it."""
    if row.situation is not Situation.THROTTLED:
        return None
    before = None if seen.code else _as_last_known(seen, ConditionType.THROTTLED)
    return before or true(says.THROTTLED, seen.surface, code=_code(seen))


def _quality(seen: NumberInput) -> Finding | None:
    """The vendor limits numbers whose rating is RED, and warns with YELLOW (documented, page "Quality rating")."""
    rating = seen.fields.quality
    if rating not in _QUALITIES or not seen.desired.rated:
        return None
    return (false if rating is Quality.RED else true)(_QUALITIES[rating], seen.surface)


_QUALITIES = {
    Quality.GREEN: says.QUALITY_HIGH,
    Quality.YELLOW: says.QUALITY_MEDIUM,
    Quality.RED: says.QUALITY_LOW,
    Quality.NOT_APPLICABLE: says.NOT_RATED,
}


def _templates(seen: NumberInput) -> Finding | None:
    """The first of the wanted templates that cannot be used, in any language that it has."""
    if not seen.desired.templates:
        return None
    if seen.checks is None or seen.checks.templates is None:
        return _as_last_known(seen, ConditionType.TEMPLATES_USABLE)
    found = seen.checks.templates
    for name in seen.desired.templates:
        if all(one.name != name for one in found):
            return false(says.TEMPLATE_NOT_FOUND, seen.surface, name=name)
    bad = next((one for one in found if one.status is not TemplateStatus.APPROVED), None)
    if bad is None:
        return true(says.TEMPLATES_APPROVED)
    status = bad.status or TemplateStatus.UNKNOWN
    return false(says.TEMPLATE_NOT_APPROVED, seen.surface, name=bad.name, language=bad.language, status=status)


def _version(seen: NumberInput) -> Finding | None:
    asked, at = seen.desired.graph_version, seen.surface
    served = seen.report.served_version if seen.report else None
    if served is None:
        return None
    if served != asked:
        return false(says.VERSION_ENDED, at, asked=asked, served=served)
    if (ends := ends_soon(asked, seen.now.date())) is not None:
        return false(says.VERSION_ENDING, at, asked=asked, ends=ends)
    return true(says.VERSION_SUPPORTED, asked=asked)


def _quality_before(seen: NumberInput) -> Finding | None:
    return _as_last_known(seen, ConditionType.QUALITY_ACCEPTABLE) if seen.desired.rated else None


def _version_before(seen: NumberInput) -> Finding | None:
    known = seen.confirmed.cloud
    same = known is not None and known.graph_version == seen.desired.graph_version
    return _as_last_known(seen, ConditionType.GRAPH_VERSION_SUPPORTED) if same else None


def _as_last_known(seen: NumberInput, type_: ConditionType) -> Finding | None:
    last = seen.confirmed.condition(type_)
    return last.finding if last is not None else None


def _which(entities: tuple[Entity, ...]) -> str:
    return name_of(entities[0]) if entities else NUMBER


def _code(seen: NumberInput) -> str:
    return _in_words([seen.code]) if seen.code else ""


def _more(seen: NumberInput) -> str:
    return f", code {seen.code}" if seen.code else ""


def _of(entities: tuple[Entity, ...]) -> str:
    return _in_words(sorted(codes_of(entities[0]) - {0})) if entities else ""


def _in_words(codes: Iterable[int]) -> str:
    named = ", ".join(map(str, codes))
    return f" (code {named})" if named else ""
