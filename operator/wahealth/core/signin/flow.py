"""Authentication without I/O: a flow yields an effect (read the Secret, log in, probe) and is sent its result.

So the order of the steps is decided here, and how a Secret is read and a pod is probed is the shell's: operator and
sidecar carry out effects with awaits, the replay without. `K` is the shell's own type of a credential; it is compared
here and never looked into.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Generic, NamedTuple, Self, TypeVar

from wahealth.core.answer import Forbidden, Malformed, Outcome, Unauthorized, Unreachable, is_refusal, is_seen
from wahealth.core.instant import LONG_AGO, Instant
from wahealth.core.reasons.row import Row
from wahealth.core.status import Finding

K = TypeVar("K")
T = TypeVar("T")
EXPIRING = timedelta(hours=24)  # how long before its expiry a token is reported


class Reading(NamedTuple, Generic[K]):
    """The content of the Secret: a credential, or what is wrong with the reference or with the credential's form."""

    secret: K | None = None
    reference: Finding | None = None
    form: Finding | None = None
    expires: datetime | None = None  # expiry of a token, if the token states it (UTC)


class LoggedIn(NamedTuple, Generic[K]):
    """The login returned this token. `expires`: UTC; None if it is not stated."""

    token: K
    expires: datetime | None = None


class Limited(NamedTuple):
    """The server rejects all logins for a while; `seconds` that it asks to wait, 0 if it does not say."""

    seconds: float = 0.0


class NotSent(NamedTuple):
    """The login was not sent, because this pod is left alone or cannot be found; `outcome` of the pod."""

    outcome: Outcome


LoginOutcome = LoggedIn[K] | Limited | NotSent | Unauthorized | Forbidden | Unreachable | Malformed


class Probing(NamedTuple, Generic[K]):
    """Effect: probe these pods, by name; the result maps each to its outcome.

    `secret` None: without a credential. The answer is 401 then, or there is none at all.
    """

    pods: tuple[str, ...]
    secret: K | None


class ReadSecret(NamedTuple):
    """Effect: read the Secret now; the result is a `Reading`."""


class LogIn(NamedTuple, Generic[K]):
    """Effect: log in at this pod with this user name and password; the result is a `LoginOutcome`."""

    pod: str
    secret: K


class Checkpoint(NamedTuple, Generic[K]):
    """Effect: keep what is known so far, even if the rest of the round fails; the result is None."""

    signin: Authenticator[K]


Effect = Probing[K] | ReadSecret | LogIn[K] | Checkpoint[K]
EffectResult = Mapping[str, Outcome] | Reading[K] | LoginOutcome[K] | None
AuthFlow = Generator[Effect[K], EffectResult[K], T]


class AuthTiming(NamedTuple):
    """Seconds: `window` for which a previous key may be tried, and `refresh` until a good Secret is read again."""

    window: float
    refresh: float


class AuthResult(NamedTuple, Generic[K]):
    """The result of a whole flow."""

    signin: Authenticator[K]  # for the next round
    outcomes: Mapping[str, Outcome]  # by the pod's name
    failed: Reading[K] | None = None  # the Secret was read, and it holds no usable credential
    on_previous: frozenset[str] = frozenset()  # pods that rejected the API key and accepted the previous one
    rotated: Instant | None = None  # when a change of the API key was noticed
    expires: datetime | None = None  # expiry of the token in use (UTC)
    expiring: bool = False  # it expires soon, and a person must act
    unauthorized_finding: Row | None = None  # what to report if every pod answers 401; None: the row for an API key


