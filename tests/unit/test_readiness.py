"""May this pod receive what its Service sends: both tables, row by row, and what is kept while nothing can be said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from support.builders import (
    CONNECTED,
    CONNECTING,
    DISCONNECTED,
    START,
    UNINITIALIZED,
    UNKNOWN,
    UNREGISTERED,
    answer,
    core,
    facts,
    primary,
    secondary,
    single,
)
from wahealth.core.answer import (
    FailureReason,
    Forbidden,
    GatewayStatus,
    Malformed,
    Outcome,
    Throttled,
    Unauthorized,
    Unreachable,
)
from wahealth.core.facts import Desired, Thresholds
from wahealth.core.instant import Instant
from wahealth.core.readiness.depth import Depth
from wahealth.core.readiness.node import Identity, PodRole, own_node
from wahealth.core.readiness.pod import KEEP_SECONDS, ReadinessState, RoundResult, advance
from wahealth.core.reconcile import reconcile
from wahealth.core.restore import restore_state
from wahealth.core.state import State
from wahealth.core.status import Mode, Status

PERIOD = 10.0
WEB = Identity(PodRole.WEB, "web-0", "10.0.1.0")
ALL, NONE, REGISTERED, NOT_CONNECTED = (
    (True, True, True),
    (False, False, False),
    (True, False, False),
    (True, True, False),
)
HA = answer(primary("m0"), secondary("m1"), core("c0", CONNECTED), core("c1"))
HA_NONE = answer(primary("m0"), secondary("m1"), core("c0"), core("c1"))
HA_TWO = answer(primary("m0"), secondary("m1"), core("c0", CONNECTED), core("c1", CONNECTED))
HEADLESS = answer(secondary("m0"), secondary("m1"), core("c0", CONNECTED), core("c1"))
SILENT = Unreachable(FailureReason.CONNECTION_REFUSED)


def multiconnect(connected: int, primary_: GatewayStatus = CONNECTED) -> Outcome:
    cores = [core(f"c{n}", CONNECTED if n < connected else DISCONNECTED) for n in range(5)]
    return answer(primary("m0", primary_), secondary("m1"), *cores)


class Sidecar:
    def __init__(self, identity: Identity = WEB, **expected: object) -> None:
        self.identity = identity
        self.expected = Desired(thresholds=Thresholds(PERIOD), **expected)  # type: ignore[arg-type]
        self.kept = ReadinessState()
        self.history: State | None = None
        self.seconds = 0.0

    def hears(self, *outcomes: Outcome, times: int = 1) -> tuple[bool, bool, bool]:
        """Round after round; whether the pod is ready at each depth afterwards."""
        for outcome in outcomes * times:
            self.round(outcome)
        return self.ready

    def round(self, outcome: Outcome) -> None:
        now = Instant(self.seconds, START + timedelta(seconds=self.seconds))
        said = replace(facts(outcome), desired=self.expected)
        state = self.history or restore_state(Status(), 1, self.expected.thresholds, now)
        done = reconcile(state, said, Status(), now)
        self.history = done.state
        verdict = done.state.confirmed or done.candidate
        assert verdict is not None
        self.kept = advance(self.kept, self.identity, RoundResult(said, verdict.status, self.seconds))
        self.seconds += PERIOD

    @property
    def ready(self) -> tuple[bool, bool, bool]:
        at = self.kept.readiness.at
        return at(Depth.REACHABLE), at(Depth.REGISTERED), at(Depth.CONNECTED)

    @property
    def reason(self) -> str:
        return self.kept.readiness.reason


class TestWeb:
    def test_nothing_is_ready_before_the_first_answer(self) -> None:
        assert Sidecar().ready == NONE
        assert Sidecar().hears(SILENT) == NONE
        assert Sidecar().hears(SILENT, single(CONNECTED)) == ALL

    @pytest.mark.parametrize(
        ("said", "ready"),
        [
            (single(CONNECTED), ALL),
            (single(CONNECTING), ALL),
            (single(DISCONNECTED), NOT_CONNECTED),
            (single(UNINITIALIZED), NONE),
            (single(UNREGISTERED), REGISTERED),
            (single(UNKNOWN), ALL),
            (HA, ALL),
            (HA_NONE, ALL),
            (HEADLESS, ALL),
            (multiconnect(4), ALL),
            (Unauthorized(), ALL),
            (Forbidden(), ALL),
            (Throttled(), ALL),
            (SILENT, NONE),
            (Malformed("no JSON"), NONE),
        ],
    )
    def test_the_first_answer(self, said: Outcome, ready: tuple[bool, bool, bool]) -> None:
        assert Sidecar().hears(said) == ready

    @pytest.mark.parametrize(
        ("said", "ready", "rounds"),
        [
            (single(CONNECTING), NOT_CONNECTED, 13),
            (single(DISCONNECTED), NOT_CONNECTED, 3),
            (single(UNINITIALIZED), NONE, 3),
            (single(UNREGISTERED), REGISTERED, 3),
            (SILENT, NONE, 3),
            (Unreachable(FailureReason.HTTP_STATUS, "HTTP 500"), NONE, 3),
            (Malformed("no JSON"), NONE, 3),
        ],
    )
    def test_a_single_instance_gets_worse(self, said: Outcome, ready: tuple[bool, bool, bool], rounds: int) -> None:
        sidecar = Sidecar()
        sidecar.hears(single(CONNECTED), times=3)
        assert sidecar.hears(said, times=rounds - 1) == ALL
        assert sidecar.hears(said) == ready
        assert sidecar.hears(single(CONNECTED)) == ALL

    @pytest.mark.parametrize(
        ("said", "within", "past"), [(HA_NONE, ALL, NOT_CONNECTED), (HA_TWO, ALL, ALL), (HEADLESS, ALL, ALL)]
    )
    def test_high_availability_within_and_past_the_grace(
        self, said: Outcome, within: tuple[bool, ...], past: tuple[bool, ...]
    ) -> None:
        sidecar = Sidecar()
        sidecar.hears(HA, times=3)
        assert sidecar.hears(said, times=6) == within
        assert sidecar.hears(said, times=4) == past

    def test_two_connected_are_told(self) -> None:
        sidecar = Sidecar(mode=Mode.HIGH_AVAILABILITY)
        sidecar.hears(HA_TWO, times=20)
        assert sidecar.reason == "MultipleActiveCoreapps"

    def test_multiconnect_serves_a_part_or_less(self) -> None:
        sidecar = Sidecar(shards=4, min_connected=2)
        sidecar.hears(multiconnect(4), times=3)
        assert sidecar.hears(multiconnect(3), times=20) == ALL
        assert sidecar.hears(multiconnect(1), times=6) == ALL
        assert sidecar.hears(multiconnect(1), times=4) == NOT_CONNECTED

    @pytest.mark.parametrize("before", [single(CONNECTED), single(UNREGISTERED), single(UNINITIALIZED)])
    @pytest.mark.parametrize("nothing", [Unauthorized(), Forbidden(), Throttled(), single(UNKNOWN)])
    def test_what_says_nothing_of_the_pod_keeps_it_as_it_was(self, before: Outcome, nothing: Outcome) -> None:
        sidecar = Sidecar()
        was = sidecar.hears(before, times=20)
        assert sidecar.hears(nothing, times=200) == was

    @pytest.mark.parametrize("said", [Unauthorized(), Forbidden(), Throttled(), single(UNKNOWN)])
    def test_who_says_anything_answers(self, said: Outcome) -> None:
        sidecar = Sidecar()
        assert sidecar.hears(SILENT, times=20) == NONE
        assert sidecar.hears(said, times=3) == ALL

    def test_what_it_says_of_who_asks_is_what_is_told(self) -> None:
        for said, reason in ((Throttled(), "Throttled"), (Forbidden(), "CredentialsUnknown")):
            sidecar = Sidecar()
            sidecar.hears(said)
            assert sidecar.kept.readiness.reason == reason


def node(role: PodRole, name: str) -> Identity:
    return Identity(role, name, "10.9.9.9")


def heard_by(name: str, *outcomes: Outcome, role: PodRole = PodRole.COREAPP, **expected: object) -> Sidecar:
    sidecar = Sidecar(node(role, name), **expected)
    sidecar.hears(*outcomes)
    return sidecar


def times(outcome: Outcome, n: int) -> Iterable[Outcome]:
    return [outcome] * n


class TestNode:
    @pytest.mark.parametrize(
        ("name", "role", "said", "reason"),
        [
            ("c0", PodRole.COREAPP, HA, "ActiveCoreapp"),
            ("c1", PodRole.COREAPP, HA, "StandbyCoreapp"),
            ("m0", PodRole.MASTER, HA, "StandbyPrimaryMaster"),
            ("m1", PodRole.MASTER, HA, "StandbySecondaryMaster"),
            ("c4", PodRole.COREAPP, multiconnect(4), "StandbyCoreapp"),
            ("m0", PodRole.MASTER, multiconnect(4), "ActivePrimaryMaster"),
            ("m1", PodRole.MASTER, multiconnect(4), "StandbySecondaryMaster"),
        ],
    )
    def test_as_it_should_be(self, name: str, role: PodRole, said: Outcome, reason: str) -> None:
        sidecar = heard_by(name, *times(said, 20), role=role)
        assert (sidecar.ready, sidecar.reason) == (ALL, reason)

    def test_none_connected_within_and_past_the_grace(self) -> None:
        sidecar = heard_by("c1", *times(HA, 3), *times(HA_NONE, 6))
        assert sidecar.ready == ALL
        assert sidecar.hears(HA_NONE, times=4) == NOT_CONNECTED
        assert sidecar.reason == "Faulty"

    def test_a_spare_that_is_wanted(self) -> None:
        sidecar = heard_by("c4", *times(multiconnect(4), 3), *times(multiconnect(3), 6), shards=4)
        assert sidecar.ready == ALL
        assert sidecar.hears(multiconnect(3), times=6) == NOT_CONNECTED

    def test_a_primary_master_that_is_not_connected_in_multiconnect(self) -> None:
        said = multiconnect(4, DISCONNECTED)
        sidecar = heard_by("m0", *times(said, 20), role=PodRole.MASTER, mode=Mode.MULTICONNECT, shards=4)
        assert (sidecar.ready, sidecar.reason) == (ALL, "DegradedMaster")

    @pytest.mark.parametrize(
        ("status", "soon", "late"),
        [
            (CONNECTING, ALL, NOT_CONNECTED),
            (UNINITIALIZED, NONE, NONE),
            (UNREGISTERED, REGISTERED, REGISTERED),
        ],
    )
    def test_one_that_starts(self, status: GatewayStatus, soon: tuple[bool, ...], late: tuple[bool, ...]) -> None:
        said = answer(primary("m0"), secondary("m1"), core("c0", CONNECTED), core("c1", status))
        sidecar = heard_by("c1", said)
        assert sidecar.ready == soon
        assert sidecar.hears(said, times=20) == late

    def test_a_master_that_does_not_get_past_connecting(self) -> None:
        said = multiconnect(4, CONNECTING)
        sidecar = heard_by("m0", said, role=PodRole.MASTER, mode=Mode.MULTICONNECT, shards=4)
        assert (sidecar.ready, sidecar.reason) == (ALL, "Connecting")
        assert sidecar.hears(said, times=20) == NOT_CONNECTED

    def test_a_client_without_nodes_has_none_to_find(self) -> None:
        sidecar = heard_by("m1", *times(HA, 3), single(DISCONNECTED), role=PodRole.MASTER)
        assert (sidecar.ready, sidecar.reason, sidecar.kept.own) == (ALL, "SingleInstance", None)
        assert sidecar.kept.answered == 30.0

    @pytest.mark.parametrize(
        ("status", "ready"),
        [
            (CONNECTED, ALL),
            (CONNECTING, ALL),
            (DISCONNECTED, NOT_CONNECTED),
            (UNINITIALIZED, NONE),
            (UNREGISTERED, REGISTERED),
            (UNKNOWN, ALL),
        ],
    )
    def test_the_one_coreapp_of_a_single_instance(self, status: GatewayStatus, ready: tuple[bool, ...]) -> None:
        assert heard_by("c0", single(status)).ready == ready

    def test_what_nobody_knows_keeps_the_one_coreapp_as_it_was(self) -> None:
        assert heard_by("c0", *times(single(UNREGISTERED), 3), *times(single(UNKNOWN), 99)).ready == REGISTERED

    @pytest.mark.parametrize("status", [None, UNKNOWN])
    def test_one_that_could_not_be_asked_stays_as_it_was(self, status: GatewayStatus | None) -> None:
        said = answer(primary("m0"), secondary("m1"), core("c0", CONNECTED), core("c1", status))
        assert heard_by("c1", *times(HA, 3), *times(said, 200)).ready == ALL

    def test_one_that_is_not_in_the_answer(self) -> None:
        without = answer(primary("m0"), secondary("m1"), core("c0", CONNECTED))
        sidecar = heard_by("c1", HA, without)
        assert (sidecar.ready, sidecar.reason) == (ALL, "Missing")
        assert sidecar.hears(without, times=5) == ALL
        assert sidecar.hears(without) == NONE
        assert sidecar.hears(HA) == ALL

    def test_a_key_that_is_refused_from_the_start_holds_up_no_pod(self) -> None:
        assert heard_by("c1", Unauthorized()).ready == ALL

    @pytest.mark.parametrize("fault", [SILENT, Unauthorized(), Forbidden(), Throttled(), Malformed("no JSON")])
    def test_the_fault_of_another_component_takes_no_pod_away(self, fault: Outcome) -> None:
        for before, was in ((HA, ALL), (answer(primary("m0"), core("c1", UNINITIALIZED), core("c0", CONNECTED)), NONE)):
            sidecar = heard_by("c1", *times(before, 3))
            assert sidecar.hears(fault, times=int(KEEP_SECONDS / PERIOD) - 1) == was
            assert sidecar.hears(fault, times=2) == ALL
            assert sidecar.reason == "WebSilent"

    def test_a_web_that_does_not_answer_from_the_start_holds_up_for_three_rounds(self) -> None:
        sidecar = heard_by("c1", *times(SILENT, 3))
        assert sidecar.ready == NONE
        assert sidecar.hears(SILENT) == ALL

    def test_one_that_is_listed_again_and_says_nothing_known_is_not_missing(self) -> None:
        without = answer(primary("m0"), secondary("m1"), core("c0", CONNECTED))
        sidecar = heard_by("c1", HA, *times(without, 20))
        assert sidecar.ready == NONE
        assert sidecar.hears(answer(primary("m0"), core("c0", CONNECTED), core("c1", UNKNOWN))) == ALL


def test_a_pod_finds_itself_by_host_and_container_then_by_one_of_them() -> None:
    nodes = (
        core("a")._replace(host="10.0.0.1"),
        core("b")._replace(host="10.0.0.1"),
        core("a")._replace(key="10.0.0.2:a", host="10.0.0.2"),
    )
    found = [
        own_node(nodes, Identity(PodRole.COREAPP, *who))
        for who in (("b", "10.0.0.1"), ("x", "10.0.0.2"), ("b", "x"), ("x", "x"))
    ]
    assert found == [nodes[1], nodes[2], nodes[1], None]


def test_the_depths_are_in_order() -> None:
    """What is not ready at one depth is not ready at those after it."""
    sidecar = Sidecar()
    for said in (single(CONNECTED), single(UNREGISTERED), single(DISCONNECTED), SILENT, HA, Unauthorized()):
        ready = sidecar.hears(said, times=20)
        assert list(ready) == sorted(ready, reverse=True)
