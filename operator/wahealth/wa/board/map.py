"""All clients as the page has them, and who is told when something changes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from wahealth.wa.board.tile import Kept, Tile, kept_of, shown
from wahealth.wa.document import Document
from wahealth.wa.freshness import Operators

Key = tuple[str, str]


class WatchState(NamedTuple):
    """How current all of it is. `lost`: since when, in seconds of Unix time by the API server's clock, nothing comes;
    None if it is current. `why`: what is wrong with the watch. `frozen`, `unwatched`: a sentence, or none."""

    listed: bool = False  # whether the whole list was read
    lost: int | None = None
    why: str = ""
    frozen: str = ""
    unwatched: str = ""


class Reader:
    """A page that is open: what it does not know yet, each key once, however slowly it reads."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self.knows = False  # whether it was told of all that there is
        self._keys = set(keys)
        self._changed = asyncio.Event()
        self._changed.set()

    def tell(self, keys: Iterable[Key]) -> None:
        """These have changed; none: the state has."""
        self._keys.update(keys)
        self._changed.set()

    async def news(self) -> set[Key]:
        """Waits for a change and gives the keys of all that came since the last time."""
        await self._changed.wait()
        self._changed.clear()
        keys, self._keys = self._keys, set()
        return keys


class Map:
    """All clients."""

    def __init__(self) -> None:
        self.state = WatchState()
        self._kept: dict[Key, Kept] = {}
        self._operators = Operators()
        self._looked = 0.0
        self._ahead = 0.0  # seconds that the API server's clock is ahead of ours
        self._readers: set[Reader] = set()

    def __len__(self) -> int:
        return len(self._kept)

    def version(self, key: Key) -> str:
        """The version of a client that is known; empty if none is."""
        found = self._kept.get(key)
        return found.tile.version if found else ""

    def put(self, documents: Iterable[Document]) -> set[Key]:
        """Clients that are new or have changed. Returns the keys of all of them."""
        seen = [kept_of(document) for document in documents]
        changed = {each.tile.key for each in seen if self._kept.get(each.tile.key) != each}
        self._kept.update((each.tile.key, each) for each in seen)
        self._tell(changed)
        return {each.tile.key for each in seen}

    def remove(self, keys: Iterable[Key]) -> None:
        """Clients that are gone."""
        gone = {key for key in keys if self._kept.pop(key, None)}
        self._tell(gone)

    def only(self, keys: set[Key]) -> None:
        """Removes all others."""
        self.remove(self._kept.keys() - keys)

    def watched_by(self, operators: Operators) -> None:
        """Who looks after the clients, as the Leases say."""
        before, self._operators, self._looked = self._operators, operators, self.now
        if [each.is_kept for each in before.watches] != [each.is_kept for each in operators.watches]:
            self._tell(self._kept)

    @property
    def now(self) -> float:
        """Seconds of Unix time, by the API server's clock as far as it is known."""
        return time.time() + self._ahead

    def at(self, now: datetime) -> None:
        """What the API server's clock says."""
        self._ahead = now.timestamp() - time.time()

    def become(self, **changed: Any) -> None:
        """A change of the state."""
        self.state = self.state._replace(**changed)
        for reader in self._readers:
            reader.tell(())

    def reader(self) -> Reader:
        """A page that knows nothing yet."""
        reader = Reader(self._kept)
        self._readers.add(reader)
        return reader

    def leave(self, reader: Reader) -> None:
        """The page was closed."""
        self._readers.discard(reader)

    async def message(self, reader: Reader) -> dict[str, Any]:
        """What a page is told next: the state, and the clients that have changed; `all` if it had been told nothing."""
        keys = await reader.news()
        tiles: list[Tile] = []
        gone: list[Key] = []
        for key in keys:
            kept = self._kept.get(key)
            if kept is None:
                gone.append(key)
            else:
                tiles.append(shown(kept, self._operators, self._looked))
        state = {**self.state._asdict(), "now": self.now, "count": len(self._kept)}
        first, reader.knows = not reader.knows, True
        return {"state": state, "all": first, "tiles": tiles, "gone": gone}

    def _tell(self, keys: Iterable[Key]) -> None:
        if keys:
            for reader in self._readers:
                reader.tell(keys)
