"""What feeds the live view of `kubectl wa top`: a list in pages, then a watch that mends itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from support.apiserver import CLIENTS, LEASES, ApiServer, listed, serving
from support.looked import healthy, resource
from wahealth.kubeconfig.login import login
from wahealth.wa.cluster import Cluster
from wahealth.wa.freshness import Where
from wahealth.wa.live import feed as fed
from wahealth.wa.live.feed import Feed
from wahealth.wa.problem import Unusable

ALL = f"{CLIENTS}/whatsappclients"
DEADLINE = 30.0


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    monkeypatch.setattr(fed, "_PAUSES", (0.05,))
    with serving() as server:
        server.replies[LEASES] = listed()
        server.kubeconfig(tmp_path)
        yield server


class World:
    """Two pages, and whatever a watch is to tell: `watches` are answered one after the other, the last again and
    again."""

    def __init__(self, server: ApiServer, *watches: Any) -> None:
        self.lists, self.watches = 0, list(watches)
        self.versions: list[str] = []
        self.names = ("one", "two")
        server.replies[ALL] = self.reply

    def reply(self, query: Mapping[str, str]) -> Any:
        if "watch" in query:
            self.versions.append(query["resourceVersion"])
            return self.watches.pop(0) if len(self.watches) > 1 else self.watches[0]
        if "continue" in query:
            return {**listed(healthy(self.names[1])), "metadata": {"resourceVersion": "7"}}
        self.lists += 1
        return {**listed(healthy(self.names[0])), "metadata": {"resourceVersion": "7", "continue": "more"}}


def told(*changes: tuple[str, dict[str, Any]]) -> bytes:
    return b"".join(json.dumps({"type": kind, "object": each}).encode() + b"\n" for kind, each in changes)


def versioned(document: dict[str, Any], version: str) -> dict[str, Any]:
    return {**document, "metadata": {**document.get("metadata", {}), "resourceVersion": version}}


def played(folder: Path, check: Callable[[Feed], bool], seconds: float = DEADLINE) -> Feed:
    """A feed that has run until `check` holds."""

    async def play() -> Feed:
        feed = Feed(Cluster(await login(folder / "kubeconfig", {}), {}), "", Where(), 5.0)
        await feed.begin()
        running = asyncio.create_task(feed.run())
        async with asyncio.timeout(seconds):
            while not check(feed):  # noqa: ASYNC110 - whatever is seen of it counts
                await asyncio.sleep(0.01)
        running.cancel()
        return feed

    return asyncio.run(play())


def names(feed: Feed) -> list[str]:
    return [row.name for row in feed.ranked()]


def test_all_pages_then_what_changes(server: ApiServer, tmp_path: Path) -> None:
    changes = told(
        ("ADDED", versioned(resource("three"), "8")),
        ("DELETED", versioned(healthy("one"), "9")),
        ("BOOKMARK", versioned({}, "12")),
    )
    world = World(server, changes, told())
    feed = played(tmp_path, lambda _: len(world.versions) > 1)
    assert names(feed) == ["three", "two"]  # the worst first
    assert world.versions[:2] == ["7", "12"]
    assert world.lists == 1
    assert feed.trouble is None


def test_a_version_that_is_too_old_lists_again_and_shows_the_old_rows_until_then(
    server: ApiServer, tmp_path: Path
) -> None:
    gone = told(("ERROR", {"kind": "Status", "code": 410, "metadata": {}}))
    world = World(server, gone, told())
    seen: list[int] = []

    def check(feed: Feed) -> bool:
        world.names = ("three", "four")
        if feed.complete or seen:
            seen.append(len(names(feed)))
        return "three" in names(feed)

    feed = played(tmp_path, check)
    assert sorted(names(feed)) == ["four", "three"]
    assert 0 not in seen


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (403, "you may not watch whatsappclients in all namespaces: ask for that right"),
        (500, "the API server answers HTTP 500 to watch whatsappclients"),
        (b"<html>\n", "the server that answers is not an API server"),
    ],
)
def test_a_broken_watch_is_told_and_mends_itself(server: ApiServer, reply: Any, sentence: str, tmp_path: Path) -> None:
    world = World(server, reply)
    said: list[str] = []

    def check(feed: Feed) -> bool:
        if feed.trouble is not None and not said:
            said.append(feed.trouble.says)
            assert len(names(feed)) == 2  # what was seen stays
            world.watches = [told(("ADDED", versioned(healthy("three"), "8")))]
        return bool(said) and feed.trouble is None and "three" in names(feed)

    played(tmp_path, check)
    assert sentence in said[0]


def test_what_cannot_begin_is_a_sentence(server: ApiServer, tmp_path: Path) -> None:
    server.replies[ALL] = 403
    with pytest.raises(Unusable, match="you may not list whatsappclients in all namespaces"):
        played(tmp_path, lambda _: True)
