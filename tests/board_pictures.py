"""The pictures of the board in docs/pictures: `make pictures` takes them in a real Chromium, of made-up clients.

No picture is the same twice, for there are times in it. So what they were made of is noted beside them, and compared.
"""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, expect

from support.apiserver import serving
from support.boards import Board, board
from support.browsers import PATIENCE, chromium
from support.fleets import fleet, holds
from wahealth.wa.board.pages import all_files

TESTS = Path(__file__).parent
FOLDER = TESTS.parent / "docs" / "pictures"
NOTED = FOLDER / "board.sha256"
OURS = ("board_pictures.py", "support/fleets.py")
COUNT, SPACES = 10_000, 40
FEW, TEAMS = 400, 10
Size = tuple[int, int]
SCREEN, PHONE = (1280, 800), (360, 740)
DOWN = "client/claims/chat-003"  # one that is not connected


def source() -> str:
    """What the pictures are made of, as one number."""
    digest = hashlib.sha256()
    for name, file in sorted(all_files().items()):
        digest.update(name.encode() + file.content)
    for name in OURS:
        digest.update((TESTS / name).read_bytes())
    return digest.hexdigest()


def taken(into: Path) -> None:
    """All of them."""
    with chromium() as browser:
        with shown(FEW, TEAMS) as running:
            picture(browser, running, into / "board.png", "light", SCREEN)
            picture(browser, running, into / "board-client.png", "light", (1280, 860), DOWN)
            picture(browser, running, into / "board-phone.png", "dark", PHONE, DOWN)
        with shown(COUNT, SPACES) as running:
            picture(browser, running, into / "board-10000.png", "dark", SCREEN)


@contextlib.contextmanager
def shown(count: int, namespaces: int) -> Iterator[Board]:
    """A board of so many clients."""
    clients = list(fleet(count, namespaces))
    with serving() as server, tempfile.TemporaryDirectory() as folder:
        holds(server, *clients)
        with board(server.kubeconfig(Path(folder)), Path(folder), "-A") as running:
            yield running


def picture(
    browser: Browser,
    running: Board,
    into: Path,
    scheme: Literal["light", "dark"],
    size: Size,
    view: str = "",
) -> None:
    """Of one view, as somebody with such a screen sees it."""
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": size[0], "height": size[1]}, timezone_id="UTC"
    )
    page = context.new_page()
    page.goto(running.url)
    expect(page.locator("#live")).to_have_text("live", timeout=PATIENCE)
    if view:
        page.goto(f"{running.origin}/#/{view}")
        page.wait_for_selector(".events")
    page.wait_for_timeout(1000)
    page.screenshot(path=into)
    context.close()


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    taken(FOLDER)
    NOTED.write_text(f"{source()}\n")
