"""From what the pods answer to a verdict, in the three modes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.builders import (
    CONNECTED,
    CONNECTING,
    DISCONNECTED,
    UNINITIALIZED,
    UNKNOWN,
    UNREGISTERED,
    Story,
    answer,
    condition_of,
    core,
    facts,
    node,
    node_verdicts,
    primary,
    secondary,
    single,
    verdict,
)
from wahealth.core.answer import (
    Answered,
    FailureReason,
    GatewayStatus,
    Malformed,
    Node,
    Role,
    Unauthorized,
    Unreachable,
)
from wahealth.core.facts import Desired, Facts, Pod, Pods
from wahealth.core.reconcile import evaluate_once
from wahealth.core.status import ConditionStatus, ConditionType, Finding, Gateway, Mode
from wahealth.probe.payload import parse_health

ACCEPTED, CREDENTIALS = ConditionType.ACCEPTED, ConditionType.CREDENTIALS_VALID
REACHABLE, AVAILABLE, READY = ConditionType.REACHABLE, ConditionType.AVAILABLE, ConditionType.READY

HEALTHY_HA = answer(primary("m0"), secondary("m1"), core("c0", CONNECTED), core("c1"))
HEALTHY_MC2 = answer(primary("m0", CONNECTED), core("c0", CONNECTED), core("c1", CONNECTED), core("c2"))
REFUSED_CONNECTION = Unreachable(FailureReason.CONNECTION_REFUSED)


class TestSingle:
    @pytest.mark.parametrize(
        ("says", "gateway", "available"),
        [
            (CONNECTED, Gateway.CONNECTED, ("True", "Connected")),
            (DISCONNECTED, Gateway.DISCONNECTED, ("False", "Disconnected")),
            (CONNECTING, Gateway.CONNECTING, ("False", "Connecting")),
            (UNINITIALIZED, Gateway.UNINITIALIZED, ("False", "Uninitialized")),
            (UNREGISTERED, Gateway.UNREGISTERED, ("False", "Unregistered")),
        ],
    )
    def test_the_one_status_decides(self, says: GatewayStatus, gateway: Gateway, available: tuple[str, str]) -> None:
        status = verdict(single(says))
        assert (status.mode, status.gateway, condition_of(status, AVAILABLE)) == (Mode.SINGLE, gateway, available)

    def test_connected_is_one_of_one(self) -> None:
        assert verdict(single(CONNECTED)).connected.summary == "1/1"  # type: ignore[union-attr]
        assert verdict(single(UNREGISTERED)).connected.summary == "0/1"  # type: ignore[union-attr]

    def test_a_status_nobody_knows_decides_nothing(self) -> None:
        status = verdict(single(UNKNOWN))
        assert (status.gateway, condition_of(status, AVAILABLE)) == (
            Gateway.UNKNOWN,
            ("Unknown", "UnknownGatewayStatus"),
        )


class TestHighAvailability:
    def test_one_connected_coreapp_is_healthy_and_all_others_disconnected_are_standbys(self) -> None:
        status = verdict(HEALTHY_HA)
        assert status.mode is Mode.HIGH_AVAILABILITY
        assert condition_of(status, READY) == ("True", "Available")
        assert node_verdicts(status) == {"m0": "Standby", "m1": "Standby", "c0": "Active", "c1": "Standby"}
        assert (status.primary_master, status.connected_coreapps) == ("m0", ("c0",))

    def test_none_connected_is_an_outage(self) -> None:
        status = verdict(answer(primary("m0"), core("c0"), core("c1")))
        assert (status.gateway, condition_of(status, AVAILABLE)) == (Gateway.DISCONNECTED, ("False", "Disconnected"))
        assert node_verdicts(status) == {"m0": "Standby", "c0": "Faulty", "c1": "Faulty"}

    def test_two_connected_are_one_too_many(self) -> None:
        status = verdict(answer(primary("m0"), core("c0", CONNECTED), core("c1", CONNECTED)))
        assert status.gateway is Gateway.CONNECTED
        assert condition_of(status, READY) == ("False", "MultipleActiveCoreapps")


class TestMulticonnect:
    def test_all_shards_and_the_primary_master_connected_is_healthy(self) -> None:
        status = verdict(HEALTHY_MC2)
        assert status.mode is Mode.MULTICONNECT
        assert condition_of(status, READY) == ("True", "Available")
        assert node_verdicts(status) == {"m0": "Active", "c0": "Active", "c1": "Active", "c2": "Standby"}

    def test_fewer_than_the_shards_is_partial(self) -> None:
        status = verdict(HEALTHY_MC2, mode=Mode.MULTICONNECT, shards=4)
        assert (status.gateway, condition_of(status, AVAILABLE)) == (
            Gateway.PARTIALLY_CONNECTED,
            ("False", "PartiallyConnected"),
        )
        assert status.connected.summary == "2/4"  # type: ignore[union-attr]

    def test_the_disconnected_primary_master_that_high_availability_wants_is_faulty_here(self) -> None:
        status = verdict(answer(primary("m0"), core("c0", CONNECTED), core("c1", CONNECTED)), mode=Mode.MULTICONNECT)
        assert node_verdicts(status)["m0"] == "Faulty"

    def test_auto_rounds_the_most_seen_up_to_an_allowed_number(self) -> None:
        three = answer(primary("m0", CONNECTED), *(core(f"c{i}", CONNECTED) for i in range(3)))
        assert verdict(three).connected.summary == "3/4"  # type: ignore[union-attr]

    def test_one_shard_with_a_connected_primary_is_multiconnect(self) -> None:
        assert verdict(answer(primary("m0", CONNECTED), core("c0", CONNECTED))).mode is Mode.MULTICONNECT


class TestNoneConnected:
    """The coreapps decide; where no coreapp gave a status, the masters."""

    @pytest.mark.parametrize(
        ("nodes", "gateway"),
        [
            ((primary("m"), core("a", CONNECTING), core("b", UNREGISTERED)), Gateway.CONNECTING),
            ((primary("m"), core("a", UNREGISTERED), core("b", UNINITIALIZED)), Gateway.UNREGISTERED),
            ((primary("m"), core("a", UNINITIALIZED), core("b", UNINITIALIZED)), Gateway.UNINITIALIZED),
            ((primary("m"), core("a", UNINITIALIZED), core("b", DISCONNECTED)), Gateway.DISCONNECTED),
            ((primary("m", UNINITIALIZED), core("a", None)), Gateway.UNINITIALIZED),
            ((primary("m", UNREGISTERED), core("a", None)), Gateway.UNREGISTERED),
            ((primary("m"), core("a", None)), Gateway.DISCONNECTED),
            ((primary("m", UNREGISTERED), core("a", DISCONNECTED)), Gateway.DISCONNECTED),
        ],
    )
    def test_what_they_say_together(self, nodes: tuple[Node, ...], gateway: Gateway) -> None:
        assert verdict(answer(*nodes)).gateway is gateway


class TestFixedMode:
    def test_another_shape_is_a_mismatch(self) -> None:
        status = verdict(HEALTHY_HA, mode=Mode.SINGLE)
        assert condition_of(status, ACCEPTED) == ("False", "ModeMismatch")
        assert condition_of(status, READY) == ("False", "ModeMismatch")
        assert (status.mode, status.gateway) == (Mode.HIGH_AVAILABILITY, Gateway.UNKNOWN)

    def test_the_gateway_is_judged_by_the_fixed_mode_where_the_shape_allows(self) -> None:
        status = verdict(HEALTHY_HA, mode=Mode.MULTICONNECT, shards=2)
        assert (status.mode, status.gateway) == (Mode.HIGH_AVAILABILITY, Gateway.PARTIALLY_CONNECTED)

    def test_the_same_shape_is_accepted(self) -> None:
        assert condition_of(verdict(HEALTHY_HA, mode=Mode.HIGH_AVAILABILITY), ACCEPTED) == ("True", "Accepted")


class TestManyPods:
    def test_one_that_does_not_answer_stands_in_the_message_and_in_endpoints(self) -> None:
        status = verdict(HEALTHY_HA, REFUSED_CONNECTION, HEALTHY_HA)
        assert condition_of(status, REACHABLE) == ("True", "HealthNodeAnswered")
        assert "1 of 3 web pods does not answer" in status.condition(REACHABLE).message  # type: ignore[union-attr]
        assert [(e.pod, e.reachable, e.reason) for e in status.endpoints] == [
            ("web-0", True, None),
            ("web-1", False, "ConnectionRefused"),
            ("web-2", True, None),
        ]

    def test_the_view_of_most_counts(self) -> None:
        outage = answer(primary("m0"), core("c0"), core("c1"))
        assert verdict(outage, HEALTHY_HA, HEALTHY_HA).gateway is Gateway.CONNECTED

    def test_a_tie_falls_to_the_pod_that_comes_first_by_name(self) -> None:
        outage = answer(primary("m0"), core("c0"), core("c1"))
        assert verdict(outage, HEALTHY_HA).gateway is Gateway.DISCONNECTED
        assert verdict(HEALTHY_HA, outage).gateway is Gateway.CONNECTED

    def test_none_answers_gives_the_reason_of_most(self) -> None:
        timeout = Unreachable(FailureReason.READ_TIMEOUT)
        status = verdict(REFUSED_CONNECTION, timeout, timeout)
        assert condition_of(status, REACHABLE) == ("False", "ReadTimeout")
        assert (status.gateway, condition_of(status, AVAILABLE)) == (Gateway.UNKNOWN, ("Unknown", "Unreachable"))
        assert condition_of(status, READY) == ("False", "ReadTimeout")

    def test_a_tie_of_reasons_falls_to_the_order_of_the_table(self) -> None:
        assert (
            condition_of(verdict(Unreachable(FailureReason.READ_TIMEOUT), REFUSED_CONNECTION), REACHABLE)[1]
            == "ConnectionRefused"
        )

    def test_nobody_to_ask(self) -> None:
        assert condition_of(verdict(), REACHABLE) == ("False", "NoReadyEndpoints")

    def test_an_answer_that_is_none_is_an_invalid_response(self) -> None:
        status = verdict(Malformed("the body is not JSON"))
        assert condition_of(status, REACHABLE) == ("False", "InvalidResponse")
        assert "not JSON" in status.condition(REACHABLE).message  # type: ignore[union-attr]


class TestRefused:
    def test_by_all_is_about_the_key_not_the_client(self) -> None:
        status = verdict(Unauthorized(), Unauthorized())
        assert condition_of(status, CREDENTIALS) == ("False", "APIKeyRejected")
        assert condition_of(status, REACHABLE) == ("True", "HealthNodeAnswered")
        assert condition_of(status, AVAILABLE) == ("Unknown", "CredentialsUnknown")
        assert condition_of(status, READY) == ("Unknown", "APIKeyRejected")

    def test_by_some_they_still_run_another_key(self) -> None:
        status = verdict(HEALTHY_HA, Unauthorized())
        assert condition_of(status, CREDENTIALS) == ("True", "KeyAccepted")
        assert condition_of(status, ConditionType.RESTART_REQUIRED) == ("True", "PreviousKeyInUse")
        assert condition_of(status, READY)[0] == "True"
        assert [e.key_accepted for e in status.endpoints] == [True, False]


class TestNotSeen:
    """What is missing on our side never marks a client unhealthy."""

    def test_a_missing_secret(self) -> None:
        missing = Finding(ConditionStatus.FALSE, "SecretNotFound", "Secret k does not exist: create it.")
        status = evaluate_once(Facts(Desired(), 1, reference_problem=missing))
        assert condition_of(status, ACCEPTED) == ("False", "SecretNotFound")
        assert condition_of(status, AVAILABLE) == ("Unknown", "CredentialsUnknown")
        assert condition_of(status, REACHABLE) == ("Unknown", "NotProbedYet")
        assert condition_of(status, READY) == ("False", "SecretNotFound")

    def test_a_bad_key(self) -> None:
        short = Finding(ConditionStatus.FALSE, "APIKeyTooShort", "The API key is too short.")
        status = evaluate_once(Facts(Desired(), 1, credential_problem=short))
        assert condition_of(status, CREDENTIALS) == ("False", "APIKeyTooShort")
        assert condition_of(status, REACHABLE) == ("Unknown", "NotProbedYet")
        assert condition_of(status, READY) == ("Unknown", "APIKeyTooShort")


class TestNodes:
    def test_two_that_share_a_container_part_are_named_by_their_whole_key(self) -> None:
        twins = (node("core", Role.COREAPP, CONNECTED, "h1"), node("core", Role.COREAPP, DISCONNECTED, "h2"))
        assert set(node_verdicts(verdict(answer(primary("m0"), *twins)))) == {"m0", "h1:core", "h2:core"}

    def test_one_that_could_not_be_asked_is_faulty(self) -> None:
        assert node_verdicts(verdict(answer(primary("m0"), core("c0", None), core("c1", CONNECTED))))["c0"] == "Faulty"

    def test_one_without_a_role_is_listed_and_never_counted(self) -> None:
        status = verdict(answer(node("x", None, CONNECTED), primary("m0"), core("c0", CONNECTED)))
        assert status.connected.current == 1  # type: ignore[union-attr]
        assert "x" in node_verdicts(status)

    def test_at_most_80_are_listed_and_the_count_is_exact(self) -> None:
        many = answer(primary("m0", CONNECTED), *(core(f"c{i:05}", CONNECTED) for i in range(10_000)))
        status = verdict(many)
        assert (len(status.nodes), status.connected.current) == (80, 10_000)  # type: ignore[union-attr]

    @pytest.mark.parametrize(
        ("host", "found"),
        [
            ("10.0.0.1", "10.0.0.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
            ("10.0.0.2", None),
            ("2001:db8::x", None),
            ("", None),
        ],
    )
    def test_a_pod_is_named_by_any_of_its_addresses_however_it_is_written(self, host: str, found: str | None) -> None:
        of_c0 = core("c0", CONNECTED)._replace(key=f"{host}:c0", host=host)
        there = Pods({}, {"c0": Pod("c0", "10.0.0.1", None, ("2001:db8::1",))})
        story = Story().rounds(1, replace(facts(answer(primary("m0"), of_c0)), pods=there))
        first = story.written.nodes[0]
        assert (first.pod_name, first.pod_ip) == ("c0", found)
        again = story.restarted().rounds(3, replace(facts(answer(primary("m0"), of_c0)), pods=there))
        assert (again.written, again.writes) == (story.written, [])


def test_facts_without_anything_are_no_verdict_about_the_client() -> None:
    assert condition_of(evaluate_once(facts()), AVAILABLE)[0] == "Unknown"


@pytest.mark.parametrize("word", ["deprecated", "Deprecated"])
def test_a_version_that_is_deprecated(word: str) -> None:
    body = f'{{"meta": {{"api_status": "{word}"}}, "health": {{"gateway_status": "connected"}}}}'.encode()
    heard = parse_health(body)
    assert isinstance(heard, Answered)
    assert heard.report.deprecated


@pytest.mark.parametrize("meta", ['"stable"', '"beta"', "1", "null", '{"deprecated": 1}', '["deprecated"]'])
def test_no_other_word_is(meta: str) -> None:
    heard = parse_health(f'{{"meta": {{"api_status": {meta}}}, "health": {{"gateway_status": "connected"}}}}'.encode())
    assert isinstance(heard, Answered)
    assert not heard.report.deprecated


def test_that_the_number_was_taken_is_told_for_as_long_as_it_lasts_and_after_a_restart() -> None:
    story = Story().rounds(3, facts(single(CONNECTED))).rounds(9, facts(single(UNREGISTERED)))
    for told in (story, story.restarted().rounds(9, facts(single(UNREGISTERED)))):
        found = told.written.condition(AVAILABLE)
        assert found is not None
        assert "another instance took its number" in found.message
    never = Story().rounds(9, facts(single(UNREGISTERED))).written.condition(AVAILABLE)
    assert never is not None
    assert "another instance" not in never.message
