"""The picture of the demo: drawn from what was printed, and loading nothing."""

from __future__ import annotations

import re
from pathlib import Path

from picture import picture

HEAD = "NAMESPACE   NAME      READY   GATEWAY"
FIRST, SECOND = (
    "acme        support   False   Disconnected\nbeta        pilot     False   Unregistered\n",
    "acme        support   True    Connected\nbeta        pilot     False   Unregistered\n",
)
PRINTED = (
    f"\nEight verdicts\n\n{HEAD}\n{FIRST}\nEvents\n\n10:00:01  Warning  beta/pilot  GatewayUnregistered\n"
    f"\nAfter the failover\n\n{HEAD}\n{SECOND}\nEvents\n\n"
    "10:00:01  Warning  beta/pilot  GatewayUnregistered\n10:00:09  Normal   acme/support  FailoverCompleted\n"
)
NAMES = {"http://www.w3.org/2000/svg", "https://www.textualize.io"}  # of the format, and in a comment


def loaded(svg: str) -> set[str]:
    return set(re.findall(r"https?://[\w./-]+", svg)) - NAMES


def test_it_shows_the_first_verdicts_and_the_failover() -> None:
    svg = picture(PRINTED).replace("&#160;", " ")
    assert "Disconnected" in svg
    assert svg.index("Unregistered") < svg.index("Last events") < svg.index("acme/support  Fail")
    assert loaded(svg) == set()


def test_the_one_that_is_kept_loads_nothing() -> None:
    assert loaded((Path(__file__).parents[2] / "docs" / "demo.svg").read_text()) == set()
