"""Authentication by an API key.

Documented (page "Health"): the Webapp reads WA_API_KEY once, when it starts. So after a change of the Secret the new
key is rejected until the web pods restart. The previous key, kept in memory only, distinguishes that from a wrong key.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from wahealth.core.answer import Answered, Outcome
from wahealth.core.instant import Instant
from wahealth.core.signin.flow import (
    Authenticator,
    AuthResult,
    AuthTiming,
    K,
    ProbeFlow,
    Reading,
    probe,
    read_secret,
    refusing,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRing(Authenticator[K]):
    """The API key of the Secret, and the one before it."""

    current: K | None = field(default=None, repr=False)
    previous: K | None = field(default=None, repr=False)
    changed: Instant | None = None  # when the change from the previous to the current key was noticed
    previous_works: bool = False  # the previous key was accepted, and the current one is not accepted everywhere yet

    def taken_up(self, key: K, now: Instant, refresh: float) -> KeyRing[K]:
        """The key ring after a well-formed key was read; `refresh`: seconds until the Secret is read again.

        While the previous key still works it stays the previous one: the key between the two was never accepted.
        """
        again = now.monotonic + refresh
        if self.current is None or key == self.current:
            return replace(self, current=key, read_again=again)
        previous = self.previous if self.previous_works else self.current
        return replace(self, current=key, previous=previous, changed=now, read_again=again)

    def renamed(self, _: Authenticator[K]) -> KeyRing[K]:
        """The same key ring: another name is a rotation, as with Secrets whose name has a hash of their content."""
        return self.stale()

    def second_try(self, window: float, now: Instant) -> K | None:
        """The previous key, if it may be tried: for `window` seconds after the change, and, once it has worked, until
        the new one is accepted."""
        recent = self.changed is not None and now.monotonic - self.changed.monotonic < window
        return self.previous if self.previous_works or recent else None

    def probe_flow(self, pods: tuple[str, ...], terms: AuthTiming, now: Instant) -> ProbeFlow[K]:
        """Probe all pods with the current key; then those that reject it with a changed key, or the previous one."""
        ring, fresh = self, self.is_due(now)
        if fresh or ring.current is None:
            reading: Reading[K] = yield from read_secret()
            if reading.secret is None:
                return ring._asked({}, failed=reading)
            ring = ring.taken_up(reading.secret, now, terms.refresh)
        outcomes = dict((yield from probe(pods, ring.current))) if ring.current is not None else {}
        tried = [ring.current]
        if refusing(outcomes) and not fresh:
            reading = yield from read_secret()
            if reading.secret is None:
                return ring._asked(outcomes, failed=reading)
            ring = ring.taken_up(reading.secret, now, terms.refresh)
            if reading.secret not in tried:
                outcomes |= yield from probe(refusing(outcomes), reading.secret)
                tried.append(reading.secret)
        previous = ring.second_try(terms.window, now)
        taken: dict[str, Outcome] = {}
        if previous is not None and previous not in tried and refusing(outcomes):
            second = yield from probe(refusing(outcomes), previous)
            taken = {pod: outcome for pod, outcome in second.items() if isinstance(outcome, Answered)}
        new_taken = any(isinstance(outcome, Answered) for outcome in outcomes.values())
        works = bool(taken) or (ring.previous_works and not new_taken)
        ring = ring if works is ring.previous_works else replace(ring, previous_works=works)
        return ring._asked(outcomes | taken)._replace(on_previous=frozenset(taken))

    def _asked(self, outcomes: dict[str, Outcome], failed: Reading[K] | None = None) -> AuthResult[K]:
        return AuthResult(self.stale() if failed else self, outcomes, failed, rotated=self.changed)
