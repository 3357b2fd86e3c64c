"""One client, as `kubectl wa status` tells it, until it is left."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Static

from wahealth.wa import status
from wahealth.wa.live.drawing import text
from wahealth.wa.looking import Look
from wahealth.wa.problem import Unusable
from wahealth.wa.screen import Line, Piece, Style, capital, line, sentence

_AGAIN = 5.0  # seconds
_KEYS = "Esc back   ↑ ↓ scroll"


class Opened(Screen[None]):
    """Asks again every few seconds. `look`: how."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,enter,left", "dismiss", show=False)]

    def __init__(self, name: str, look: Callable[[], Awaitable[Look]]) -> None:
        super().__init__()
        self._name, self._look = name, look
        self._lines: Callable[[int], Iterable[Line]] = partial(sentence, f"Asking for {name} …")

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Static(id="status")
        yield Static(_KEYS, id="keys")

    def on_mount(self) -> None:
        self.run_worker(self._keep(), exclusive=True)
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    async def _keep(self) -> None:
        while True:
            try:
                found = await self._look()
                self._lines = partial(status.lines, found)
            except (Unusable, TimeoutError) as error:
                self._lines = partial(_failed, str(error) or "no answer in time")
            self._draw()
            await asyncio.sleep(_AGAIN)

    def _draw(self) -> None:
        self.query_one("#status", Static).update(text(self._lines(max(40, self.size.width - 2))))


def _failed(says: str, width: int) -> list[Line]:
    return [*sentence(f"{capital(says)}.", width, style=Style.BAD), line(Piece("It is tried again.", Style.FAINT))]
