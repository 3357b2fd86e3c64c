"""Who gets into `kubectl wa board`: whoever has the token, with the browser that took it there, and nobody else."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import aiohttp
import pytest

from support.apiserver import CLIENTS, LEASES, serving
from support.boards import Board, board
from support.looked import resource
from wahealth.wa.board.pages import all_files

HOSTILE = "http://evil.example"
PATHS = ("/", "/stream", "/client?namespace=acme&name=support", "/reason?name=Disconnected", "/main.js", "/no-such")


def pages(query: Mapping[str, str]) -> dict[str, object]:
    return {"items": [resource()], "metadata": {"resourceVersion": "7"}}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    folder = tmp_path_factory.mktemp("board")
    with serving() as server:
        listed = f"{CLIENTS}/namespaces/acme/whatsappclients"
        server.replies = {LEASES: 403, listed: pages, f"{listed}/support": resource()}
        with board(server.kubeconfig(folder), folder) as running:
            yield running


@pytest.fixture
def cookie(opened: Board) -> str:
    return opened.cookie()


def stream(opened: Board, **headers: str) -> int:
    """The HTTP status of an attempt to open the stream."""

    async def attempt() -> int:
        async with aiohttp.ClientSession() as session:
            try:
                async with session.ws_connect(f"{opened.origin}/stream", headers=headers) as open_stream:
                    await open_stream.receive_json(timeout=30)
                    return 101
            except aiohttp.WSServerHandshakeError as error:
                return error.status

    return asyncio.run(attempt())


def test_the_token_is_exchanged_for_a_cookie_and_gone_from_the_address(opened: Board) -> None:
    answer = opened.get(opened.url.removeprefix(opened.origin))
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert re.fullmatch(
        r"wahealth-board-\d+=[0-9a-f]{32}; Path=/; HttpOnly; SameSite=Strict", answer.headers["set-cookie"]
    )


def test_a_token_is_good_once_and_the_next_is_printed(opened: Board) -> None:
    used = opened.url
    path = used.removeprefix(opened.origin)
    assert opened.get(path).status_code == 303
    assert opened.get(path).status_code == 403
    assert opened.url != used
    assert opened.get(opened.url.removeprefix(opened.origin)).status_code == 303


@pytest.mark.parametrize("path", PATHS)
def test_without_the_cookie_there_is_nothing(opened: Board, path: str) -> None:
    for headers in ({}, {"Cookie": "a=b"}, {"Cookie": f"{opened.cookie().partition('=')[0]}={'0' * 32}"}):
        answer = opened.get(path, **headers)
        assert answer.status_code == 403
        assert "support" not in answer.text
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("given", ["", "0", "é", "a" * 5000, "0" * 32])
def test_a_wrong_token(opened: Board, given: str) -> None:
    answer = opened.get(f"/?token={given}")
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


def test_an_odd_cookie_is_none(opened: Board) -> None:
    for odd in ('a="', "=;=;", ";" * 3000, "a@b=c; (d)=e"):
        assert opened.get("/", Cookie=odd).status_code == 403


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", ["evil.example", "localhost:{port}", "127.0.0.1", "127.0.0.1:1", "127.0.0.2:{port}"])
def test_another_name_in_host_is_refused_whatever_it_carries(opened: Board, cookie: str, path: str, host: str) -> None:
    port = str(urlsplit(opened.origin).port)
    answer = opened.get(path, Cookie=cookie, Host=host.format(port=port))
    assert answer.status_code == 421
    assert "support" not in answer.text


def test_a_token_with_another_host_is_not_used(opened: Board) -> None:
    before = opened.url
    assert opened.get(before.removeprefix(opened.origin), Host="evil.example").status_code == 421
    assert opened.url == before


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE"])
def test_it_only_answers_get(opened: Board, cookie: str, method: str) -> None:
    for path in PATHS:
        assert opened.get(path, method, Cookie=cookie).status_code == 405


def test_a_stream_is_for_our_own_page_alone(opened: Board, cookie: str) -> None:
    assert stream(opened, Cookie=cookie, Origin=opened.origin) == 101
    assert stream(opened, Cookie=cookie, Origin=HOSTILE) == 403
    assert stream(opened, Cookie=cookie, Origin="null") == 403
    assert stream(opened, Cookie=cookie) == 403
    assert stream(opened, Origin=opened.origin) == 403
    assert stream(opened, Cookie=cookie, Origin=opened.origin, Host="evil.example") == 421


@pytest.mark.parametrize("path", [*PATHS, "/?token=0"])
def test_every_answer_forbids_what_the_page_does_not_need(opened: Board, cookie: str, path: str) -> None:
    for headers in ({}, {"Cookie": cookie}, {"Host": "evil.example"}, {"Cookie": cookie, "Origin": HOSTILE}):
        answer = opened.get(path, **headers)
        policy = dict(rule.strip().partition(" ")[::2] for rule in answer.headers["content-security-policy"].split(";"))
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert "unsafe" not in str(policy)
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_the_cookie_opens_all_of_it(opened: Board, cookie: str) -> None:
    assert opened.get("/", Cookie=cookie).text.startswith("<!doctype html>")
    assert opened.get("/client?namespace=acme&name=support", Cookie=cookie).json()["verdict"] == "DOWN"
    assert opened.get("/reason?name=Disconnected", Cookie=cookie).json()["reason"] == "Disconnected"
    for name, file in all_files().items():
        answer = opened.get(f"/{name}", Cookie=cookie)
        assert (answer.status_code, answer.content) == (200, file.content)


@pytest.mark.parametrize(
    "path", ["/..%2frun.py", "/%2e%2e/run.py", "/../run.py", "/page/main.js", "/__init__.py", "//"]
)
def test_nothing_but_the_files_of_the_page_is_served(opened: Board, cookie: str, path: str) -> None:
    answer = opened.get(path, Cookie=cookie)
    assert answer.status_code == 404
    assert "import" not in answer.text


def test_questions_that_have_no_answer(opened: Board, cookie: str) -> None:
    answer = opened.get("/client?namespace=acme&name=nobody", Cookie=cookie)
    assert (answer.status_code, answer.json()["problem"].startswith("there is no WhatsAppClient nobody")) == (502, True)
    assert "shows acme alone" in opened.get("/client?namespace=other&name=support", Cookie=cookie).json()["problem"]
    assert opened.get("/reason?name=<b>", Cookie=cookie).status_code == 404
    for odd in ("", "..", "a/b", "a%2fb", "a?b", "A", "a" * 300, "%00"):
        assert "there is no such client" in opened.get(f"/client?namespace=acme&name={odd}", Cookie=cookie).text
        assert "there is no such client" in opened.get(f"/client?namespace={odd}&name=support", Cookie=cookie).text
