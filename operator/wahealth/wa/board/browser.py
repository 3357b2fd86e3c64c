"""Opens the board in a browser and tells nobody else its token: everybody can read the arguments of a program."""

from __future__ import annotations

import contextlib
import html
import os
import sys
import tempfile
import webbrowser
from collections.abc import Iterator
from pathlib import Path

_PAGE = """<!doctype html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={url}">
<title>kubectl wa board</title>
<p><a href="{url}">Open the board</a></p>
"""


@contextlib.contextmanager
def way_in() -> Iterator[Path]:
    """A file that only its owner can read, until the end of the block."""
    handle, name = tempfile.mkstemp(prefix="wahealth-board-", suffix=".html")
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def opened(way: Path, url: str) -> None:
    """Opens the file, which leads to the URL, where there is a screen."""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or sys.platform in {"darwin", "win32"}):
        return
    way.write_text(_PAGE.format(url=html.escape(url)))
    webbrowser.open(way.as_uri())
