"""What was last read, so that an object that many resources refer to is not read for each of them.

What one resource has read of a Secret counts for all that hold the same, and where labelled Secrets are watched
(`kube.secrets`), a version that the watch still shows counts as read. Held is what a reading came to, never a whole
Secret.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple, TypeVar

from wahealth.api.credential_source import CredentialSource
from wahealth.core.instant import LONG_AGO
from wahealth.core.signin.flow import Reading
from wahealth.core.status import Finding
from wahealth.kube.inventory.keys import Key
from wahealth.kube.joined import Joined, Read
from wahealth.kube.records import Cached
from wahealth.probe.credential import Credential

T = TypeVar("T")
Watched = Callable[[Key, str], float]  # when a watch last said that a Secret has this version; `LONG_AGO`: never


def not_watched(_: Key, __: str) -> float:
    """Where no Secret is watched."""
    return LONG_AGO


class Place(NamedTuple):
    """Where a credential is read from. `labelled`: only if the label of the Secret permits that."""

    namespace: str
    source: CredentialSource
    labelled: bool


class Known(NamedTuple):
    """What a place is known to say. `versions`: the resourceVersion of each Secret, by name. `at`: when it said so
    (monotonic seconds)."""

    reading: Reading[Credential]
    versions: tuple[tuple[str, str], ...]
    at: float


class Readings:
    def __init__(self, refresh: float, watched: Watched = not_watched) -> None:
        """`refresh`: seconds after which a resource reads its Secret again, on average."""
        self._lasting = refresh / 2  # the shortest time to the next reading, so one that counts always spares one
        self._watched = watched
        self._known: dict[Place, Known] = {}  # the one that was confirmed last comes last

    def note(self, place: Place, known: Known) -> None:
        """Keep what was read just now."""
        self._known.pop(place, None)
        self._known[place] = known
        self._drop_old(known.at)

    def known_at(self, place: Place, reading: Reading[Credential] | None, now: float) -> float | None:
        """When the place was last known to say just this; None: it must be read. Monotonic seconds."""
        known = self._known.get(place)
        if known is None or known.reading != reading:
            return None
        shown = min(self._watched(Key(place.namespace, name), version) for name, version in known.versions)
        if shown > known.at:
            known = known._replace(at=shown)
            self.note(place, known)
        return known.at if now - known.at < self._lasting else None

    def _drop_old(self, now: float) -> None:
        """Of what was not confirmed for longer than any resource waits, the resources are gone."""
        while self._known:
            place, known = next(iter(self._known.items()))
            if now - known.at < 4 * self._lasting:
                return
            del self._known[place]


class Recent:
    """What one resource has read a moment ago, for others that are due: CAs and client certificates."""

    def __init__(self, lasting: float) -> None:
        """`lasting`: for how many seconds it may be used."""
        self._lasting = lasting
        self._joined = Joined()
        self._held: dict[Hashable, Cached[Any]] = {}  # in the order of expiry

    async def value(self, name: Hashable, read: Read[T | Finding], anew: bool) -> T | Finding:
        """What `read` gives, or gave a moment ago; a finding is not kept. `anew`: read it in any case."""
        held = self._held.get(name)
        if held is not None and not anew and time.monotonic() < held.until:
            value: T = held.value
            return value
        self._held.pop(name, None)
        found = await self._joined.value(name, read)
        if not isinstance(found, Finding):
            self._held.pop(name, None)  # another one has read it meanwhile
            self._held[name] = Cached(found, time.monotonic() + self._lasting)
            self._drop_expired()
        return found

    def _drop_expired(self) -> None:
        while self._held:
            name, held = next(iter(self._held.items()))
            if held.until > time.monotonic():
                return
            del self._held[name]
