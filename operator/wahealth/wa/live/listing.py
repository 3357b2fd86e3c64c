"""The list: as many clients as there are, of which only the lines on the screen are ever drawn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from wahealth.wa.fleet import COLUMNS, Row, cells
from wahealth.wa.live.arranged import Entry
from wahealth.wa.live.drawing import strip
from wahealth.wa.screen import Layout, layout

_FAR = 1_000_000  # lines: to either end


class Listing(ScrollView, can_focus=True):
    """Rows and headings. The cursor stays at its client when the order changes, unless that is the first: then it stays
    at the worst."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown,space", "page(1)", show=False),
        Binding("home", f"move(-{_FAR})", show=False),
        Binding("end", f"move({_FAR})", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._entries: Sequence[Entry] = ()
        self._now = datetime.now(UTC)
        self._layout: Layout = layout(COLUMNS, (), 0)
        self._at = 0

    @property
    def _width(self) -> int:
        """Without the scroll bar."""
        return self.scrollable_content_region.width

    @property
    def chosen(self) -> Row | None:
        """The row under the cursor."""
        return self._entries[self._at].row if self._at < len(self._entries) else None

    def show(self, entries: Sequence[Entry], now: datetime) -> None:
        """Lists these from now on."""
        kept = self._entries[self._at].key if self._at < len(self._entries) else None
        is_first = self._at <= self._first()
        offset = self._at - round(self.scroll_y)
        self._entries, self._now = entries, now
        found = None if is_first else next((n for n, each in enumerate(entries) if each.key == kept), None)
        self._at = self._first() if is_first else self._bounded(self._at if found is None else found)
        self._lay_out()
        self.virtual_size = Size(self._width, len(entries))
        if found is not None:
            self.scroll_to(y=max(0, self._at - offset), animate=False, immediate=True)
        self.refresh()

    def tick(self, now: datetime) -> None:
        """Tells durations anew."""
        self._now = now
        self.refresh()

    @property
    def head(self) -> Layout:
        """The columns that are shown."""
        return self._layout

    def on_resize(self) -> None:
        self._lay_out()
        self.virtual_size = Size(self._width, len(self._entries))

    def _lay_out(self) -> None:
        rows = (cells(each.row, self._now) for each in self._entries if each.row)
        self._layout = layout(COLUMNS, rows, max(1, self._width))

    def render_line(self, y: int) -> Strip:
        n = y + round(self.scroll_y)
        if n >= len(self._entries):
            return Strip.blank(self._width)
        entry = self._entries[n]
        line = self._layout.line(cells(entry.row, self._now)) if entry.row else entry.heading
        return strip(line, self._width, n == self._at and entry.row is not None)

    def action_move(self, by: int) -> None:
        """Moves the cursor by rows; headings are passed over."""
        if not self._entries:
            return
        step = 1 if by > 0 else -1
        aim = self._bounded(self._at + by)
        while 0 < aim < len(self._entries) - 1 and self._entries[aim].row is None:
            aim += step
        self._at = aim if self._entries[aim].row else self._first()
        self._follow()

    def action_page(self, by: int) -> None:
        """Moves the cursor by screens."""
        self.action_move(by * max(1, self.size.height - 1))

    def _follow(self) -> None:
        top, height = round(self.scroll_y), self.size.height
        above = self._at - 1 if self._at and self._entries[self._at - 1].row is None else self._at
        if above < top:
            self.scroll_to(y=above, animate=False, immediate=True)
        elif self._at >= top + height:
            self.scroll_to(y=self._at - height + 1, animate=False, immediate=True)
        self.refresh()

    def _first(self) -> int:
        return next((n for n, each in enumerate(self._entries) if each.row), 0)

    def _bounded(self, at: int) -> int:
        return min(max(at, 0), max(0, len(self._entries) - 1))
