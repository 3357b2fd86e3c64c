"""Which API key is sent, and what is done when it is refused: one try a period and key, never more.

Documented (page "Health"): the Webapp reads WA_API_KEY once, when it starts. So after a change of the Secret the new
key is refused until the web pods restart, and the previous one, kept in memory only, tells that from a key that is
wrong. How a key is read and a pod is asked is the shell's: `asking` yields what is to be done and is sent what came
of it.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import Generic, NamedTuple, TypeVar

from wahealth.core.answer import Answered, Outcome, Refused
from wahealth.core.moment import Moment
from wahealth.core.status import Finding

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class KeyRing(Generic[K]):
    """The good keys that are known, in memory only."""

    current: K | None = field(default=None, repr=False)
    previous: K | None = field(default=None, repr=False)
    changed: Moment | None = None  # when the change from the previous to the current was noticed
    previous_works: bool = False
    read_again: float = float("-inf")  # the second at which the Secret is read again

    def is_due(self, now: Moment) -> bool:
        return self.current is None or now.seconds >= self.read_again

    def read(self, key: K, now: Moment, refresh: float) -> KeyRing[K]:
        """A good key was read; `refresh` in seconds until it is read again."""
        again = now.seconds + refresh
        if self.current is None or key == self.current:
            return replace(self, current=key, read_again=again)
        return KeyRing(key, self.current, now, False, again)

    def not_read(self) -> KeyRing[K]:
        """There was no good key: read again in the next round."""
        return replace(self, read_again=float("-inf"))

    def second_try(self, window: float, now: Moment) -> K | None:
        """The previous key, for `window` seconds after the change; one that worked, until the new one is taken."""
        recent = self.changed is not None and now.seconds - self.changed.seconds < window
        return self.previous if self.previous_works or recent else None


class Reading(NamedTuple, Generic[K]):
    """What stands in the Secret: a good key, or what is wrong with the reference or with the form of the key."""

    key: K | None = None
    reference: Finding | None = None
    form: Finding | None = None


class Ask(NamedTuple, Generic[K]):
    pods: tuple[str, ...]
    key: K


class Read(NamedTuple):
    """Read the Secret, now."""


class Asked(NamedTuple, Generic[K]):
    """What came of it all; `on_previous`: the pods that took the previous key."""

    ring: KeyRing[K]
    outcomes: Mapping[str, Outcome]
    on_previous: frozenset[str] = frozenset()
    failed: Reading[K] | None = None  # a refusal made us read the Secret, and there is no good key in it


Came = Mapping[str, Outcome] | Reading[K]
Asking = Generator[Ask[K] | Read, Came[K], Asked[K]]


class Terms(NamedTuple):
    """`fresh`: the Secret was read in this very round. `window` and `refresh` in seconds."""

    fresh: bool
    window: float
    refresh: float


def asking(ring: KeyRing[K], pods: tuple[str, ...], terms: Terms, now: Moment) -> Asking[K]:
    """All pods with the current key; those that refuse with a changed key, or with the previous one."""
    if ring.current is None:
        raise ValueError("a ring without a key has nothing to ask with")
    outcomes: dict[str, Outcome] = dict(_outcomes((yield Ask(pods, ring.current))))
    tried = [ring.current]
    if _refusing(outcomes) and not terms.fresh:
        reading = yield Read()
        if not isinstance(reading, Reading) or reading.key is None:
            return Asked(ring.not_read(), outcomes, failed=reading if isinstance(reading, Reading) else None)
        ring = ring.read(reading.key, now, terms.refresh)
        if reading.key not in tried:
            outcomes |= _outcomes((yield Ask(_refusing(outcomes), reading.key)))
            tried.append(reading.key)
    previous = ring.second_try(terms.window, now)
    taken: frozenset[str] = frozenset()
    if previous is not None and previous not in tried and _refusing(outcomes):
        second = _outcomes((yield Ask(_refusing(outcomes), previous)))
        took = {pod: outcome for pod, outcome in second.items() if isinstance(outcome, Answered)}
        outcomes, taken = outcomes | took, frozenset(took)
    new_taken = any(isinstance(outcome, Answered) for pod, outcome in outcomes.items() if pod not in taken)
    works = bool(taken) or (ring.previous_works and not new_taken)
    return Asked(replace(ring, previous_works=works), outcomes, taken)


def _outcomes(came: Came[K]) -> Mapping[str, Outcome]:
    return {} if isinstance(came, Reading) else came


def _refusing(outcomes: Mapping[str, Outcome]) -> tuple[str, ...]:
    return tuple(pod for pod, outcome in outcomes.items() if isinstance(outcome, Refused))
