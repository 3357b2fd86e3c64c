"""The kubectl lines of the documentation, as they stand, on a client like theirs."""

from __future__ import annotations

import shlex

import pytest

from support.clients import FAST, WaitFor, simulated
from support.pages import commands
from wahealth.playground.environment import Environment

LINES = [*commands(__file__, "docs/concepts.md"), *commands(__file__, "docs/gitops.md")]


@pytest.fixture(scope="module")
def support(environment: Environment, wait_for: WaitFor) -> None:
    environment.add(simulated("acme", "support", settings={"shards": 1, **FAST}))
    wait_for("acme", "support", ready="Available")


@pytest.mark.parametrize("line", LINES)
def test_it_is_taken(environment: Environment, support: None, line: str) -> None:
    program, *typed = shlex.split(line)
    assert program == "kubectl"
    environment.plane.kubectl(*typed)  # raises with what it says
