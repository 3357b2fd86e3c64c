"""The first words of a page or a text that is no answer of waweb's: they often name what stands before it. Pure.

Words that differ from answer to answer, such as numbers of requests and times, are left out, and so is whatever may
hold a secret of somebody else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus

LONGEST = 60  # characters
_LOOKED_AT = 4_096  # bytes
_LONG = 16  # characters of a word that is the number of something as soon as it has three digits
_JSON = (b"{", b"[", b'"')
_SILENT = re.compile(r"<(script|style)\b[^>]*+>.*?(?:</\1[^>]*+>?|$)", re.IGNORECASE | re.DOTALL)
_MARKUP = re.compile(r"<!--.*?(?:-->|$)|<[^>]*+(?:>|$)", re.DOTALL)
_ENTITY = re.compile(r"&(#?\w{1,8});")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": "'", "apos": "'", "#34": "'", "#39": "'", "#x27": "'"}
_PRINTABLE = re.compile("[^!-~]")
_PRIVATE = re.compile("[=@]|//")


def first_words(status: int, body: bytes) -> str:
    """At most `LONGEST` characters of ASCII in double quotes; empty for JSON, and where nothing is said beside the
    status. `body`: what was signed in with is hidden in it already."""
    start = body[:_LOOKED_AT].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(_JSON) or b"\0" in start:
        return ""
    known = _PHRASES.get(status, "")  # nginx and HAProxy write "Gateway Time-out"
    said = filter(None, map(_kept, _texts(start.decode("utf-8", "replace"))))
    words = next((text for text in said if _letters(text) != known), "")
    return f'"{words}"' if words else ""


def _letters(text: str) -> str:
    return "".join(filter(str.isalpha, text)).lower()


_PHRASES = {status.value: _letters(status.phrase) for status in HTTPStatus}


def _texts(page: str) -> Iterator[str]:
    """What stands between the tags of a page; the lines of a text."""
    if not page.startswith("<"):
        yield from page.splitlines()
        return
    for text in _MARKUP.split(_SILENT.sub("", page)):
        yield _ENTITY.sub(lambda entity: _ENTITIES.get(entity[1], " "), text)


def _kept(text: str) -> str:
    """Whole words, as many as there is room for."""
    kept: list[str] = []
    room = LONGEST
    for word in text.split():
        if _varies(word) or _PRIVATE.search(word):
            continue
        room -= len(word) + bool(kept)
        if room < 0:
            break
        kept.append(_PRINTABLE.sub("?", word).replace('"', "'"))
    words = " ".join(kept).rstrip(".,:;-")
    return words if any(map(str.isalpha, words)) else ""


def _varies(word: str) -> bool:
    digits = sum(character.isdigit() for character in word)
    letters = sum(character.isalpha() for character in word)
    return digits > letters or (digits > 2 and len(word) >= _LONG)
