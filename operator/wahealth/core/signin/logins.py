"""Authentication by a login, which returns a token.

Documented (page "Users"): `POST /v1/users/login` returns a token for 7 days, and failed logins are limited. So there is
one login at a time, a rejected one is tried again only after a pause that doubles, and a token is renewed before it
expires.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from wahealth.core.answer import FailureReason, Forbidden, Malformed, Outcome, Unauthorized, Unreachable
from wahealth.core.instant import Instant
from wahealth.core.reasons import credentials as says
from wahealth.core.reasons.row import Row
from wahealth.core.signin.flow import (
    Authenticator,
    AuthFlow,
    AuthResult,
    AuthTiming,
    K,
    Limited,
    LoggedIn,
    NotSent,
    ProbeFlow,
    Reading,
    checkpoint,
    ends_soon,
    is_taken,
    log_in,
    probe,
    read_secret,
    refusing,
    until_expiring,
)

SHORTEST_PAUSE, LONGEST_PAUSE = 60.0, 3600.0  # seconds from one login to the next
RENEWED_BEFORE = timedelta(days=2)  # before its expiry, or in the last third of its lifetime if that is shorter
# Failures before a login is even sent, so that another pod may be tried at once.
_NOT_SENT = frozenset(
    {
        FailureReason.DNS_LOOKUP_FAILED,
        FailureReason.CONNECTION_REFUSED,
        FailureReason.CONNECT_TIMEOUT,
        FailureReason.TLS_VERIFICATION_FAILED,
        FailureReason.TLS_HANDSHAKE_FAILED,
    }
)


Answer = LoggedIn[K] | Limited | Unauthorized | Forbidden | Unreachable | Malformed  # to a login that was sent

# Seen (domain): the vendor's error codes for a login that is rejected.
_OF_CODE = {1005: says.LOGIN_DENIED, 1008: says.LOGIN_INCOMPLETE, 1024: says.PASSWORD_CHANGE_REQUIRED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Session(Authenticator[K]):
    """A user name and password, and the token that they gave. `refusal`: why the last login, or its token, was of no
    use."""

    login: K | None = field(default=None, repr=False)
    token: K | None = field(default=None, repr=False)
    began: datetime | None = None  # when the token was issued (UTC)
    expires: datetime | None = None  # when it expires (UTC); None: it is not known
    pauses: int = 0  # pauses in a row: each doubles the next
    last: float = float("-inf")  # when the last login was made (monotonic seconds)
    not_before: float = float("-inf")  # when the next login may be made (monotonic seconds)
    refusal: Row | None = None

    def following(self, before: Authenticator[K]) -> Authenticator[K]:
        return replace(self, **before._wait()) if isinstance(before, Session) else self

    def settled_until(self, now: Instant) -> float:
        if not self._lasts(now):
            return self.not_before
        return self._until_renewed(now)

    def probe_flow(self, pods: tuple[str, ...], terms: AuthTiming, now: Instant) -> ProbeFlow[K]:
        """Probe all pods with the token; if no pod accepts it, or it expires soon, with a new one."""
        session, fresh = self, self.is_due(now)
        if fresh or (self.token is None and now.monotonic < self.not_before):
            session, failed = yield from session._read(terms, now)
            if failed is not None:
                return session._asked({}, now, failed)
        session, lost = yield from session._renewed(pods, now)
        if session.token is None:
            # Probe without a token as well: a failed login says nothing about reachability.
            heard = yield from probe(tuple(pod for pod in pods if pod not in lost), None)
            return session._asked({**heard, **lost}, now)
        outcomes = dict((yield from probe(pods, session.token)))
        if is_taken(outcomes):
            return session._taken()._asked(outcomes, now)
        if refusing(outcomes) and session.token is not self.token:
            return session._paused(says.OWN_TOKEN_REFUSED, now)._asked(outcomes, now)
        if refusing(outcomes):
            session, outcomes, failed = yield from session._again(outcomes, fresh, terms, now)
            return session._asked(outcomes, now, failed)
        return session._asked(outcomes, now)

    def _read(self, terms: AuthTiming, now: Instant) -> AuthFlow[K, tuple[Session[K], Reading[K] | None]]:
        """Read the Secret; another user name or password starts a new session, which keeps only the back-off."""
        reading: Reading[K] = yield from read_secret()
        if reading.secret is None:
            return self.stale(), reading
        again = now.monotonic + terms.refresh
        if reading.secret == self.login:
            return replace(self, read_again=again), None
        return Session(login=reading.secret, read_again=again, **self._wait()), None

    def _wait(self) -> dict[str, Any]:
        """The back-off that another login inherits: the server's own limit, or a minute since the last login."""
        if self.refusal is says.LOGINS_LIMITED:
            return {"last": self.last, "not_before": self.not_before, "pauses": self.pauses, "refusal": self.refusal}
        return {"last": self.last, "not_before": min(self.not_before, self.last + SHORTEST_PAUSE)}

    def _again(
        self, outcomes: dict[str, Outcome], fresh: bool, terms: AuthTiming, now: Instant
    ) -> AuthFlow[K, tuple[Session[K], dict[str, Outcome], Reading[K] | None]]:
        """No pod accepts the token: log in once with the present content of the Secret, and probe again."""
        session = replace(self, token=None)
        if not fresh:
            session, failed = yield from session._read(terms, now)
            if failed is not None:
                return session, outcomes, failed
        session, lost = yield from session._renewed(refusing(outcomes), now)
        if session.token is None:
            return session, outcomes | lost, None
        outcomes = {**outcomes, **(yield from probe(refusing(outcomes), session.token))}
        useless = refusing(outcomes) and not is_taken(outcomes)
        return session._paused(says.OWN_TOKEN_REFUSED, now) if useless else session._taken(), outcomes, None

    def _renewed(self, pods: tuple[str, ...], now: Instant) -> AuthFlow[K, tuple[Session[K], dict[str, Outcome]]]:
        """Log in if that is needed and allowed. Returns the session, and the outcomes of pods whose login failed."""
        lost: dict[str, Outcome] = {}
        if self.login is None or self._lasts(now) or now.monotonic < self.not_before:
            return self, lost
        for pod in pods:
            came = yield from log_in(pod, self.login)
            if isinstance(came, NotSent) or (isinstance(came, Unreachable) and came.reason in _NOT_SENT):
                lost[pod] = came.outcome if isinstance(came, NotSent) else came
                continue
            session = self._after(came, now)
            yield from checkpoint(session)
            if isinstance(came, Unreachable | Malformed):
                lost[pod] = came
            return session, lost
        return self, lost

    def _after(self, came: Answer[K], now: Instant) -> Session[K]:
        match came:
            case LoggedIn(token, expires):
                ends = expires if expires is not None and expires > now.wall else None
                pause = now.monotonic + SHORTEST_PAUSE
                return replace(
                    self, token=token, began=now.wall, expires=ends, refusal=None, last=now.monotonic, not_before=pause
                )
            case Limited(seconds):
                return self._paused(says.LOGINS_LIMITED, now, seconds)
            case Unauthorized(code):
                return self._paused(_OF_CODE.get(code) or says.login_refused(code), now)
            case Forbidden(wants):
                return self._paused(says.LOGIN_BEHIND_SIGN_IN if wants else says.LOGIN_FORBIDDEN, now)
            case Malformed() | Unreachable(FailureReason.REDIRECTED):
                return self._paused(says.LOGIN_UNUSABLE, now)
            case Unreachable():
                return self._paused(says.LOGIN_UNANSWERED, now)

    def _taken(self) -> Session[K]:
        """The token was accepted: the pauses start again from the shortest, unless it is an older token and the last
        login was rejected."""
        return self if self.refusal is not None else replace(self, pauses=0)

    def _lasts(self, now: Instant) -> bool:
        if self.token is None or self.began is None:
            return False
        if self.expires is None:
            return True
        return self.expires - now.wall > self._renewed_before(self.began, self.expires)

    def _renewed_before(self, began: datetime, expires: datetime) -> timedelta:
        return min(RENEWED_BEFORE, (expires - began) / 3)

    def _until_renewed(self, now: Instant) -> float:
        if self.began is None or self.expires is None:
            return float("inf")
        return until_expiring(self.expires, now, self._renewed_before(self.began, self.expires))

    def _paused(self, why: Row, now: Instant, seconds: float = 0.0) -> Session[K]:
        """The session after a failed login, with a longer pause. `seconds`: the pause that the server asks for.

        A token that has not expired is kept: it may do until the next login.
        """
        pause = min(LONGEST_PAUSE, max(seconds, SHORTEST_PAUSE * 2**self.pauses))
        ended = why is says.OWN_TOKEN_REFUSED or (self.expires is not None and self.expires <= now.wall)
        return replace(
            self,
            token=None if ended else self.token,
            pauses=min(self.pauses + 1, 10),
            last=now.monotonic,
            not_before=now.monotonic + pause,
            refusal=why,
        )

    def _asked(self, outcomes: Mapping[str, Outcome], now: Instant, failed: Reading[K] | None = None) -> AuthResult[K]:
        expiring = ends_soon(self.expires, now) and not self._lasts(now)
        expires = self.expires if self.token is not None else None
        refusal = self.refusal or says.LOGIN_REFUSED
        return AuthResult(self, outcomes, failed, expires=expires, expiring=expiring, unauthorized_finding=refusal)
