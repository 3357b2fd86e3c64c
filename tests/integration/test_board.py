"""`kubectl wa board` as a person has it: a real Chromium, the real API server, the operator with its clients."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from support.boards import Board, board, started
from support.browsers import PATIENCE, chromium, needs_chromium, person, violations
from support.clients import READY, TEAM, WaitFor
from support.faulty import FaultyApiServer
from support.pages import commands
from support.plugin import installed
from wahealth.kube import access
from wahealth.playground.environment import SYSTEM, Environment

pytestmark = [needs_chromium, pytest.mark.usefixtures("team")]
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def opened(environment: Environment, team: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    with board(environment.plane.kubeconfig, tmp_path_factory.mktemp("board"), "-n", TEAM) as running:
        yield running


@pytest.fixture
def page(browser: Browser, opened: Board, wait_for: WaitFor) -> Iterator[Page]:
    """Somebody who has opened the board of the six clients, whose verdicts have come."""
    for name, reason in READY.items():
        wait_for(TEAM, name, ready=reason)
    with person(browser, opened.url, permissions=["clipboard-read", "clipboard-write"]) as page:
        expect(page.locator("#live")).to_have_text("live")
        expect(page.locator("#map a")).to_have_count(len(READY))
        yield page


def tile(page: Page, name: str) -> str:
    """What the tile of a client says."""
    return page.locator(f"#map a[href$='/{name}']").get_attribute("aria-label") or ""


def focused(page: Page) -> str:
    found: str = page.evaluate("document.activeElement.getAttribute('href') ?? document.activeElement.id")
    return found


def test_the_documented_command(environment: Environment, tmp_path: Path) -> None:
    (line,) = commands(__file__, "docs/board.md")
    argv = [str(environment.plane.binaries["kubectl"]), *shlex.split(line)[1:]]
    with started(argv, installed(environment, tmp_path), tmp_path) as running:
        assert running.get("/", Cookie=running.cookie()).status_code == 200
        os.kill(running.pid, signal.SIGINT)  # as Ctrl-C
        assert running.process.wait(60) == 0


def test_the_address_bar_has_no_token(page: Page, opened: Board) -> None:
    assert page.url == f"{opened.origin}/"


def test_who_is_down_and_why(page: Page) -> None:
    """Found by the keyboard alone, from the map to the command to copy."""
    expect(page.locator("#summary")).to_contain_text("DOWN")
    expect(page.locator("#worst li").first).to_contain_text("DOWN")
    page.keyboard.press("/")
    page.keyboard.type("silent")
    expect(page.locator("#map a:visible")).to_have_count(1)
    expect(page.locator("#summary .total")).to_have_text("1 of 6 clients")
    page.keyboard.press("Enter")
    assert focused(page) == f"#/client/{TEAM}/silent"
    page.keyboard.press("Enter")
    expect(page.locator("#client .verdict")).to_contain_text("ConnectionRefused")
    expect(page.locator("#client .next")).to_contain_text("Next: ")
    assert f"kubectl -n {TEAM} logs silent-web-" in page.locator("#client .command code").inner_text()
    page.keyboard.press("c")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#client .command code").inner_text()
    page.go_back()
    expect(page.locator("#map a:visible")).to_have_count(1)
    assert focused(page) == f"#/client/{TEAM}/silent"
    page.keyboard.press("Escape")
    expect(page.locator("#map a:visible")).to_have_count(len(READY))
    assert page.locator("#search").input_value() == ""


def test_a_filter_is_a_view_with_an_address(page: Page) -> None:
    page.get_by_role("button", name="UP").click()
    expect(page.locator("#map a:visible")).to_have_count(3)
    page.reload()
    expect(page.locator("#map a:visible")).to_have_count(3)
    expect(page.get_by_role("button", name="UP")).to_have_attribute("aria-pressed", "true")
    page.go_back()
    expect(page.locator("#map a:visible")).to_have_count(len(READY))
    page.keyboard.press("b")
    expect(page.locator("#map a:visible")).to_have_count(3)
    expect(page.locator("#map a.up:visible")).to_have_count(0)


def test_the_map_is_one_stop_of_the_tab_key_and_arrows_lead_through_it(page: Page) -> None:
    names = page.eval_on_selector_all("#map a", "links => links.map((link) => link.getAttribute('href'))")
    assert names == sorted(names)
    page.locator("#map a").first.focus()
    for key, at in (("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", 5), ("ArrowRight", 5), ("Home", 0)):
        page.keyboard.press(key)
        assert focused(page) == names[at]
        stops = page.eval_on_selector_all(
            "#map a[tabindex='0']", "links => links.map((link) => link.getAttribute('href'))"
        )
        assert stops == [names[at]]
    expect(page.locator("#tip")).to_contain_text(f"{TEAM}/ha")
    page.keyboard.press("Tab")
    assert focused(page) not in names


def test_the_topology_is_drawn(page: Page) -> None:
    page.goto(f"{page.url}#/client/{TEAM}/ha")
    for row, count in (("Web", 2), ("Coreapps", 2), ("Masters", 2)):
        expect(page.get_by_role("list", name=row).get_by_role("listitem")).to_have_count(count)
    expect(page.locator("[data-kind=coreapps] li.active")).to_have_count(1)
    expect(page.locator("[data-kind=coreapps] li.standby")).to_have_count(1)
    expect(page.locator("[data-kind=masters] li.active")).to_contain_text("primary")
    expect(page.locator(".flows path")).to_have_count(2)
    expect(page.get_by_role("img", name="states since")).to_be_visible()
    expect(page.locator(".events")).to_contain_text("GatewayConnected")
    page.get_by_role("link", name="What Available means").click()
    expect(page.locator("#reason h1")).to_have_text("Available")
    page.keyboard.press("Escape")
    expect(page.locator("#map a").first).to_be_visible()


def test_a_client_that_is_not_there(page: Page) -> None:
    page.goto(f"{page.url}#/client/{TEAM}/nobody")
    expect(page.get_by_role("alert")).to_contain_text(f"there is no WhatsAppClient nobody in {TEAM}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, opened: Board, page: Page, scheme: str) -> None:
    with person(browser, opened.url, color_scheme=scheme) as other:
        expect(other.locator("#map a")).to_have_count(len(READY))
        assert violations(other) == []
        other.keyboard.press("?")
        expect(other.get_by_role("dialog")).to_be_visible()
        assert violations(other) == []
        other.keyboard.press("Escape")
        for view, ready in (
            (f"client/{TEAM}/ha", ".events"),
            (f"client/{TEAM}/silent", ".command"),
            ("reason/Disconnected", ".meanings"),
        ):
            other.goto(f"{opened.origin}/#/{view}")
            expect(other.locator(ready)).to_be_visible()
            assert violations(other) == []


def test_eight_tabs_are_all_told(page: Page, environment: Environment) -> None:
    tabs = [page, *(page.context.new_page() for _ in range(7))]
    for tab in tabs[1:]:
        tab.goto(page.url)
        expect(tab.locator("#map a")).to_have_count(len(READY))
    with suspended(environment, "single"):
        for tab in tabs:
            expect(tab.locator("#map a.suspended")).to_have_count(1)
    for tab in tabs:
        expect(tab.locator("#map a.suspended")).to_have_count(0)


@contextlib.contextmanager
def suspended(environment: Environment, name: str) -> Iterator[None]:
    def suspend(value: str) -> None:
        patch = f'{{"spec": {{"suspend": {value}}}}}'
        environment.plane.kubectl("patch", "wac", name, "-n", TEAM, "--type=merge", "-p", patch)

    suspend("true")
    try:
        yield
    finally:
        suspend("false")


def test_a_change_is_on_the_screen_soon(page: Page, environment: Environment) -> None:
    page.goto(f"{page.url}#/client/{TEAM}/single")
    expect(page.locator("#client .verdict b").first).to_have_text("UP")
    began = time.monotonic()
    with suspended(environment, "single"):
        expect(page.locator("#client .verdict b").first).to_have_text("SUSPENDED")
    assert time.monotonic() - began < 25


def test_a_person_with_a_narrow_screen(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    for view in ("", f"client/{TEAM}/ha", f"client/{TEAM}/silent", "reason/Disconnected"):
        page.goto(f"{page.url.partition('#')[0]}#/{view}")
        page.wait_for_timeout(500)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_light_and_dark_can_be_chosen(page: Page) -> None:
    def background() -> str:
        found: str = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        return found

    light = background()
    page.keyboard.press("t")
    dark = background()
    assert dark != light
    page.reload()
    assert background() == dark
    page.get_by_role("button", name="Light or dark").click()
    assert background() == light


def test_nothing_moves_for_whoever_wants_it_so(browser: Browser, opened: Board, page: Page) -> None:
    moves = "getComputedStyle(document.querySelector('#map a'), '::before').transitionDuration"
    assert page.evaluate(moves) != "0s"
    with person(browser, opened.url, reduced_motion="reduce") as other:
        expect(other.locator("#map a")).to_have_count(len(READY))
        assert other.evaluate(moves) == "0s"


def test_the_printed_page_is_the_report_alone(page: Page) -> None:
    page.goto(f"{page.url}#/client/{TEAM}/silent")
    expect(page.locator("#client .why")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator("header")).to_be_hidden()
    expect(page.get_by_role("button", name="Copy")).to_be_hidden()
    expect(page.locator("#client .why")).to_be_visible()


def test_a_lost_api_server_greys_the_page_which_mends_itself(
    browser: Browser, environment: Environment, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text(environment.plane.kubectl("create", "token", access.NAME, "-n", SYSTEM, "--duration=1h").strip())
    with (
        FaultyApiServer(environment.plane) as proxy,
        board(proxy.kubeconfig(token), tmp_path, "-n", TEAM) as running,
        person(browser, running.url) as page,
    ):
        expect(page.locator("#map a")).to_have_count(len(READY))
        with proxy.refusing():
            expect(page.locator("#live")).to_have_text("not current")
            expect(page.locator("#banners")).to_contain_text("Nothing new since ")
            expect(page.locator("#banners")).to_contain_text("The API server cannot be reached: ")
            expect(page.locator("body.stale #map a")).to_have_count(len(READY))
        expect(page.locator("#live")).to_have_text("live")
        expect(page.locator("#banners")).not_to_contain_text("Nothing new since ")
