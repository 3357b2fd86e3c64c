"""A real Chromium, driven as a person would: what it shows, and what it complains of."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome") or ""
needs_chromium = pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium on this machine (Debian: chromium)")
FLAGS = ["--no-sandbox"] if os.geteuid() == 0 else []
PATIENCE = 60_000.0  # milliseconds: the machine may be busy
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Until the end of the block. It ends with it, whatever a test has left open."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def person(browser: Browser, url: str, **how: Any) -> Iterator[Page]:
    """Somebody with a browser of their own who opens the URL; nothing may go wrong in the page, nor be loaded from
    elsewhere. `how`: options of the context, such as `color_scheme`."""
    context = browser.new_context(**how)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if _is_fault(said) else None)
    page.on("request", lambda request: wrong.append(request.url) if _elsewhere(request.url) else None)
    page.on("dialog", lambda dialog: wrong.append(f"dialog: {dialog.message}"))
    try:
        page.goto(url)
        yield page
        assert not wrong
    finally:
        context.close()


def _is_fault(said: ConsoleMessage) -> bool:
    """An answer that is none, such as of a client that is not there, is told to the person."""
    return said.type == "error" and not said.text.startswith("Failed to load resource")


def _elsewhere(url: str) -> bool:
    return not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:"))


def violations(page: Page) -> list[str]:
    """What axe says against the page as it is."""
    page.wait_for_timeout(600)  # until colours no longer change
    found = Axe().run(page, options={"runOnly": _RULES})
    return [
        f"{each['id']}: {node['html']} {node.get('failureSummary', '')}"
        for each in found.response["violations"]
        for node in each["nodes"]
    ]
