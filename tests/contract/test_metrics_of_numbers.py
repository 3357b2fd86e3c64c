"""What Prometheus reads of a phone number of the Cloud API: no ID, no coreapp, and few series."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from prometheus_client.parser import text_string_to_metric_families

from support.builders import resource
from support.monitoring.exported import labels_of, page
from wahealth.api.convert import written_status
from wahealth.core.hysteresis.flapping import Flaps
from wahealth.core.instant import Instant
from wahealth.core.restore import restore_state
from wahealth.core.status import ConditionType, Credentials
from wahealth.core.verdict.verdict import Anomaly
from wahealth.kube.entry import ResourceEntry, entry_of

WHEN = datetime(2026, 11, 25, tzinfo=UTC)


def number(*conditions: tuple[str, str, str], **status: object) -> ResourceEntry:
    """A phone number of the Cloud API; `conditions`: type, status, reason."""
    told = [
        {"type": type_, "status": value, "reason": reason, "message": "A message for people.", "observedGeneration": 1}
        for type_, value, reason in conditions
    ]
    entry = entry_of(
        resource(
            "number",
            target={"cloud": {"phoneNumberID": "900000000000001", "accountID": "900000000000002"}},
            auth={"bearerToken": {"secretKeyRef": {"name": "number-token", "key": "token"}}},
        )
    )
    written = {"gateway": "Connected", "mode": "CloudAPI", "conditions": told, "observedGeneration": 1, **status}
    entry.written = written_status({"status": written if told else {}})
    return entry


def test_a_number_has_at_most_twenty_series_whatever_is_said_of_it() -> None:
    """With each condition that it may have, an end of its token, flapping, and an anomaly that was confirmed."""
    never = {ConditionType.SUSPENDED, ConditionType.RESTART_REQUIRED, ConditionType.PODS_CLAIMED}
    never |= {ConditionType.PROBING_REDUCED, ConditionType.RECONCILING}  # which none has beside Stalled
    told = [(type_.value, "False", "PaymentMethod") for type_ in ConditionType if type_ not in never]
    one = number(*told, connected={"current": 0, "expected": 1, "summary": "0/1"})
    one.written = one.written._replace(credentials=Credentials(token_expiry_time=WHEN))
    one.history.last_probe = 1e9
    state = restore_state(one.written, 1, one.desired.thresholds, Instant(0.0, WHEN))
    assert state.confirmed is not None
    odd = state.confirmed._replace(anomalies=frozenset({Anomaly.UNKNOWN_STATUS}))
    one.state = state._replace(confirmation=state.confirmation._replace(verdict=odd), flaps=Flaps(active=True))
    found = Counter(
        sample.name
        for family in text_string_to_metric_families(page([one]))
        for sample in family.samples
        if "name" in sample.labels
    )
    assert found["wahealth_client_flapping"] == found["wahealth_client_oddity"] == 1
    assert found.total() <= 20


def test_a_number_tells_no_coreapps() -> None:
    one = number(("Ready", "True", "Available"), connected={"current": 1, "expected": 1, "summary": "1/1"})
    assert not {name for name in labels_of(page([one])) if "coreapps" in name}


def test_the_reason_of_ready_is_told() -> None:
    one = number(("Available", "False", "PaymentMethod"), ("Ready", "False", "PaymentMethod"))
    told = 'wahealth_client_reason{namespace="acme",name="number",reason="PaymentMethod"} 1'
    assert told in page([one])


def test_a_reason_that_is_none_of_ours_is_no_label() -> None:
    """Whoever may write a status could otherwise put any word into Prometheus."""
    assert "wahealth_client_reason{" not in page([number(("Ready", "False", "OfAnotherVersion"))])


def test_the_secret_of_a_number_is_told_and_no_id() -> None:
    text = page([number(("Ready", "True", "Available"))])
    assert 'wahealth_client_credentials_info{namespace="acme",name="number",secret="number-token"} 1' in text
    assert "9000" not in text


def test_a_number_is_one_before_its_first_round() -> None:
    assert 'wahealth_client_info{namespace="acme",name="number",mode="CloudAPI",version=""} 1' in page([number()])
