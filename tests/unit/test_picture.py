"""The picture of the demo: drawn from what was printed, and loading nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import board_pictures
import pictures
from picture import picture

DOCS = Path(__file__).parents[2] / "docs"

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


@pytest.mark.parametrize("name", ["demo.svg", *(f"pictures/{name}" for name in pictures.SOURCES)])
def test_those_that_are_kept_load_nothing(name: str) -> None:
    assert loaded((DOCS / name).read_text()) == set()


@pytest.mark.parametrize("name", pictures.SOURCES)
def test_a_picture_is_of_the_code_as_it_is(name: str) -> None:
    kept = (DOCS / "pictures" / name).read_text()
    assert f"<!-- source {pictures.source(name)} -->" in kept, "the layout has changed: run make pictures, and look"


def test_those_of_the_board_are_of_the_page_as_it_is() -> None:
    kept = board_pictures.NOTED.read_text().strip()
    assert kept == board_pictures.source(), "the page has changed: run make pictures, and look"
    for path in board_pictures.FOLDER.glob("*.png"):
        assert path.stat().st_size < 160_000
