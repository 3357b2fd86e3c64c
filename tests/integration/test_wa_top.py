"""The live view of `kubectl wa top`, driven by Textual's pilot on a real API server with a fleet that has a status."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from support import night
from wahealth.cli import Parser
from wahealth.playground.cluster.control_plane import ControlPlane
from wahealth.wa import run
from wahealth.wa.call import Call
from wahealth.wa.live.app import Top
from wahealth.wa.live.feed import Feed
from wahealth.wa.live.listing import Listing
from wahealth.wa.screen import Screen

SIZE = 40
SECONDS = 30.0
Played = Callable[[Pilot[None], Top], Awaitable[None]]


@pytest.fixture(scope="module")
def kubeconfig(plane: ControlPlane) -> Iterator[Path]:
    """The fleet, and no other client."""
    plane.kubectl("delete", "wac", "-A", "--all")
    with night.watched(plane.kubeconfig):
        asyncio.run(night.write(plane.kubeconfig, night.fleet(SIZE, datetime.now(UTC))))
        yield plane.kubeconfig
    plane.kubectl("delete", "wac", "-A", "--all")


def typed(kubeconfig: Path, *words: str) -> argparse.Namespace:
    parser = Parser(prog="kubectl wa")
    run.add_arguments(parser)
    return parser.parse_args(["top", "-A", f"--kubeconfig={kubeconfig}", *words])


def play(kubeconfig: Path, story: Played, width: int = 100, *words: str) -> None:
    """Plays a story at the live view, as wide as this and 20 lines high."""

    async def played() -> None:
        call = Call(typed(kubeconfig, *words), Screen(sys.stdout, width, coloured=False))
        cluster = await call.cluster()
        feed = Feed(cluster, "", call.where(), 30.0)
        await feed.begin()
        top = Top(call, cluster, feed)
        async with top.run_test(size=(width, 20)) as pilot:
            await until(pilot, lambda: shown(top, "corner") == "live")
            await story(pilot, top)

    asyncio.run(played())


async def until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not holds():
            await pilot.pause(0.05)


def shown(top: Top, name: str) -> str:
    return str(top.screen.query_one(f"#{name}", Static).content)


def listed(top: Top) -> list[str]:
    """The lines of the list on the screen."""
    listing = top.screen_stack[0].query_one(Listing)
    return [listing.render_line(y).text.rstrip() for y in range(listing.size.height)]


def chosen(top: Top) -> tuple[str, str] | None:
    row = top.screen_stack[0].query_one(Listing).chosen
    return (row.namespace, row.name) if row else None


def test_the_worst_comes_first_and_the_cursor_is_there(kubeconfig: Path) -> None:
    async def story(pilot: Pilot[None], top: Top) -> None:
        assert shown(top, "counts").splitlines()[0] == "40 clients   4 DOWN   2 UNKNOWN   1 DEGRADED   33 UP"
        verdicts = [line.split()[2] for line in listed(top)[:8]]
        assert verdicts == ["DOWN"] * 4 + ["UNKNOWN"] * 2 + ["DEGRADED", "UP"]
        assert chosen(top) == ("beta", "support")  # failed last
        assert "FOR" in shown(top, "columns")

    play(kubeconfig, story)


@pytest.mark.parametrize("width", [40, 80, 200])
def test_columns_have_room_or_are_left_out(kubeconfig: Path, width: int) -> None:
    async def story(pilot: Pilot[None], top: Top) -> None:
        assert all(len(line) < width for line in listed(top))
        assert "DOWN" in listed(top)[0]
        assert ("WHY" in shown(top, "columns")) is (width == 200)

    play(kubeconfig, story, width)


def test_words_that_are_typed_filter_at_once_and_enter_opens_the_status(kubeconfig: Path) -> None:
    async def story(pilot: Pilot[None], top: Top) -> None:
        await pilot.press("slash", *"acme down")
        await until(pilot, lambda: listed(top)[1] == "")
        assert listed(top)[0].startswith("acme       support")
        assert "filter: acme down" in shown(top, "keys")
        await pilot.press("enter", "enter")
        await until(pilot, lambda: "DOWN for" in shown(top, "status"))
        assert "Next: Look at the coreapps." in shown(top, "status")
        await pilot.press("q")
        await until(pilot, lambda: len(top.screen_stack) == 1)
        await pilot.press("escape")
        await until(pilot, lambda: listed(top)[1] != "")

    play(kubeconfig, story)


def test_groups_and_only_what_is_bad(kubeconfig: Path) -> None:
    async def story(pilot: Pilot[None], top: Top) -> None:
        await pilot.press("g")
        await until(pilot, lambda: listed(top)[0] == "beta   1 DOWN   3 UP")
        assert chosen(top) == ("beta", "support")
        await pilot.press("g")
        await until(pilot, lambda: listed(top)[0] == "Unregistered   1 DOWN")
        await pilot.press("down")
        assert chosen(top) == ("delta", "support")  # over the heading between them
        await pilot.press("g", "b")
        await until(pilot, lambda: listed(top)[0].startswith("no node known   3 DOWN   2 UNKNOWN"))
        assert sum(" UP " in line for line in listed(top)) == 0
        await pilot.press("g")
        await until(pilot, lambda: listed(top)[7] == "")

    play(kubeconfig, story)


def test_what_changes_is_seen_and_the_cursor_stays_at_its_client(kubeconfig: Path, plane: ControlPlane) -> None:
    again = night.fleet(SIZE, datetime.now(UTC))[3]

    async def story(pilot: Pilot[None], top: Top) -> None:
        await pilot.press("down", "down")
        assert chosen(top) == ("acme", "support")
        plane.kubectl("delete", "wac", "-n", "delta", "support")
        await until(pilot, lambda: shown(top, "counts").startswith("39 clients   3 DOWN"))
        assert chosen(top) == ("acme", "support")
        await night.write(plane.kubeconfig, [again])
        await until(pilot, lambda: shown(top, "counts").startswith("40 clients   4 DOWN"))
        await pilot.press("end")
        assert chosen(top) not in {None, ("acme", "support")}
        await pilot.press("home")
        assert chosen(top) in {("beta", "support"), ("delta", "support")}

    play(kubeconfig, story)


def test_q_leaves(kubeconfig: Path) -> None:
    async def story(pilot: Pilot[None], top: Top) -> None:
        await pilot.press("q")
        await until(pilot, lambda: not top.is_running)

    play(kubeconfig, story)
