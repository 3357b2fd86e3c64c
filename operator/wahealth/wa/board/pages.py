"""The files of the page, which lie in the package as they are served."""

from __future__ import annotations

from importlib.resources import files
from typing import NamedTuple

_KINDS = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
INDEX, CLOSED = "index.html", "closed.html"
OPEN_TO_ALL = frozenset({"closed.js", "board.css", "icon.svg"})  # what a visitor who is not let in sees


class File(NamedTuple):
    """A file and its media type."""

    content: bytes
    kind: str


def all_files() -> dict[str, File]:
    """All files, by name."""
    folder = files("wahealth.wa.board").joinpath("page")
    return {
        each.name: File(each.read_bytes(), _KINDS[each.name.rpartition(".")[2]])
        for each in folder.iterdir()
        if each.name.rpartition(".")[2] in _KINDS
    }
