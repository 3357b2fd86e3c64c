"""Pods come, move and go: whoever holds a connection to one is told when nobody runs there any more."""

from __future__ import annotations

from typing import Any

from wahealth.kube.inventory import Pods

Document = dict[str, Any]


def pod(name: str, address: str | None, **metadata: Any) -> Document:
    owner = {"kind": "StatefulSet", "name": "web", "controller": True}
    return {
        "metadata": {"namespace": "acme", "name": name, "ownerReferences": [owner], **metadata},
        "status": {"phase": "Running", "podIP": address},
    }


def told(*changes: tuple[str, Any]) -> list[str]:
    left: list[str] = []
    pods = Pods(left.append)
    for change, what in changes:
        getattr(pods, change)(what)
    return left


def test_one_that_stays_is_not_told() -> None:
    assert told(("put", pod("a", "10.0.0.1")), ("put", pod("a", "10.0.0.1"))) == []


def test_one_that_is_deleted() -> None:
    assert told(("put", pod("a", "10.0.0.1")), ("drop", pod("a", "10.0.0.1"))) == ["10.0.0.1"]


def test_one_that_moves() -> None:
    assert told(("put", pod("a", "10.0.0.1")), ("put", pod("a", "10.0.0.2"))) == ["10.0.0.1"]


def test_one_that_is_terminating() -> None:
    going = pod("a", "10.0.0.1", deletionTimestamp="2026-01-01T00:00:00Z")
    assert told(("put", pod("a", "10.0.0.1")), ("put", going)) == ["10.0.0.1"]


def test_one_that_went_while_the_watch_was_away() -> None:
    both = [pod("a", "10.0.0.1"), pod("b", "10.0.0.2")]
    assert told(("replace", both), ("replace", both[1:])) == ["10.0.0.1"]
