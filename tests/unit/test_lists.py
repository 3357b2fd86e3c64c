"""A streamed list: what is in it at its end, and when the pages are read instead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import looptime
import pytest

from wahealth.kube.apiserver.api import ApiError, ApiUnavailable
from wahealth.kube.apiserver.lists import Collection, everything, stream

Event = dict[str, Any]
END: Event = {
    "type": "BOOKMARK",
    "object": {"metadata": {"resourceVersion": "9", "annotations": {"k8s.io/initial-events-end": "true"}}},
}
BOOKMARK: Event = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "8"}}}
GONE: Event = {"type": "ERROR", "object": {"kind": "Status", "code": 410}}


def event(type_: str, name: str, version: str = "1") -> Event:
    return {"type": type_, "object": {"metadata": {"namespace": "acme", "name": name, "resourceVersion": version}}}


class Server:
    """Streams this, then nothing."""

    def __init__(self, events: Sequence[Event | Exception], ends: bool = False) -> None:
        self._events = events
        self._ends = ends
        self.asked: dict[str, object] = {}
        self.pages = 0

    async def read(self, _: str, **query: object) -> dict[str, Any]:
        """Two pages, with one object each."""
        self.pages += 1
        name, more = ("second", {}) if "continue" in query else ("first", {"continue": "here"})
        return {"metadata": {"resourceVersion": "5", **more}, "items": [event("ADDED", name)["object"]]}

    async def watch(self, _: str, **query: object) -> AsyncIterator[Event]:
        self.asked = query
        for one in self._events:
            await asyncio.sleep(5)
            if isinstance(one, Exception):
                raise one
            yield one
        if not self._ends:
            await asyncio.sleep(3600)


def streamed(*events: Event | Exception, ends: bool = False) -> tuple[list[str], str] | None:
    """Names with their versions, and the version of the list."""

    async def main() -> tuple[list[dict[str, Any]], str] | None:
        return await stream(Server(events, ends), Collection("/p"))  # type: ignore[arg-type]

    with asyncio.Runner(loop_factory=lambda: looptime.new_event_loop(start=0, end=1000)) as runner:
        found = runner.run(main())
    if found is None:
        return None
    return [f"{one['metadata']['name']}/{one['metadata']['resourceVersion']}" for one in found[0]], found[1]


def test_all_until_the_bookmark_that_ends_it() -> None:
    assert streamed(event("ADDED", "a"), BOOKMARK, event("ADDED", "b"), END, event("ADDED", "c")) == (
        ["a/1", "b/1"],
        "9",
    )


def test_nothing_at_all_is_a_list_too() -> None:
    assert streamed(END) == ([], "9")


def test_what_changes_meanwhile_is_as_it_is_at_the_end() -> None:
    changes = [event("MODIFIED", "a", "2"), event("DELETED", "b"), event("DELETED", "c"), event("ADDED", "b", "3")]
    assert streamed(event("ADDED", "a"), event("ADDED", "b"), *changes, END) == (["a/2", "b/3"], "9")


def test_it_may_take_long_while_events_come() -> None:
    found = streamed(*(event("ADDED", str(number)) for number in range(50)), END)
    assert found is not None
    assert len(found[0]) == 50


@pytest.mark.parametrize(
    "fault", [ApiError(422, "Invalid"), ApiError(403, "Forbidden"), ApiUnavailable("cut"), GONE], ids=str
)
def test_a_fault_is_no_list(fault: Event | Exception) -> None:
    assert streamed(fault) is None
    assert streamed(event("ADDED", "a"), fault, END) is None


def test_neither_is_one_without_its_end() -> None:
    assert streamed(event("ADDED", "a")) is None
    assert streamed(event("ADDED", "a"), ends=True) is None


def test_only_what_is_kept_is_held() -> None:
    server = Server([event("ADDED", "a"), END])
    collection = Collection("/p", label="x=y", kept=lambda found: {"kept": found["metadata"]["name"]})
    with asyncio.Runner(loop_factory=lambda: looptime.new_event_loop(start=0, end=1000)) as runner:
        found = runner.run(stream(server, collection))  # type: ignore[arg-type]
    assert found == ([{"kept": "a"}], "9")
    assert server.asked["labelSelector"] == "x=y"
    assert server.asked["sendInitialEvents"] == "true"


@pytest.mark.parametrize(
    ("may_stream", "events", "names", "pages"),
    [
        (True, [event("ADDED", "streamed"), END], ["streamed"], 1),
        (True, [ApiError(422, "Invalid")], ["first", "second"], 2),
        (False, [event("ADDED", "streamed"), END], ["first", "second"], 2),
    ],
    ids=["streamed", "refused", "not wanted"],
)
def test_what_does_not_fit_into_a_page_is_streamed_or_read_on(
    may_stream: bool, events: list[Event | Exception], names: list[str], pages: int
) -> None:
    server = Server(events)
    with asyncio.Runner(loop_factory=lambda: looptime.new_event_loop(start=0, end=1000)) as runner:
        objects, version = runner.run(everything(server, Collection("/p"), may_stream))  # type: ignore[arg-type]
    assert [one["metadata"]["name"] for one in objects] == names
    assert version == ("9" if names == ["streamed"] else "5")
    assert server.pages == pages
