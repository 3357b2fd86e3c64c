"""Everything that one round knows."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from wahealth.core.answer import PodOutcome, is_reached, is_seen
from wahealth.core.certificate import Certificate
from wahealth.core.cloud.number_checks import NumberChecks
from wahealth.core.cloud.wanted import CloudDesired
from wahealth.core.reasons.row import Row, Surface
from wahealth.core.restart import WebWorkload
from wahealth.core.signin.flow import AuthResult
from wahealth.core.signin.kinds import Kind
from wahealth.core.single_instance import SingleInstance
from wahealth.core.status import Finding, Mode
from wahealth.core.strenum import FastStrEnum

ALLOWED_SHARDS = (1, 2, 4, 8, 16, 32)
AUTO = "Auto"  # in place of a mode: the mode is detected


class KeyExposure(FastStrEnum):
    """Why the credential goes to any server that answers, in the words of the message."""

    PLAIN_HTTP = "spec.target.scheme is HTTP"
    UNVERIFIED = "spec.tls.verification is None"
    PLAIN_URL = "the URL begins with http://"  # on a command line, as --insecure is
    INSECURE = "--insecure verifies nobody"

    @property
    def in_clear(self) -> bool:
        """Whether the credential is sent without TLS."""
        return self in {KeyExposure.PLAIN_HTTP, KeyExposure.PLAIN_URL}


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How long a change must last before it counts: periods and graces in seconds, thresholds in rounds."""

    period: float = 30.0
    failure_threshold: int = 3
    success_threshold: int = 1
    uninitialized_grace: float = 600.0
    connecting_grace: float = 120.0
    failover_grace: float = 60.0
    startup_rounds: int | None = None  # rounds that a start may take; None: as many as a failure

    @property
    def startup_grace(self) -> float:
        """What a new resource is given before anything bad about it is confirmed."""
        return max(self.connecting_grace, (self.startup_rounds or self.failure_threshold) * self.period)

    @property
    def unauthorized_grace(self) -> float:
        """Seconds for which a key may be rejected before only an edit is expected to help."""
        return max(120.0, self.startup_grace)

    @property
    def throttled_grace(self) -> float:
        """Seconds for which the confirmed verdict stays while the client asks to be probed less often and is not
        seen."""
        return max(600.0, 5 * self.period)

    @property
    def previous_key_window(self) -> float:
        """Seconds after a change of the key for which the previous one may be tried."""
        return max(self.failover_grace, self.failure_threshold * self.period)


@dataclass(frozen=True, slots=True)
class Desired:
    """The spec of a resource, or the flags of a command line, in our own types."""

    mode: Mode | None = None  # None: AUTO
    shards: int | None = None
    min_connected: int | None = None  # connected coreapps that Available requires in Multiconnect; None: all expected
    min_coreapps: int | None = None  # usable coreapps that redundancy requires; None: one more than must be connected
    min_masters: int = 2
    registration_required: bool = True
    suspended: bool = False
    signs_in_by: Kind = Kind.API_KEY
    shows_certificate: bool = False  # a client certificate of our own, to the servers that are probed
    restart_period: float | None = None  # seconds between two restarts of the web workload; None: it is never restarted
    exposed: KeyExposure | None = None  # why the credential goes to any server that answers; None: it does not
    thresholds: Thresholds = field(default_factory=Thresholds)
    surface: Surface = Surface.RESOURCE  # where the messages are read
    cloud: CloudDesired | None = None  # None: a client of waweb


class Pod(NamedTuple):
    """A pod that may be a node of the client; `node` is the Kubernetes node that it runs on, `others` are its
    addresses besides `address`."""

    name: str
    address: str | None = None
    node: str | None = None
    others: tuple[str, ...] = ()

    def has(self, address: str) -> bool:
        """Whether this is one of its addresses."""
        return bool(address) and (address == self.address or address in self.others)


@dataclass(frozen=True, slots=True)
class Pods:
    """The pods that exist now, as far as known, by each of their addresses and by name; `version` changes whenever they
    do."""

    by_address: Mapping[str, Pod] = field(compare=False)
    by_name: Mapping[str, Pod] = field(compare=False)
    gone: frozenset[str] = field(default=frozenset(), compare=False)  # names of pods known to exist no more
    version: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that one round knows.

    If `reference_problem` or `credential_problem` is set, nothing was probed, and `outcomes` is empty.
    """

    desired: Desired
    generation: int
    outcomes: tuple[PodOutcome, ...] = ()
    reference_problem: Finding | None = None  # a reference of the spec that does not resolve: Accepted=False
    credential_problem: Finding | None = None  # the form of the key, the token or the login: CredentialsValid=False
    unauthorized_finding: Row | Finding | None = (
        None  # what to report if every pod answers 401; None: what it means for an API key
    )
    pods: Pods | None = None  # None: nothing is known about pods
    key_changed: float | None = None  # when a change of the key was noticed (monotonic seconds)
    rotated: datetime | None = None  # the same, as it is written (UTC)
    workload: WebWorkload | None = None  # the web workload, if it may be restarted after a change of the key
    certificate: Certificate | None = None  # of waweb's certificates that were seen, the first to expire
    expiring: bool = False  # it expires soon
    own: Certificate | None = None  # the client certificate that was shown
    own_expiring: bool = False  # it expires soon
    token_expires: datetime | None = None
    token_expiring: bool = False  # it expires soon, and a person must act
    claims: Finding | None = None  # why nothing is written onto some of the client's pods: PodsClaimed=False
    in_turns: bool = False  # there are more pods than one round probes
    checks: NumberChecks | None = None  # besides the number itself; None: this process has not looked yet
    single_instances: tuple[SingleInstance, ...] = ()  # the client's workloads that must never run twice
    postponed: bool = False  # its namespace costs more than its share, so its rounds wait for those of others

    @property
    def not_probed(self) -> bool:
        """Whether nothing was probed, because of a reference or the form of a credential."""
        return self.reference_problem is not None or self.credential_problem is not None

    @property
    def answered(self) -> bool:
        """Whether the client was seen in this round: at least one pod answered with a report."""
        return any(is_seen(o.outcome) for o in self.outcomes if o.asked)

    @property
    def reached(self) -> bool:
        """Whether at least one pod answered in this round, whatever it said."""
        return any(is_reached(o.outcome) for o in self.outcomes if o.asked)

    @property
    def nothing_new(self) -> bool:
        """Whether there are pods and none was probed, because each asked to be left alone."""
        return bool(self.outcomes) and not any(o.asked for o in self.outcomes)


def with_period(facts: Facts, period: float) -> Facts:
    """The facts of a resource that is asked every `period` seconds, whatever it wants."""
    thresholds = replace(facts.desired.thresholds, period=period)
    return replace(facts, desired=replace(facts.desired, thresholds=thresholds))


def with_probe_results(
    facts: Facts, asked: AuthResult[Any], addresses: Mapping[str, str], resting: Set[str] = frozenset()
) -> Facts:
    """The facts with the results of probing; `addresses` by the pod's name; `resting`: the pods that were left
    alone."""
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
