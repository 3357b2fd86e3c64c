"""What the operator holds of one resource between two rounds."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from wahealth.api.convert import InvalidSpec, Timing, desired_of, spec_of, timing, written_status
from wahealth.api.credential_source import secrets_of
from wahealth.api.v1alpha1 import PodsOfNodes, Probe, Spec
from wahealth.core.answer import Outcome, PodOutcome
from wahealth.core.budget import NEVER, Postponed
from wahealth.core.certificate import Certificate
from wahealth.core.events.event import Event
from wahealth.core.facts import Desired
from wahealth.core.pod_labels import PodChange
from wahealth.core.reasons.reason import Reason
from wahealth.core.references import invalid_spec
from wahealth.core.signin.flow import Authenticator, Reading
from wahealth.core.signin.kinds import Meant
from wahealth.core.state import State
from wahealth.core.status import ConditionType, Finding, Status
from wahealth.kube.apiserver.api import Document
from wahealth.kube.apiserver.versions import is_newer
from wahealth.probe.credential import Credential
from wahealth.probe.trust import Trust

T = TypeVar("T")


class Ref(NamedTuple):
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(slots=True)
class Cached(Generic[T]):
    """Something read from the API server, good until a moment of the monotonic clock."""

    value: T
    until: float


class Written(NamedTuple):
    """Onto a pod; `done`: the API server took it."""

    change: PodChange
    done: bool


@dataclass(slots=True)
class ResourceEntry:
    ref: Ref
    uid: str
    created: str  # as the API server writes it
    generation: int
    version: str  # the resourceVersion last seen or written
    spec: Spec | None  # None: this version does not understand it, `invalid` says why
    invalid: Finding | None
    desired: Desired
    timing: Timing
    written: Status  # what the resource says, as last seen or written
    state: State | None = None  # None: this process has not had a round of it
    pending_events: tuple[Event, ...] = ()  # events that wait for the status to be written first
    signin: Authenticator[Credential] | None = field(default=None, repr=False)
    signin_of: Meant | None = None
    reading: Reading[Credential] | None = field(default=None, repr=False)  # the last good one
    status_retry_at: float = float("-inf")  # until then its status is not tried again: the API server would not have it
    failovers: dict[str, int] = field(default_factory=dict)  # told of by this process, by kind
    last_probe: float | None = None  # the wall clock's second of the last round that asked somebody
    trust: Cached[Trust] | None = None
    certificates: dict[str, Certificate] = field(default_factory=dict)  # by address: what the pod presented last
    postponed: Postponed = NEVER
    turn: str = ""  # the pod that was asked last, where they are asked in turns
    heard: dict[str, PodOutcome] = field(default_factory=dict)  # then also what each pod said last, by its name
    retry_after: dict[str, Cached[Outcome]] = field(default_factory=dict)  # by address: pods that want to be left alone
    restart_refused: Cached[tuple[str, str]] | None = (
        None  # of which workload (uid), why the API server would not have it
    )
    may_be_labeled: bool = True  # its pods may carry labels of ours, of this process or of one before
    pod_writes: dict[str, Cached[Written]] = field(default_factory=dict)  # by pod: what was written onto it last
    labels_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    gone: bool = False  # the resource is there no more
    last_seen: float | None = None  # the last second in which the client was seen, or since when this process looks
    probe_requests: int = 0  # how often something else than the spec was a reason to ask at once
    probed_pod: str = ""  # which of the pods behind a Service that is asked as one
    skipped_pod: str = ""  # the pod that it asked before, and that did not answer

    @property
    def is_outside(self) -> bool:
        """It names a host outside of the cluster."""
        return self.spec is not None and self.spec.target.url is not None

    @property
    def pods(self) -> PodsOfNodes:
        """What is to be written onto pods; nothing, where the spec is not understood."""
        return self.spec.pods if self.spec is not None else PodsOfNodes()

    @property
    def fields(self) -> dict[str, str]:
        """For a line of the log, which names the resource so."""
        return {"namespace": self.ref.namespace, "resource": self.ref.name, "uid": self.uid}

    def renew(self, document: Document) -> bool:
        """Take over what the API server shows now. True when the spec is another one.

        The echo of our own write, and anything older than it, brings nothing.
        """
        metadata = document["metadata"]
        if not is_newer(metadata["resourceVersion"], self.version):
            return False
        self.version = metadata["resourceVersion"]
        self.written = written_status(document)
        if metadata["generation"] == self.generation:
            return False
        self.generation = metadata["generation"]
        self.spec, self.invalid, self.desired, self.timing = _understood(document)
        self.trust, self.heard = None, {}
        return True

    def secret_changed(self, name: str) -> bool:
        """True when it is one of the resource's own, which is read in the next round then."""
        if self.spec is None or name not in secrets_of(self.spec):
            return False
        self.signin = self.signin and self.signin.stale()
        self.trust = None
        self.probe_requests += 1
        return True

    def forget_rounds(self) -> None:
        """Another replica asks for it now."""
        self.state, self.pending_events, self.last_seen = None, (), None
        self.retry_after, self.certificates, self.pod_writes = {}, {}, {}
        self.turn, self.heard, self.postponed = "", {}, _as_told(self.written)

    def ask_another(self) -> None:
        """Of a Service that is asked as one: the pod that was asked did not answer."""
        self.skipped_pod, self.probed_pod = self.probed_pod, ""

    def keep_only(self, addresses: frozenset[str]) -> None:
        """Let go what is held of pods that are gone."""
        if self.retry_after.keys() - addresses or self.certificates.keys() - addresses:
            self.retry_after = {address: held for address, held in self.retry_after.items() if address in addresses}
            self.certificates = {address: one for address, one in self.certificates.items() if address in addresses}


def entry_of(document: Document) -> ResourceEntry:
    metadata = document["metadata"]
    return ResourceEntry(
        Ref(metadata["namespace"], metadata["name"]),
        metadata["uid"],
        metadata.get("creationTimestamp", ""),
        metadata["generation"],
        metadata["resourceVersion"],
        *_understood(document),
        written := written_status(document),
        postponed=_as_told(written),
    )


def _as_told(written: Status) -> Postponed:
    """By a process before, or by another replica."""
    found = written.condition(ConditionType.PROBING_REDUCED)
    return Postponed(reported=found is not None and found.reason == Reason.NAMESPACE_BUDGET)


def _understood(document: Document) -> tuple[Spec | None, Finding | None, Desired, Timing]:
    try:
        spec = spec_of(document)
    except InvalidSpec as error:
        return None, invalid_spec(str(error)), Desired(), timing(Probe())
    return spec, None, desired_of(spec), timing(spec.probe)
