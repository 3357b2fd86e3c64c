"""What one round says of a phone number, as a verdict: the same type that a client's round comes to."""

from __future__ import annotations

from datetime import datetime

from wahealth.core.number.checks import findings
from wahealth.core.number.entities import nodes_of
from wahealth.core.number.number_input import NumberInput
from wahealth.core.number.situation import Situation, SituationRow, problem_in
from wahealth.core.status import CloudNumber, Condition, Connected, Credentials, Gateway, Mode, Status
from wahealth.core.verdict.problem import Problem
from wahealth.core.verdict.token_expiry import expiring
from wahealth.core.verdict.verdict import Anomaly, Verdict

_ON = frozenset({Gateway.CONNECTED, Gateway.PARTIALLY_CONNECTED})


def evaluate_number(seen: NumberInput, row: SituationRow) -> Verdict:
    """The verdict of one answer, without thresholds. What an answer leaves open is as it was confirmed.

    `row`: the situation that the answer comes to.
    """
    gateway = seen.confirmed.gateway if row.gateway is None else row.gateway
    conditions = tuple(Condition(type_, *finding) for type_, finding in findings(seen, row).items())
    if row.situation is Situation.THROTTLED:
        gateway = Gateway.UNKNOWN if seen.over else gateway
    expires = _token_expiry(seen)
    status = Status(
        gateway=gateway,
        mode=Mode.CLOUD_API,
        connected=_connected(gateway),
        nodes=nodes_of(seen.entities) if seen.entities else seen.confirmed.nodes,
        credentials=_credentials(expires),
        conditions=conditions,
        cloud=_number(seen),
    )
    undecided = {Anomaly.UNKNOWN_STATUS} if row.situation is Situation.UNDECIDED else set()
    anomalies = frozenset(undecided | expiring(expires, seen.now))
    kept = row.situation is Situation.THROTTLED and not seen.over
    return Verdict(status, problem_in(seen, row), anomalies=anomalies, kept=kept, certain=row.problem in _CERTAIN)


def _token_expiry(seen: NumberInput) -> datetime | None:
    """When the token expires (UTC); as it was, while this process has not looked yet."""
    if seen.checks is None:
        return seen.confirmed.credentials.token_expiry_time if seen.confirmed.credentials else None
    return seen.checks.token.expires if seen.checks.token else None


def _credentials(expires: datetime | None) -> Credentials | None:
    return Credentials(token_expiry_time=expires) if expires is not None else None


def _number(seen: NumberInput) -> CloudNumber:
    """What an answer does not say is as it was."""
    version, fields, known = seen.desired.graph_version or None, seen.fields, seen.confirmed.cloud
    period = round(seen.period)
    if seen.report is None:
        known = known or CloudNumber(version)
        return known._replace(graph_version=version, period_seconds=period, throttled_until_time=seen.throttled_until)
    status, quality = fields.reported_status or fields.status, fields.reported_quality or fields.quality
    return CloudNumber(version, period, status, quality, fields.messaging_limit)


_CERTAIN = frozenset({Problem.BLOCKED, Problem.UNREGISTERED})


def _connected(gateway: Gateway) -> Connected:
    """A number is one connection: there, not there, or not seen."""
    return Connected.unseen(1) if gateway is Gateway.UNKNOWN else Connected.of(int(gateway in _ON), 1)
