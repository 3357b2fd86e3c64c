"""Our own requests and responses: what is found in them, and what no repr of them shows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from wahealth.core.answer import Malformed
from wahealth.probe.credential import api_key
from wahealth.probe.message import Headers, Request, Response, Route, json_headers

KEY = "canary-of-a-request"
HEADERS = Headers(
    [
        (b"Retry-After", b"7"),
        (b"WWW-Authenticate", b"Basic realm=one, Digest"),
        (b"www-authenticate", b"Apikey"),
        (b"location", "/é".encode()),
        (b"server", b"caf\xe9"),
    ]
)


def test_a_header_is_found_in_any_case() -> None:
    assert HEADERS.first("retry-after") == HEADERS.first("RETRY-AFTER") == "7"
    assert HEADERS.first("www-authenticate") == "Basic realm=one, Digest"


def test_each_line_is_a_value() -> None:
    assert HEADERS.all("WWW-Authenticate") == ["Basic realm=one, Digest", "Apikey"]


def test_what_is_not_there() -> None:
    assert (HEADERS.first("x-app-usage"), HEADERS.all("x-app-usage")) == ("", [])


def test_any_bytes_are_text() -> None:
    assert (HEADERS.first("location"), HEADERS.first("server")) == ("/é", "café")


def test_no_repr_of_a_request_shows_what_signs_in() -> None:
    headers = json_headers("waweb", api_key(KEY.encode()))
    assert ("Authorization", f"Apikey {KEY}") in headers
    request = Request("GET", f"/debug_token?input_token={KEY}", headers, Route("waweb", 443, None, ""), (), 1.0)
    assert "waweb" in repr(request)
    assert KEY not in repr(request)


def test_nobody_is_signed_in() -> None:
    assert "Authorization" not in dict(json_headers("waweb", None))


class Pieces:
    def __init__(self, *pieces: bytes) -> None:
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece

    async def aclose(self) -> None:
        pass


def body(*codings: bytes) -> bytes | Malformed:
    headers = Headers([(b"content-encoding", coding) for coding in codings])
    return asyncio.run(Response(200, headers, Pieces(b"{", b"}")).body())


@pytest.mark.parametrize("codings", [(), (b"identity",), (b"", b" Identity ,, ")])
def test_a_plain_body_is_read_whole(codings: tuple[bytes, ...]) -> None:
    assert body(*codings) == b"{}"


@pytest.mark.parametrize("codings", [(b"gzip",), (b"identity", b"identity, br")])
def test_a_compressed_body_is_not_read(codings: tuple[bytes, ...]) -> None:
    assert body(*codings) == Malformed("the body is compressed, which was not asked for")
