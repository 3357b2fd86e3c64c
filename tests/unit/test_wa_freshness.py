"""Which Lease tells whether a resource is looked after."""

from __future__ import annotations

from typing import Any

import pytest

from support.looked import NOW, lease
from wahealth.core.control.lease import shard_of
from wahealth.wa.cluster import Part
from wahealth.wa.freshness import Operators, Where, operators_of

UIDS = [f"uid-{n}" for n in range(50)]


def found(*leases: dict[str, Any]) -> Operators:
    return operators_of(Part(leases), Where(), NOW)


def numbered(*ages: float) -> list[dict[str, Any]]:
    return [lease(age, f"wahealth-operator-{n}", f"replica-{n}_ab") for n, age in enumerate(ages)]


def test_one_lease_stands_for_all_resources() -> None:
    watch = found(lease(3), lease(3, "another"), lease(3, "wahealth-operator-x")).of("a")
    assert watch is not None
    assert (watch.holder, watch.age, watch.is_kept) == ("wahealth-7c9d-x", 3, True)


@pytest.mark.parametrize("uid", UIDS)
def test_each_resource_belongs_to_the_shard_that_the_operator_computes(uid: str) -> None:
    watch = found(*numbered(1, 2, 3)).of(uid)
    assert watch is not None
    assert watch.holder == f"replica-{shard_of(uid, 3)}"


def test_one_shard_may_be_gone_while_others_are_kept() -> None:
    kept = {watch.is_kept for uid in UIDS if (watch := found(*numbered(1, 900)).of(uid))}
    assert kept == {True, False}


def test_leases_of_an_earlier_number_of_shards_do_not_count() -> None:
    assert len(found(lease(90_000), *numbered(1, 2, 3, 80_000)).watches) == 3
    assert len(found(lease(1), *numbered(90_000, 90_000)).watches) == 1
    assert len(found(lease(1), *numbered(60, 60)).watches) == 1


def test_where_all_are_old_they_say_so() -> None:
    watch = found(*numbered(90_000, 90_010)).of("a")
    assert watch is not None
    assert not watch.is_kept


def test_a_lease_that_was_given_back_is_not_kept_once_nobody_takes_it() -> None:
    watch = found(lease(45, holder="")).of("a")
    assert watch is not None
    assert (watch.holder, watch.is_kept) == ("nobody", False)


@pytest.mark.parametrize("broken", [{}, {"spec": None}, {"metadata": {"name": 7}}, {"spec": {"renewTime": "soon"}}])
def test_what_is_no_lease_of_ours_is_passed_over(broken: dict[str, Any]) -> None:
    assert found({"metadata": {"name": "wahealth-operator"}, **broken}).missing.startswith("there is no Lease")


def test_why_nothing_can_be_told_is_kept() -> None:
    assert operators_of(Part(missing="no right"), Where(), NOW) == Operators(missing="no right")
