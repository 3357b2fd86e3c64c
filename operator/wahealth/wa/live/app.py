"""The live view: what is wrong on top, the list below, and in the corner whether it is current."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static

from wahealth.wa.call import Call
from wahealth.wa.cluster import Cluster
from wahealth.wa.fleet import Row, counted, frequent
from wahealth.wa.live.arranged import Grouping, arranged, wanted
from wahealth.wa.live.drawing import text
from wahealth.wa.live.feed import Feed
from wahealth.wa.live.listing import Listing
from wahealth.wa.live.opened import Opened
from wahealth.wa.looking import Look, look
from wahealth.wa.problem import UP
from wahealth.wa.screen import Line, Piece, Style, line, sentence
from wahealth.wa.times import lasting
from wahealth.wa.top import none_there, unwatched

_DRAWN = 0.5  # seconds from one look at what has changed to the next
_CORNER = 28  # columns


class Top(App[None]):
    """`kubectl wa top`."""

    CSS = """
    #top { height: auto; max-height: 4; }
    #counts { width: 1fr; height: auto; }
    #corner { width: auto; height: auto; text-align: right; }
    #columns, #keys { height: 1; }
    Listing { height: 1fr; overflow-x: hidden; background: transparent; }
    #filter { display: none; border: none; height: 1; padding: 0; background: transparent; }
    Listing, VerticalScroll {
        scrollbar-size-vertical: 1;
        scrollbar-color: ansi_bright_black;
        scrollbar-color-hover: ansi_bright_black;
        scrollbar-color-active: ansi_bright_black;
        scrollbar-background: ansi_default;
        scrollbar-background-hover: ansi_default;
        scrollbar-background-active: ansi_default;
    }
    """
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", show=False),
        Binding("slash", "filter", show=False),
        Binding("g", "group", show=False),
        Binding("b", "bad", show=False),
        Binding("enter", "open", show=False),
        Binding("escape", "clear", show=False),
    ]

    def __init__(self, call: Call, cluster: Cluster, feed: Feed) -> None:
        super().__init__(ansi_color=True)
        self.theme = "ansi-dark"
        self._call, self._cluster, self._feed = call, cluster, feed
        self._grouping, self._only_bad = Grouping.NONE, bool(call.arguments.bad)
        self._drawn = -1

    def compose(self) -> ComposeResult:
        with Horizontal(id="top"):
            yield Static(id="counts")
            yield Static(id="corner")
        yield Static(id="columns")
        yield Listing()
        yield Input(placeholder="words that a line must contain", id="filter")
        yield Static(id="keys")

    def on_mount(self) -> None:
        self.run_worker(self._feed.run(), exclusive=True)
        self.set_interval(_DRAWN, self._draw_if_changed)
        self.set_interval(1.0, self._tick)
        self._listing.focus()
        self.call_after_refresh(self._draw)

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    @property
    def _listing(self) -> Listing:
        return self.screen_stack[0].query_one(Listing)

    def _static(self, name: str) -> Static:
        return self.screen_stack[0].query_one(f"#{name}", Static)

    def _draw_if_changed(self) -> None:
        if self._feed.version != self._drawn:
            self._draw()

    def _draw(self) -> None:
        self._drawn = self._feed.version
        every = self._feed.ranked()
        words = self.screen_stack[0].query_one(Input).value
        rows = wanted(every, words, self._only_bad)
        self._listing.show(arranged(rows, self._grouping), self._feed.now)
        self._static("counts").update(self._counts(every, rows))
        self._static("columns").update(text([self._listing.head.head()]))
        self._static("keys").update(self._keys(words))
        self._tick()

    def _counts(self, every: Sequence[Row], rows: Sequence[Row]) -> Text:
        if not every:
            return text(sentence(none_there(self._feed.namespace), self.size.width - _CORNER))
        shown = Piece(f"{len(rows)} of {len(every)} clients") if len(rows) != len(every) else None
        lines: list[Line] = [counted(every, shown), frequent(every)]
        if self._feed.operators.missing:
            lines += sentence(unwatched(self._feed.operators), self.size.width - _CORNER, style=Style.DOUBTFUL)
        return text(lines)

    def _keys(self, words: str) -> Text:
        keys = [
            ("Enter", "status"),
            ("/", f"filter: {words}" if words else "filter"),
            ("g", f"group: {self._grouping}"),
            ("b", "bad only" if not self._only_bad else "all"),
            ("q", "leave"),
        ]
        pieces = [
            piece for key, does in keys for piece in (Piece(key, Style.STRONG), Piece(f" {does}   ", Style.FAINT))
        ]
        return text([tuple(pieces)])

    def _tick(self) -> None:
        self._listing.tick(self._feed.now)
        self._static("corner").update(text(self._corner()))

    def _corner(self) -> list[Line]:
        trouble = self._feed.trouble
        if trouble is not None:
            lasted = lasting(time.monotonic() - trouble.since)
            first = line(Piece(f"no news for {lasted}", Style.BAD))
            return [first, *sentence(trouble.says, _CORNER, style=Style.FAINT)]
        if not self._feed.complete:
            return [line(Piece("still reading …", Style.DOUBTFUL))]
        return [line(Piece("live", Style.GOOD))]

    # --- keys -----------------------------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Opens the line in which words are typed."""
        field = self.query_one(Input)
        field.display = True
        self.screen.set_focus(field)  # at once, unlike `focus`: what is typed next belongs here

    def on_input_changed(self) -> None:
        self._draw()

    def on_input_submitted(self) -> None:
        self._close_filter()

    def action_clear(self) -> None:
        """Shows all again."""
        self.query_one(Input).value = ""
        self._close_filter()

    def _close_filter(self) -> None:
        self.query_one(Input).display = False
        self.screen.set_focus(self._listing)

    def action_group(self) -> None:
        """Groups by the next subject."""
        self._grouping = self._grouping.following
        self._draw()

    def action_bad(self) -> None:
        """Leaves out those that are well, or shows them again."""
        self._only_bad = not self._only_bad
        self._draw()

    def action_open(self) -> None:
        """Opens the status of the client under the cursor."""
        row = self._listing.chosen
        if row is not None:
            self.push_screen(Opened(row.name, partial(self._look, row.namespace, row.name)))

    async def _look(self, namespace: str, name: str) -> Look:
        async with asyncio.timeout(self._call.arguments.request_timeout):
            return await look(self._cluster, namespace, name, self._call.where())


async def shown(call: Call) -> int:
    """Shows the fleet until it is left, and returns 0. Raises `Unusable` and `NotUsable` if it cannot even begin."""
    timeout = call.arguments.request_timeout
    async with asyncio.timeout(timeout):
        cluster = await call.cluster()
    namespace = "" if call.arguments.all_namespaces else call.namespace(cluster)
    feed = Feed(cluster, namespace, call.where(), timeout)
    await feed.begin()
    await Top(call, cluster, feed).run_async()
    return UP
