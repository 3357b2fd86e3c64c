"""How the board stays current: pages, a watch, and what happens when either ends; against a scripted API server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from support.apiserver import CLIENTS, LEASES, ApiServer, listed, serving
from support.looked import healthy, resource
from wahealth.kubeconfig.login import Choice, login_by
from wahealth.wa.board.map import Map
from wahealth.wa.board.map_feed import MapFeed, Scope
from wahealth.wa.board.signed import SignedIn
from wahealth.wa.cluster import Cluster
from wahealth.wa.freshness import Where

ALL = f"{CLIENTS}/whatsappclients"
OPERATOR = "/api/v1/namespaces/wahealth-system/events"


def numbered(name: str, version: int = 1, down: bool = False) -> dict[str, Any]:
    found = resource(name) if down else healthy(name)
    found["metadata"]["resourceVersion"] = str(version)
    return found


class Script:
    """What the API server holds, and what its watches say; `watches` are taken one after the other."""

    def __init__(self) -> None:
        self.clients = [numbered("one"), numbered("two")]
        self.version = 10
        self.watches: list[Any] = []
        self.asked: list[Mapping[str, str]] = []

    def __call__(self, query: Mapping[str, str]) -> Any:
        self.asked.append(query)
        if "watch" in query:
            return self.watches.pop(0) if self.watches else b""
        begin = int(query.get("continue", "0"))
        more = str(begin + 1) if begin + 1 < len(self.clients) else ""
        page = listed(*self.clients[begin : begin + 1], more=more)  # one a page
        page["metadata"]["resourceVersion"] = str(self.version)
        return page


def events(*changes: tuple[str, dict[str, Any]]) -> bytes:
    return b"".join(json.dumps({"type": kind, "object": found}).encode() + b"\n" for kind, found in changes)


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with serving() as server:
        server.replies = {LEASES: 403, OPERATOR: 403}
        yield server


@pytest.fixture
def script(server: ApiServer) -> Script:
    script = Script()
    server.replies[ALL] = script
    return script


@contextlib.asynccontextmanager
async def fed(server: ApiServer, folder: Path) -> AsyncIterator[Map]:
    path = server.kubeconfig(folder)

    async def sign_in() -> Cluster:
        return Cluster(await login_by(Choice(path), os.environ), os.environ)

    fleet = Map()
    feeding = asyncio.create_task(MapFeed(fleet, Scope("", Where(), 20), SignedIn(sign_in)).run())
    try:
        yield fleet
    finally:
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)


async def until(seen: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not seen():  # noqa: ASYNC110 - what is waited for is not ours
            await asyncio.sleep(0.05)


def test_all_pages_then_changes_from_the_version_of_the_list(server: ApiServer, script: Script, tmp_path: Path) -> None:
    bookmark = {"metadata": {"resourceVersion": "20"}}
    changes = (("MODIFIED", numbered("one", 11)), ("ADDED", numbered("three", 12)), ("BOOKMARK", bookmark))
    script.watches = [events(*changes)]

    async def followed() -> None:
        async with fed(server, tmp_path) as fleet:
            await until(lambda: len(fleet) == 3 and len(script.asked) > 4)
            assert fleet.version(("acme", "one")) == "11"
            assert fleet.state.lost is None

    asyncio.run(followed())
    assert [query.get("limit") for query in script.asked[:2]] == ["500", "500"]
    watches = [query for query in script.asked if "watch" in query]
    assert watches[0]["resourceVersion"] == "10"
    assert watches[0]["allowWatchBookmarks"] == "true"
    assert watches[1]["resourceVersion"] == "20"  # a watch that ended is begun where it ended, without a list
    assert sum("watch" not in query for query in script.asked) == 2


@pytest.mark.parametrize("gone", [410, events(("ERROR", {"kind": "Status", "code": 410}))])
def test_a_version_that_is_too_old_lists_again_and_empties_nothing(
    server: ApiServer, script: Script, tmp_path: Path, gone: Any
) -> None:
    script.watches = [gone]
    sizes: list[int] = []

    async def followed() -> None:
        async with fed(server, tmp_path) as fleet:
            await until(lambda: fleet.state.listed)
            script.clients, script.version = [numbered("two", 15), numbered("three", 16)], 30

            def seen() -> bool:
                sizes.append(len(fleet))
                return bool(fleet.version(("acme", "three")) and not fleet.version(("acme", "one")))

            await until(seen)
            await until(lambda: any(query.get("resourceVersion") == "30" for query in script.asked))
            assert fleet.state.lost is None

    asyncio.run(followed())
    assert min(sizes) >= 2


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (403, "You may not watch whatsappclients in all namespaces: ask for that right."),
        (401, "The API server does not know you: sign in again, and try kubectl auth whoami."),
        (500, "The API server answers HTTP 500 to watch whatsappclients in all namespaces"),
        (b"<html>\n", "The server that answers is not an API server: see kubectl cluster-info."),
    ],
)
def test_a_lost_watch_is_told_and_mends_itself(
    server: ApiServer, script: Script, tmp_path: Path, broken: Any, why: str
) -> None:
    script.watches = [broken]

    async def followed() -> None:
        async with fed(server, tmp_path) as fleet:
            await until(lambda: fleet.state.lost)
            assert fleet.state.why.startswith(why)
            assert "canary" not in fleet.state.why
            assert len(fleet) == 2
            await until(lambda: fleet.state.lost is None)
            assert fleet.state.why == ""

    asyncio.run(followed())


def test_an_api_server_that_is_away_is_told_since_when(server: ApiServer, script: Script, tmp_path: Path) -> None:
    async def followed() -> None:
        async with fed(server, tmp_path) as fleet:
            await until(lambda: fleet.state.listed)
            server.replies[ALL] = 503
            await until(lambda: fleet.state.lost)
            since = fleet.state.lost
            await until(lambda: sum("limit" in target for target, _ in server.asked) > 4)
            assert fleet.state.lost == since  # since the first failure, not since the last
            assert len(fleet) == 2
            server.replies[ALL] = script
            await until(lambda: fleet.state.lost is None)

    asyncio.run(followed())


def test_what_was_deleted_is_gone(server: ApiServer, script: Script, tmp_path: Path) -> None:
    script.watches = [events(("DELETED", numbered("one", 12)))]

    async def followed() -> None:
        async with fed(server, tmp_path) as fleet:
            await until(lambda: fleet.state.listed and len(fleet) == 1)
            assert not fleet.version(("acme", "one"))

    asyncio.run(followed())


def test_an_operator_that_is_gone_makes_all_unknown(server: ApiServer, script: Script, tmp_path: Path) -> None:
    lease = {
        "metadata": {"name": "wahealth-operator"},
        "spec": {"holderIdentity": "x_1", "leaseDurationSeconds": 15, "renewTime": "2020-01-01T00:00:00Z"},
    }
    server.replies[LEASES] = listed(lease)

    async def followed() -> None:
        async with fed(server, tmp_path) as fleet:
            reader = fleet.reader()
            words: set[str] = set()
            async with asyncio.timeout(60):
                while words != {"UNKNOWN"}:
                    message = await fleet.message(reader)
                    words = {tile.verdict for tile in message["tiles"]} or words
            assert fleet.state.unwatched.startswith("No operator looks after these clients any more: the last was x.")

    asyncio.run(followed())


def test_a_lease_that_may_not_be_read_is_told(server: ApiServer, script: Script, tmp_path: Path) -> None:
    async def followed() -> None:
        async with fed(server, tmp_path) as fleet:
            await until(lambda: fleet.state.unwatched)
            assert "you may not list leases in wahealth-system: ask for that right." in fleet.state.unwatched

    asyncio.run(followed())