ProbeFlow = AuthFlow[K, AuthResult[K]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticator(ABC, Generic[K]):
    """State of one credential, in memory only; it makes the flow of each round."""

    read_again: float = float("-inf")  # when the Secret is read again (monotonic seconds)

    def is_due(self, now: Instant) -> bool:
        """Whether the Secret must be read in this round."""
        return now.monotonic >= self.read_again

    def is_due_by_time(self, now: Instant) -> bool:
        """Whether the Secret must be read only because the last reading is long ago."""
        return self.is_due(now) and self.read_again > LONG_AGO

    def settled_until(self, now: Instant) -> float:  # noqa: ARG002 - others look at the wall clock
        """Until when every pod that accepts the credential gets the same round again (monotonic seconds), if the Secret
        says the same and both clocks go on alike."""
        return float("inf")

    def confirmed(self, at: float, refresh: float) -> Self:
        """The same authenticator, as if it had read the Secret at `at` (monotonic seconds) and found nothing new."""
        return replace(self, read_again=at + refresh)

    def stale(self) -> Self:
        """The same authenticator, which will read the Secret in the next round."""
        return replace(self, read_again=float("-inf"))

    def following(self, _: Authenticator[K]) -> Authenticator[K]:
        """The same authenticator with the back-off of the previous credential carried over."""
        return self

    def renamed(self, new: Authenticator[K]) -> Authenticator[K]:
        """The authenticator after the spec names another Secret for the same target and kind of credential.

        `new`: a fresh authenticator of that kind.
        """
        return new.following(self)

    @abstractmethod
    def probe_flow(self, pods: tuple[str, ...], terms: AuthTiming, now: Instant) -> ProbeFlow[K]:
        """The flow of one round over these pods (by name): one try per pod and credential, never more."""


def run_flow(flow: ProbeFlow[K], answer: Callable[[Effect[K]], EffectResult[K]]) -> AuthResult[K]:
    """Run a flow to its end with an `answer` that gives each effect's result without waiting.

    Raises what `answer` raises, and `TypeError` if a result does not belong to its effect.
    """
    effect = next(flow)
    while True:
        came = answer(effect)
        try:
            effect = flow.send(came)
        except StopIteration as done:
            asked: AuthResult[K] = done.value
            return asked


def read_secret() -> AuthFlow[K, Reading[K]]:
    """Yield `ReadSecret` and return its result. Raises `TypeError` if that is something else."""
    came = yield ReadSecret()
    if not isinstance(came, Reading):
        raise TypeError("a reading is the result of ReadSecret")
    return came


def probe(pods: tuple[str, ...], secret: K | None) -> AuthFlow[K, Mapping[str, Outcome]]:
    """Yield `Probing` and return its result. Raises `TypeError` if that is something else."""
    came = yield Probing(pods, secret)
    if not isinstance(came, Mapping):
        raise TypeError("outcomes are the result of Probing")
    return came


def log_in(pod: str, secret: K) -> AuthFlow[K, LoginOutcome[K]]:
    """Yield `LogIn` and return its result. Raises `TypeError` if that is something else."""
    came = yield LogIn(pod, secret)
    if came is None or isinstance(came, Mapping | Reading):
        raise TypeError("a login's outcome is the result of LogIn")
    return came


def checkpoint(signin: Authenticator[K]) -> AuthFlow[K, None]:
    """Yield `Checkpoint`."""
    yield Checkpoint(signin)


def refusing(outcomes: Mapping[str, Outcome]) -> tuple[str, ...]:
    """The names of the pods that reject the credential."""
    return tuple(pod for pod, outcome in outcomes.items() if is_refusal(outcome))


def is_taken(outcomes: Mapping[str, Outcome]) -> bool:
    """Whether any pod accepts the credential."""
    return any(is_seen(outcome) for outcome in outcomes.values())


def until_expiring(expires: datetime | None, now: Instant, before: timedelta = EXPIRING) -> float:
    """When a token begins to expire (monotonic seconds): `before` its expiry; never if that is unknown or past."""
    left = None if expires is None else (expires - before - now.wall).total_seconds()
    return now.monotonic + left if left is not None and left > 0 else float("inf")


def ends_soon(expires: datetime | None, now: Instant) -> bool:
    """Whether a token that is still valid expires within `EXPIRING`. `expires`: UTC."""
    return expires is not None and now.wall < expires <= now.wall + EXPIRING
