"""How much is enough: expectations, and what would survive the next failure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.builders import (
    CONNECTED,
    UNREGISTERED,
    answer,
    condition_of,
    core,
    facts,
    primary,
    secondary,
    single,
    verdict,
)
from wahealth.core.answer import FailureReason, Node, Unauthorized, Unreachable
from wahealth.core.facts import Desired
from wahealth.core.reconcile import evaluate_once
from wahealth.core.status import ConditionType, Gateway, Mode, Redundancy

AVAILABLE, READY = ConditionType.AVAILABLE, ConditionType.READY
REDUNDANCY = ConditionType.REDUNDANCY_SATISFIED
REFUSED_CONNECTION = Unreachable(FailureReason.CONNECTION_REFUSED)


class TestExpectations:
    def test_a_minimum_makes_a_partial_connection_available(self) -> None:
        three = answer(primary("m0", CONNECTED), *(core(f"c{i}", CONNECTED) for i in range(3)))
        for minimum, available in ((3, ("True", "MinimumConnected")), (4, ("False", "PartiallyConnected"))):
            expected = Desired(Mode.MULTICONNECT, 4, min_connected=minimum)
            status = evaluate_once(replace(facts(three), desired=expected))
            assert (status.gateway, condition_of(status, AVAILABLE)) == (Gateway.PARTIALLY_CONNECTED, available)

    def test_a_client_may_be_allowed_to_be_unregistered(self) -> None:
        status = evaluate_once(replace(facts(single(UNREGISTERED)), desired=Desired(registration_required=False)))
        assert (status.gateway, condition_of(status, AVAILABLE)) == (Gateway.UNREGISTERED, ("True", "Unregistered"))


class TestRedundancy:
    @pytest.mark.parametrize(
        ("nodes", "expected"),
        [
            ((primary("m0"), secondary("m1"), core("c0", CONNECTED), core("c1")), ("True", "SparesAvailable")),
            ((primary("m0"), secondary("m1"), core("c0", CONNECTED)), ("False", "NoSpareCoreapp")),
            ((primary("m0"), secondary("m1"), core("c0", CONNECTED), core("c1", None)), ("False", "NoSpareCoreapp")),
            ((primary("m0"), core("c0", CONNECTED), core("c1")), ("False", "NoSecondaryMaster")),
            ((secondary("m0"), secondary("m1"), core("c0", CONNECTED), core("c1")), ("False", "NoPrimaryMaster")),
            ((primary("m0"), primary("m1"), core("c0", CONNECTED), core("c1")), ("False", "NoPrimaryMaster")),
        ],
    )
    def test_of_high_availability(self, nodes: tuple[Node, ...], expected: tuple[str, str]) -> None:
        assert condition_of(verdict(answer(*nodes), mode=Mode.HIGH_AVAILABILITY), REDUNDANCY) == expected

    def test_multiconnect_wants_a_connected_primary(self) -> None:
        nodes = [core("c0", CONNECTED), core("c1", CONNECTED), core("c2"), secondary("m1"), secondary("m2")]
        healthy = verdict(answer(primary("m0", CONNECTED), *nodes), mode=Mode.MULTICONNECT, shards=2)
        assert condition_of(healthy, REDUNDANCY) == ("True", "SparesAvailable")
        degraded = verdict(answer(primary("m0"), *nodes), mode=Mode.MULTICONNECT, shards=2)
        assert condition_of(degraded, REDUNDANCY) == ("False", "NoPrimaryMaster")

    def test_the_numbers(self) -> None:
        nodes = [core(f"c{i}", CONNECTED) for i in range(4)] + [core("c4"), core("c5"), core("c6", None)]
        status = verdict(answer(primary("m0", CONNECTED), secondary("m1"), *nodes), mode=Mode.MULTICONNECT, shards=4)
        assert status.redundancy == Redundancy(coreapps=6, masters=2, tolerable_failures=2)

    def test_other_numbers_may_be_wanted(self) -> None:
        alone = answer(primary("m0"), core("c0", CONNECTED))
        modest = Desired(Mode.HIGH_AVAILABILITY, min_coreapps=1, min_masters=1)
        assert condition_of(evaluate_once(replace(facts(alone), desired=modest)), REDUNDANCY) == (
            "True",
            "SparesAvailable",
        )

    def test_a_single_instance_has_none(self) -> None:
        status = verdict(single(CONNECTED))
        assert (status.redundancy, condition_of(status, REDUNDANCY)) == (None, ("True", "NotApplicable"))

    def test_unseen_it_is_unknown(self) -> None:
        assert condition_of(verdict(REFUSED_CONNECTION), REDUNDANCY) == ("Unknown", "Unreachable")
        assert condition_of(verdict(Unauthorized()), REDUNDANCY) == ("Unknown", "CredentialsUnknown")

    def test_it_does_not_count_for_ready(self) -> None:
        assert condition_of(verdict(answer(primary("m0"), core("c0", CONNECTED))), READY) == ("True", "Available")
