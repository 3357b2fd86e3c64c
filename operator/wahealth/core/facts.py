"""Everything one round knows."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from wahealth.core.answer import REACHED, Answered, PodOutcome
from wahealth.core.certificate import Certificate
from wahealth.core.reasons.row import Row, Surface
from wahealth.core.restart import WebWorkload
from wahealth.core.signin.flow import AuthResult
from wahealth.core.signin.kinds import Kind
from wahealth.core.status import Finding, Mode
from wahealth.core.strenum import FastStrEnum

ALLOWED_SHARDS = (1, 2, 4, 8, 16, 32)
AUTO = "Auto"  # instead of a mode: it is detected


class KeyExposure(FastStrEnum):
    """What in a spec lets anybody who answers have what we sign in with."""

    PLAIN_HTTP = "spec.target.scheme is HTTP"
    UNVERIFIED = "spec.tls.verification is None"
    PLAIN_URL = "the URL begins with http://"  # of a command line, as --insecure is
    INSECURE = "--insecure verifies nobody"

    @property
    def in_clear(self) -> bool:
        return self in {KeyExposure.PLAIN_HTTP, KeyExposure.PLAIN_URL}


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How long, in seconds and in rounds, a change must last before it counts."""

    period: float = 30.0
    failure_threshold: int = 3
    success_threshold: int = 1
    uninitialized_grace: float = 600.0
    connecting_grace: float = 120.0
    failover_grace: float = 60.0

    @property
    def startup_grace(self) -> float:
        """What a new resource is given before anything bad about it is confirmed."""
        return max(self.connecting_grace, self.failure_threshold * self.period)

    @property
    def unauthorized_grace(self) -> float:
        """How long a key may be refused before only an edit is expected to help."""
        return max(120.0, self.startup_grace)

    @property
    def throttled_grace(self) -> float:
        """How long a client may not be seen, because it asks to be probed less often, before what was confirmed of it
        is not told any more."""
        return max(600.0, 5 * self.period)

    @property
    def previous_key_window(self) -> float:
        """How long after a change of the key the previous one may be tried."""
        return max(self.failover_grace, self.failure_threshold * self.period)


@dataclass(frozen=True, slots=True)
class Desired:
    """What the resource asks for, in our own types."""

    mode: Mode | None = None  # None: AUTO
    shards: int | None = None
    min_connected: int | None = None  # connected coreapps that Available wants in Multiconnect; None: all expected
    min_coreapps: int | None = None  # usable coreapps that redundancy wants; None: one more than are to be connected
    min_masters: int = 2
    registration_required: bool = True
    suspended: bool = False
    signs_in_by: Kind = Kind.API_KEY
    shows_certificate: bool = False  # one of our own, to whom it asks
    restart_period: float | None = None  # seconds between two restarts of the web workload; None: it is never restarted
    exposed: KeyExposure | None = None  # why that is sent to whoever answers
    thresholds: Thresholds = field(default_factory=Thresholds)
    surface: Surface = Surface.RESOURCE  # where what is said of it is read


class Pod(NamedTuple):
    """A pod that may be a node of the client; `node` is the Kubernetes node that it runs on, `others` are its further
    addresses where it has several."""

    name: str
    address: str | None = None
    node: str | None = None
    others: tuple[str, ...] = ()

    def has(self, address: str) -> bool:
        return bool(address) and (address == self.address or address in self.others)


@dataclass(frozen=True, slots=True)
class Pods:
    """The pods that are there now, as far as known; `version` is another one whenever they are others."""

    by_address: Mapping[str, Pod] = field(compare=False)
    by_name: Mapping[str, Pod] = field(compare=False)
    gone: frozenset[str] = field(default=frozenset(), compare=False)  # names of pods known to be there no more
    version: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What one round knows. `reference` or `credential_problem` set: nothing was asked, `outcomes` is empty."""

    desired: Desired
    generation: int
    outcomes: tuple[PodOutcome, ...] = ()
    reference_problem: Finding | None = None  # what the spec refers to and is not there: Accepted=False
    credential_problem: Finding | None = None  # the form of the key, the token or the login: CredentialsValid=False
    unauthorized_finding: Row | Finding | None = (
        None  # what it means when nobody takes it; None: what it means of an API key
    )
    pods: Pods | None = None  # None: nothing is known of pods
    key_changed: float | None = None  # the second at which a change of the key was noticed
    rotated: datetime | None = None  # the same, as it is written
    workload: WebWorkload | None = None  # where it may be restarted after a change of the key
    certificate: Certificate | None = None  # the one of waweb that ends first, as far as seen
    expiring: bool = False  # it ends soon
    own: Certificate | None = None  # the client certificate that was shown
    own_expiring: bool = False  # it ends soon
    token_expires: datetime | None = None
    token_expiring: bool = False  # soon, and somebody has to see to it
    claims: Finding | None = None  # why nothing is written on some of the client's pods: PodsClaimed=False
    in_turns: bool = False  # there are more pods than one round asks
    postponed: bool = False  # its rounds wait for those of other namespaces, for its own costs more than its share

    @property
    def not_probed(self) -> bool:
        return self.reference_problem is not None or self.credential_problem is not None

    @property
    def answered(self) -> bool:
        """The client was seen in this round."""
        return any(isinstance(o.outcome, Answered) for o in self.outcomes if o.asked)

    @property
    def reached(self) -> bool:
        """At least one pod answered in this round, whatever it said."""
        return any(isinstance(o.outcome, REACHED) for o in self.outcomes if o.asked)

    @property
    def nothing_new(self) -> bool:
        """There are pods, and each of them wants to be left alone in this round."""
        return bool(self.outcomes) and not any(o.asked for o in self.outcomes)


def with_probe_results(
    facts: Facts, asked: AuthResult[Any], addresses: Mapping[str, str], resting: Set[str] = frozenset()
) -> Facts:
    """The facts with what came of asking; `addresses` by pod; `resting`: pods that were left alone."""
    rotated = asked.rotated
    facts = replace(
        facts,
        key_changed=rotated.monotonic if rotated else None,
        rotated=rotated.wall if rotated else None,
        token_expires=asked.expires,
        token_expiring=asked.expiring,
        unauthorized_finding=asked.unauthorized_finding,
    )
    if asked.failed is not None:
        return replace(facts, reference_problem=asked.failed.reference, credential_problem=asked.failed.form)
    outcomes = (
        PodOutcome(pod, addresses[pod], outcome, pod in asked.on_previous, pod not in resting)
        for pod, outcome in asked.outcomes.items()
    )
    return replace(facts, outcomes=tuple(outcomes))
