"""The board in a real Chromium, against a scripted API server: what no real one would hold, and other visitors."""

from __future__ import annotations

import contextlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from support.apiserver import ApiServer, listed, serving
from support.boards import Board, board
from support.browsers import PATIENCE, chromium, needs_chromium, person, violations
from support.fleets import holds
from support.looked import ago, condition, healthy, node, resource
from wahealth.wa.times import lasting

pytestmark = needs_chromium
expect.set_options(timeout=PATIENCE)

MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>"
EVENTS = "/api/v1/namespaces/acme/events"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with serving() as server:
        holds(server, healthy(), resource("broken"))
        yield server


@pytest.fixture
def opened(server: ApiServer, tmp_path: Path) -> Iterator[Board]:
    with board(server.kubeconfig(tmp_path), tmp_path, "-A") as running:
        yield running


def hostile() -> dict[str, Any]:
    """Whatever a tenant may write, written as markup."""
    found = resource(
        gateway=MARKUP,
        mode=MARKUP,
        clientVersion=MARKUP,
        connected={"summary": MARKUP},
        conditions=[condition("Ready", "False", MARKUP, MARKUP), condition("Available", "False", MARKUP, MARKUP)],
        topology={"nodes": [node(MARKUP, "Coreapp", MARKUP, nodeName=MARKUP, gatewayStatus=MARKUP)]},
        endpoints=[{"pod": MARKUP, "reachable": False, "reason": MARKUP}],
        history=[{"time": ago(60), "ready": MARKUP, "reason": MARKUP, "connected": MARKUP, "note": MARKUP}],
    )
    found["metadata"] |= {"namespace": "acme", "name": "a"}
    return found


def test_whatever_a_tenant_writes_is_a_text(browser: Browser, server: ApiServer, tmp_path: Path) -> None:
    event = {"type": MARKUP, "reason": MARKUP, "message": MARKUP, "lastTimestamp": ago(30)}
    holds(server, hostile())
    server.replies[EVENTS] = listed(event)
    with board(server.kubeconfig(tmp_path), tmp_path, "-A") as running, person(browser, running.url) as page:
        expect(page.locator("#worst li")).to_contain_text(MARKUP)
        page.goto(f"{running.origin}/#/client/acme/a")
        expect(page.locator("#client .why")).to_contain_text(MARKUP)
        expect(page.locator("#client .events")).to_contain_text(MARKUP)
        assert page.locator("#client .command").count() == 0
        for view in (f"client/{MARKUP}/{MARKUP}", f"reason/{MARKUP}", f"?q={MARKUP}&v={MARKUP}&r={MARKUP}", MARKUP):
            page.goto(f"{running.origin}/#/{view}")
            page.wait_for_timeout(300)
        assert page.locator("main img, main script").count() == 0


def test_another_browser_stays_outside(browser: Browser, opened: Board) -> None:
    with person(browser, opened.url) as inside:
        expect(inside.locator("#map a")).to_have_count(2)
    context = browser.new_context()
    page = context.new_page()
    page.goto(opened.origin)
    expect(page.locator("h1")).to_have_text("This board opens to whoever has started it")
    page.wait_for_url("**/?again")
    assert violations(page) == []
    assert page.locator("#map").count() == 0
    context.close()


@pytest.fixture
def elsewhere(opened: Board) -> Iterator[str]:
    """A page of another site that knows where the board is."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<a href='{opened.origin}/#/client/acme/broken'>the board</a>".encode())

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as other:
        serving_it = threading.Thread(target=other.serve_forever)
        serving_it.start()
        try:
            yield f"http://localhost:{other.server_port}/"
        finally:
            other.shutdown()
            serving_it.join()


READS = "url => fetch(url, {credentials: 'include'}).then((answer) => answer.text(), () => 'refused')"
FRAMES = """url => new Promise((done) => {
  const frame = document.createElement("iframe");
  frame.onload = () => { try { done(String(frame.contentDocument?.title ?? "closed")); } catch { done("closed"); } };
  frame.src = url;
  document.body.append(frame);
})"""
STREAMS = """url => new Promise((done) => {
  const stream = new WebSocket(url);
  stream.onmessage = () => done("told");
  stream.onerror = () => done("refused");
})"""


def test_a_page_of_another_site_leads_here_and_learns_nothing(browser: Browser, opened: Board, elsewhere: str) -> None:
    context = browser.new_context()
    with contextlib.closing(context):
        page = context.new_page()
        page.goto(opened.url)
        expect(page.locator("#map a")).to_have_count(2)
        page.goto(elsewhere)
        assert page.evaluate(READS, f"{opened.origin}/client?namespace=acme&name=broken") == "refused"
        assert page.evaluate(STREAMS, f"{opened.origin.replace('http', 'ws')}/stream") == "refused"
        assert page.evaluate(FRAMES, f"{opened.origin}/") == "closed"
        page.get_by_role("link").click()  # such as one that a colleague has sent
        expect(page.locator("#client .verdict")).to_contain_text("DOWN")
        assert page.url == f"{opened.origin}/#/client/acme/broken"


def test_a_program_that_has_ended_is_told(browser: Browser, opened: Board) -> None:
    context = browser.new_context()
    with contextlib.closing(context):
        page = context.new_page()
        page.goto(opened.url)
        expect(page.locator("#map a")).to_have_count(2)
        opened.process.stop()
        expect(page.locator("#banners")).to_contain_text("The board's program has not answered since ")
        expect(page.locator("body.stale #map a")).to_have_count(2)


def test_many_tiles_are_small_and_arrows_go_from_group_to_group(
    browser: Browser, server: ApiServer, tmp_path: Path
) -> None:
    clients = [healthy(f"c-{n:03}", f"team-{n % 3}") for n in range(1800)]
    clients[1] = resource("c-001", "team-1")
    holds(server, *clients)
    with board(server.kubeconfig(tmp_path), tmp_path, "-A") as running, person(browser, running.url) as page:
        expect(page.locator("#map.dense a")).to_have_count(1800)
        expect(page.locator(".group h2").nth(1)).to_have_text("team-1 600, 1 not well")
        page.locator("#map a").first.focus()
        visited = []
        for _ in range(24):
            page.keyboard.press("ArrowDown")
            visited.append(page.evaluate("document.activeElement.getAttribute('href')").split("/")[2])
        assert list(dict.fromkeys(visited)) == ["team-0", "team-1", "team-2"]
        for _ in range(24):
            page.keyboard.press("ArrowUp")
        assert page.evaluate("document.activeElement.getAttribute('href')") == "#/client/team-0/c-000"


def test_times_are_told_as_in_the_terminal(browser: Browser, opened: Board) -> None:
    seconds = [-5, 0, 59.9, 119, 120, 7199, 7200, 172_799, 172_800, 40_000_000]
    with person(browser, opened.url) as page:
        told = page.evaluate(
            "async (all) => { const {lasting} = await import('/times.js'); return all.map(lasting); }", seconds
        )
    assert told == [lasting(each) for each in seconds]
