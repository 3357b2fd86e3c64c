"""The pages of the documentation: their fences, their links, and the paths that they name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DOCS = ("README.md", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md")))
OTHERS = (
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / ".github").rglob("*.md")),
    "charts/wahealth/README.md",
    "manifests/gitops/README.md",
    "operator/ARCHITECTURE.md",
    "operator/README.md",
)
_FENCE = re.compile(
    r"(?:<!-- (?P<marker>[^\n]*?) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
_LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
_SPAN = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(r"(?:\.github|charts|docs|manifests|operator|tests)/[\w./-]*")
_COMMENT = re.compile(r"(?:^| +)# .*$", re.MULTILINE)


class Fence(NamedTuple):
    language: str
    text: str
    marker: str  # of the comment right above it, such as "run by tests/unit/test_x.py"; empty without one


def text_of(page: str) -> str:
    return (ROOT / page).read_text()


def fences(page: str) -> list[Fence]:
    found = _FENCE.finditer(text_of(page))
    return [Fence(one["language"], one["text"], one["marker"] or "") for one in found]


def commands(test: str, page: str) -> list[str]:
    """The lines to type of `page` that say that they are run by `test`, its `__file__`; without their comments."""
    labeler = f"run by {Path(test).relative_to(ROOT)}"
    blocks = [fence.text for fence in fences(page) if fence.language == "sh" and fence.marker == labeler]
    return [line for block in blocks for line in _COMMENT.sub("", block).splitlines() if line]


def prose(page: str) -> str:
    return _FENCE.sub("", text_of(page))


def links(page: str) -> list[str]:
    """Targets within the repository, as they are written."""
    return [target for target in _LINK.findall(prose(page)) if not re.match(r"[a-z]+:", target)]


def anchors(page: str) -> set[str]:
    """Of its headings, as code hosts and the site make them."""
    return {
        re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in _HEADING.findall(prose(page))
    }


def paths(page: str) -> Iterator[str]:
    """Files and folders of the repository that are named in code spans, and in the markers of fences."""
    spans = (found[0] for span in _SPAN.findall(prose(page)) if (found := _PATH.fullmatch(span)))
    yield from spans
    for fence in fences(page):
        yield from _PATH.findall(fence.marker)
