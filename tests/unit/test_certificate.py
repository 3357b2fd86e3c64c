"""The certificate that waweb presents: shown in the status, warned of before it ends, and never an outage by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from support import certificates
from support.builders import CONNECTED, START, Story, facts, single
from wahealth.core.certificate import EXPIRING, Certificate, first_to_end, is_expiring
from wahealth.core.facts import Facts, KeyExposure
from wahealth.core.status import ConditionStatus, ConditionType
from wahealth.playground.pki import self_signed
from wahealth.probe.certificate import certificate_of, shown

SOON = Certificate("ab" * 32, START + timedelta(days=3))
LATE = Certificate("cd" * 32, START + timedelta(days=300))


def seen(certificate: Certificate) -> Facts:
    said = facts(single(CONNECTED))
    return replace(said, certificate=certificate, expiring=is_expiring(certificate, START))


def test_of_several_the_one_that_ends_first() -> None:
    assert first_to_end([LATE, SOON]) == SOON
    assert first_to_end([]) is None


def test_two_weeks_before_its_end_it_is_warned_of() -> None:
    assert is_expiring(SOON, SOON.not_after - EXPIRING)
    assert not is_expiring(SOON, SOON.not_after - EXPIRING - timedelta(seconds=1))
    assert is_expiring(SOON, SOON.not_after + timedelta(days=1))
    assert not is_expiring(None, START)


def test_it_stands_in_the_status_and_nothing_is_told() -> None:
    story = Story().rounds(5, seen(LATE))
    assert story.written.tls == LATE
    assert len(story.writes) == 1
    assert "TLSCertificateExpiring" not in story.posted


def test_one_that_ends_soon_is_told_once_and_the_client_stays_ready() -> None:
    story = Story().rounds(10, seen(SOON))
    assert story.posted.count("TLSCertificateExpiring") == 1
    assert story.written.condition_status(ConditionType.READY) is ConditionStatus.TRUE


def test_a_new_process_does_not_tell_it_again() -> None:
    story = Story().rounds(10, seen(SOON)).restarted().rounds(10, seen(SOON))
    assert story.posted == []
    assert story.writes == []


def test_a_renewed_one_takes_its_place() -> None:
    story = Story().rounds(10, seen(SOON)).rounds(3, seen(LATE))
    assert story.written.tls == LATE


def test_while_nobody_says_anything_the_last_one_stays() -> None:
    story = Story().rounds(3, seen(LATE)).rounds(3, facts(single(CONNECTED)))
    assert story.written.tls == LATE
    assert len(story.writes) == 1


def shown_to(own: Certificate) -> Facts:
    said = facts(single(CONNECTED), shows_certificate=True)
    return replace(said, own=own, own_expiring=is_expiring(own, START))


def test_the_one_that_we_show_stands_there_too() -> None:
    story = Story().rounds(5, shown_to(LATE))
    assert (story.written.client_certificate, story.written.tls) == (LATE, None)
    assert len(story.writes) == 1
    assert "ClientCertificateExpiring" not in story.posted
    story.rounds(3, replace(facts(single(CONNECTED), shows_certificate=True)))
    assert story.written.client_certificate == LATE
    story.rounds(3, replace(facts(single(CONNECTED)), generation=2))
    assert story.written.client_certificate is None


def test_its_end_is_told_once_and_not_again_by_a_new_process() -> None:
    story = Story().rounds(10, shown_to(SOON))
    assert story.posted.count("ClientCertificateExpiring") == 1
    assert story.written.condition_status(ConditionType.READY) is ConditionStatus.TRUE
    again = story.restarted().rounds(10, shown_to(SOON))
    assert again.posted == []
    assert again.writes == []


def test_over_plain_http_there_is_none() -> None:
    plain = replace(facts(single(CONNECTED), exposed=KeyExposure.PLAIN_HTTP), generation=2)
    story = Story().rounds(3, seen(LATE)).rounds(2, plain)
    assert story.written.tls is None


def test_a_certificate_is_read() -> None:
    pem, _ = self_signed("whatsapp-web", ["whatsapp-web", "10.0.0.1"])
    der = certificates.der(pem)
    found = certificate_of(der)
    assert found is not None
    assert len(found.fingerprint) == 64
    assert shown(der) == (found.fingerprint, "whatsapp-web")


@pytest.mark.parametrize(
    ("common_name", "sans", "told"),
    [
        ("Waweb.example", [], "waweb.example"),
        ("waweb.example", ["10.0.0.1"], "waweb.example"),  # an address is no DNS name beside it
        ("waweb.example", ["other.example"], "other.example"),
        ("other.example", ["*.example", "waweb.example"], "waweb.example"),  # no resource can name a pattern
        ("WhatsApp Business", [], ""),
        ("10.0.0.1", [], ""),
        ("evil\x1b[31m", [], ""),
        ("other.example", ["*.example"], ""),
    ],
)
def test_the_name_told_is_one_that_can_be_asked_for(common_name: str, sans: list[str], told: str) -> None:
    assert shown(certificates.der(self_signed(common_name, sans)[0])).name == told


@pytest.mark.parametrize(
    "anomalies",
    [
        b"not one",
        b"",
        *(certificates.of_version(version) for version in (0, 1, 3, 127, 255)),
        certificates.ending(b"499901000000Z"),
        certificates.ending(b"490230000000Z"),
    ],
)
def test_what_cannot_be_read_is_none(anomalies: bytes) -> None:
    assert certificate_of(anomalies) is None
    assert (shown(anomalies).name, len(shown(anomalies).fingerprint)) == ("", 64)


@pytest.mark.parametrize("serial", [b"\x00", b"\xff"], ids=["zero", "negative"])
def test_a_serial_number_that_is_none_is_read_in_silence(serial: bytes) -> None:
    """A warning of the library's would be an error here, and stands raw on stderr elsewhere."""
    anomalies = certificates.with_serial(serial)
    assert certificate_of(anomalies) == (shown(anomalies).fingerprint, datetime(2049, 1, 1, tzinfo=UTC))
    assert shown(anomalies).name == "whatsapp-web"


def test_whatever_is_mutated_is_read_or_is_none() -> None:
    for mutated in certificates.mutated(2_000):
        found = certificate_of(mutated)
        assert found is None or found.not_after.tzinfo is UTC
        assert shown(mutated).name.isascii()
