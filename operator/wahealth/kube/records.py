"""What is remembered of one resource from round to round: a record for each module that writes it.

A field is assigned by its record and by one other module at most; `tests/unit/test_writers.py` fails where that is not
so. Where a field must change for something that happens elsewhere, the record has a method named for what has happened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from wahealth.core.answer import Outcome, PodOutcome
from wahealth.core.certificate import Certificate
from wahealth.core.cloud.number_checks import NumberChecks
from wahealth.core.control.pod_labels import PodChange
from wahealth.core.events.event import Event
from wahealth.core.signin.flow import Authenticator, Reading
from wahealth.core.signin.kinds import Meant
from wahealth.probe.client import Kept
from wahealth.probe.credential import Credential
from wahealth.probe.trust import Trust

T = TypeVar("T")

_NEVER = float("-inf")


@dataclass(slots=True)
class Cached(Generic[T]):
    """A value that is good until `until`, a monotonic timestamp."""

    value: T
    until: float


class Written(NamedTuple):
    """The last change that was sent for a pod. `done`: the API server accepted it."""

    change: PodChange
    done: bool


@dataclass(slots=True)
class ProbeState:
    """What the next round's probes build on. `kube.probe_run` writes it, but for `trust`, which `kube.references` does.

    Fields by address drop what belongs to pods that are gone (`keep_only`).
    """

    signin: Authenticator[Credential] | None = field(default=None, repr=False)  # None: nobody has signed in yet
    signin_of: Meant | None = None  # the target and credential that `signin` is for
    reading: Reading[Credential] | None = field(default=None, repr=False)  # the last good one of the Secret
    trust: Cached[Trust] | None = None
    certificates: dict[str, Certificate] = field(default_factory=dict)  # by address: what the pod presented last
    retry_after: dict[str, Cached[Outcome]] = field(default_factory=dict)  # by address: last answer, and until when
    turn: str = ""  # the pod that was probed last, where pods are probed in turns
    kept: dict[str, Kept] = field(default_factory=dict)  # by pod: the exchange of the last round, if it can be repeated
    heard: dict[str, PodOutcome] = field(default_factory=dict)  # by pod, where they are probed in turns: last answer
    requests: int = 0  # how often something other than the spec was a reason to probe at once
    probed_pod: str = ""  # where a Service is probed as one: which of its pods is probed
    pace: float = 0.0  # seconds from one request about a number to the next, as its budget allows
    checks: NumberChecks | None = None  # what was found besides a number; None: this process has not looked yet
    look_in: int = 0  # rounds of a number until what is besides it is looked at
    skipped_pod: str = ""  # the one before it, which did not answer

    def secret_read(self, reading: Reading[Credential]) -> None:
        """The Secret was read. If it says something new, it is read again in the next round, unless this one takes that
        up: a round may end early."""
        if reading != self.reading:
            self.signin = self.signin and self.signin.stale()
        self.reading = reading if reading.secret is not None else None

    def secret_said_the_same(self, at: float, refresh: float) -> None:
        """The Secret said at `at` (monotonic seconds) what it had said before; `refresh`: seconds until it is read
        again."""
        self.signin = self.signin and self.signin.confirmed(at, refresh)

    def secret_changed(self) -> None:
        """Read the Secret and the trust again in the next round, which is due at once."""
        self.signin = self.signin and self.signin.stale()
        self.trust = None
        self.checks, self.look_in = None, 0
        self.requests += 1

    def spec_changed(self) -> None:
        """Another spec may be about another target: a client has no budget, and so no pace."""
        self.trust, self.heard, self.pace = None, {}, 0.0
        self.checks, self.look_in = None, 0

    def forget_trust(self) -> None:
        """The next round reads CA and client certificate again."""
        self.trust = None

    def forget_rounds(self) -> None:
        """Another replica probes now. The sign-in stays: it depends on the spec and the Secret alone."""
        self.retry_after, self.certificates, self.look_in = {}, {}, 0
        self.turn, self.heard = "", {}

    def pod_of_service(self, ready: Sequence[str]) -> str:
        """Which of the pods to probe, where a Service is probed as one: the same one as long as it answers.

        `ready`: names in order, at least one. After a pod that did not answer comes the next by name.
        """
        if self.probed_pod not in ready:
            self.probed_pod = next((name for name in ready if name > self.skipped_pod), ready[0])
        return self.probed_pod

    def ask_another_pod(self) -> None:
        """The pod did not answer that was probed for a whole Service."""
        self.skipped_pod, self.probed_pod = self.probed_pod, ""

    def keep_only(self, addresses: Set[str]) -> None:
        """Forget pods at other addresses."""
        if self.retry_after.keys() - addresses or self.certificates.keys() - addresses:
            self.retry_after = {address: held for address, held in self.retry_after.items() if address in addresses}
            self.certificates = {address: one for address, one in self.certificates.items() if address in addresses}


@dataclass(slots=True)
class RoundHistory:
    """What this process's rounds came to, for metrics and labels. `kube.reconciler` writes it."""

    last_seen: float | None = None  # monotonic: the client's last answer, or the first round where none came yet
    last_probe: float | None = None  # POSIX timestamp of the last round that probed a pod
    failovers: dict[str, int] = field(default_factory=dict)  # by kind: how many were reported

    def repeated(self, now: float, wall: float) -> None:
        """The client said again what it had said in the round before. `now`: monotonic; `wall`: POSIX timestamp."""
        self.last_seen, self.last_probe = now, wall

    def forget_rounds(self) -> None:
        """Another replica probes now. What was counted stays: a counter never falls."""
        self.last_seen = None


@dataclass(slots=True)
class WriteState:
    """What could not be written yet. `kube.reconciler` writes it."""

    pending_events: tuple[Event, ...] = ()  # to be posted once the status is written
    status_retry_at: float = _NEVER  # monotonic: the API server rejected the status, so it is not sent again before
    restart_refused: Cached[tuple[str, str]] | None = None  # uid of the workload, and why it was not restarted

    def forget_rounds(self) -> None:
        """Another replica probes now."""
        self.pending_events = ()


@dataclass(slots=True)
class LabelState:
    """What this process has written onto the client's pods. `kube.pod_labeler` writes it."""

    may_be_labeled: bool = True  # pods may carry labels that this process, or one before it, has written
    pod_writes: dict[str, Cached[Written]] = field(default_factory=dict)  # by pod
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)  # held while pods are written

    def forget_rounds(self) -> None:
        """Another replica probes now."""
        self.pod_writes = {}
