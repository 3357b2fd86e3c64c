"""Authentication by a Bearer token that somebody else renews in the Secret.

Documented (page "Users"): a token expires after 7 days. An expired one is sent all the same: the wrong clock may be
ours.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from wahealth.core.answer import Outcome
from wahealth.core.instant import Instant
from wahealth.core.reasons import credentials as says
from wahealth.core.signin.flow import (
    Authenticator,
    AuthResult,
    AuthTiming,
    K,
    ProbeFlow,
    Reading,
    ends_soon,
    probe,
    read_secret,
    refusing,
    until_expiring,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token(Authenticator[K]):
    """The token of the Secret. `expires`: UTC; None if the token does not state it."""

    current: K | None = field(default=None, repr=False)
    expires: datetime | None = None

    def taken_up(self, reading: Reading[K], now: Instant, refresh: float) -> Token[K]:
        """The token that was read; `refresh`: seconds until the Secret is read again."""
        return replace(self, current=reading.secret, expires=reading.expires, read_again=now.monotonic + refresh)

    def settled_until(self, now: Instant) -> float:
        ends = until_expiring(self.expires, now, timedelta(0))
        return min(until_expiring(self.expires, now), ends)

    def probe_flow(self, pods: tuple[str, ...], terms: AuthTiming, now: Instant) -> ProbeFlow[K]:
        """Probe all pods with the token; then those that reject it with the present one of the Secret."""
        token, fresh = self, self.is_due(now)
        if fresh:
            reading: Reading[K] = yield from read_secret()
            if reading.secret is None:
                return token._asked({}, now, reading)
            token = token.taken_up(reading, now, terms.refresh)
        outcomes = dict((yield from probe(pods, token.current))) if token.current is not None else {}
        if refusing(outcomes) and not fresh:
            reading = yield from read_secret()
            if reading.secret is None:
                return token._asked(outcomes, now, reading)
            tried, token = token.current, token.taken_up(reading, now, terms.refresh)
            if reading.secret != tried:
                outcomes |= yield from probe(refusing(outcomes), reading.secret)
        return token._asked(outcomes, now)

    def _asked(self, outcomes: dict[str, Outcome], now: Instant, failed: Reading[K] | None = None) -> AuthResult[K]:
        ended = self.expires is not None and self.expires <= now.wall
        return AuthResult(
            self.stale() if failed else self,
            outcomes,
            failed,
            expires=self.expires,
            expiring=ends_soon(self.expires, now),
            unauthorized_finding=says.TOKEN_EXPIRED if ended else says.TOKEN_REFUSED,
        )
