"""Asking is a conversation: what is to be read, logged in with or asked is yielded, and what came of it is sent back.

So how it goes on is decided here, and how a Secret is read and a pod is asked is the shell's: operator and
sidecar answer with awaits, the replay without. `K` is what the shell signs in with; it is compared here and never
looked into.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Generic, NamedTuple, Self, TypeVar

from wahealth.core.answer import Answered, Forbidden, Malformed, Outcome, Unauthorized, Unreachable
from wahealth.core.instant import Instant
from wahealth.core.reasons.row import Row
from wahealth.core.status import Finding

K = TypeVar("K")
T = TypeVar("T")
EXPIRING = timedelta(hours=24)  # before its end a token is warned of


class Reading(NamedTuple, Generic[K]):
    """What stands in the Secret: something to sign in with, or what is wrong with the reference or with its form."""

    secret: K | None = None
    reference: Finding | None = None
    form: Finding | None = None
    expires: datetime | None = None  # of a token, where it says so


class LoggedIn(NamedTuple, Generic[K]):
    """A login gave this token."""

    token: K
    expires: datetime | None = None


class Limited(NamedTuple):
    """No login is looked at for a while; `seconds` as the server asks for, 0 where it does not say."""

    seconds: float = 0.0


class NotSent(NamedTuple):
    """The login did not go out, for this pod is left alone or cannot be found."""

    outcome: Outcome


LoginOutcome = LoggedIn[K] | Limited | NotSent | Unauthorized | Forbidden | Unreachable | Malformed


class Probing(NamedTuple, Generic[K]):
    """`secret` None: without any, so that it is refused, or is not answered at all."""

    pods: tuple[str, ...]
    secret: K | None


class ReadSecret(NamedTuple):
    """Read the Secret, now."""


class LogIn(NamedTuple, Generic[K]):
    pod: str
    secret: K


class Checkpoint(NamedTuple, Generic[K]):
    """What is known by now, to be held even if the rest of the round comes to nothing; the answer is None."""

    signin: Authenticator[K]


Effect = Probing[K] | ReadSecret | LogIn[K] | Checkpoint[K]
EffectResult = Mapping[str, Outcome] | Reading[K] | LoginOutcome[K] | None
AuthFlow = Generator[Effect[K], EffectResult[K], T]


class AuthTiming(NamedTuple):
    """Seconds: for how long a previous key may be tried, and until a good Secret is read again."""

    window: float
    refresh: float


class AuthResult(NamedTuple, Generic[K]):
    """What came of it all."""

    signin: Authenticator[K]  # for the next round
    outcomes: Mapping[str, Outcome]
    failed: Reading[K] | None = None  # the Secret was read, and there is nothing good in it
    on_previous: frozenset[str] = frozenset()  # pods that refused the API key and took the previous one
    rotated: Instant | None = None  # when a change of the API key was noticed
    expires: datetime | None = None  # of the token in use
    expiring: bool = False  # it ends soon, and somebody has to see to it
    unauthorized_finding: Row | None = None  # what it means when nobody takes it; None: what it means of an API key


ProbeFlow = AuthFlow[K, AuthResult[K]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticator(ABC, Generic[K]):
    """What is known of how to sign in, in memory only."""

    read_again: float = float("-inf")  # the second at which the Secret is read again

    def is_due(self, now: Instant) -> bool:
        return now.monotonic >= self.read_again

    def stale(self) -> Self:
        """The Secret is to be read in the next round."""
        return replace(self, read_again=float("-inf"))

    def following(self, _: Authenticator[K]) -> Authenticator[K]:
        """The same, of a resource that signed in by another Secret before: what that one had to wait for, it has to."""
        return self

    def renamed(self, new: Authenticator[K]) -> Authenticator[K]:
        """Another Secret is named for the very same target; `new`: nothing is known of it yet."""
        return new.following(self)

    @abstractmethod
    def probe_flow(self, pods: tuple[str, ...], terms: AuthTiming, now: Instant) -> ProbeFlow[K]:
        """One round: one try a pod and secret, never more."""


def run_flow(flow: ProbeFlow[K], answer: Callable[[Effect[K]], EffectResult[K]]) -> AuthResult[K]:
    """What comes of a conversation whose answers need no wait; raises what `answer` raises."""
    effect = next(flow)
    while True:
        came = answer(effect)
        try:
            effect = flow.send(came)
        except StopIteration as done:
            asked: AuthResult[K] = done.value
            return asked


def read_secret() -> AuthFlow[K, Reading[K]]:
    came = yield ReadSecret()
    if not isinstance(came, Reading):
        raise TypeError("a reading is the answer to Read")
    return came


def probe(pods: tuple[str, ...], secret: K | None) -> AuthFlow[K, Mapping[str, Outcome]]:
    came = yield Probing(pods, secret)
    if not isinstance(came, Mapping):
        raise TypeError("outcomes are the answer to Ask")
    return came


def log_in(pod: str, secret: K) -> AuthFlow[K, LoginOutcome[K]]:
    came = yield LogIn(pod, secret)
    if came is None or isinstance(came, Mapping | Reading):
        raise TypeError("a login's outcome is the answer to LogIn")
    return came


def checkpoint(signin: Authenticator[K]) -> AuthFlow[K, None]:
    yield Checkpoint(signin)


def refusing(outcomes: Mapping[str, Outcome]) -> tuple[str, ...]:
    return tuple(pod for pod, outcome in outcomes.items() if isinstance(outcome, Unauthorized))


def is_taken(outcomes: Mapping[str, Outcome]) -> bool:
    return any(isinstance(outcome, Answered) for outcome in outcomes.values())


def ends_soon(expires: datetime | None, now: Instant) -> bool:
    return expires is not None and now.wall < expires <= now.wall + EXPIRING
