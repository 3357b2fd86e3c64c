"""One resource, as the operator holds it between two rounds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from wahealth.api.convert import (
    NO_FLOORS,
    Floors,
    InvalidSpec,
    Timing,
    desired_of,
    floor_of,
    spec_of,
    timing,
    written_status,
)
from wahealth.api.credential_source import secrets_of
from wahealth.api.v1alpha1 import PodsOfNodes, Spec
from wahealth.core.control.budget import NEVER, Postponed
from wahealth.core.facts import Desired
from wahealth.core.reasons.reason import Reason
from wahealth.core.references import invalid_spec
from wahealth.core.state import State
from wahealth.core.status import ConditionType, Finding, Status
from wahealth.kube.apiserver.api import Document
from wahealth.kube.apiserver.versions import is_newer
from wahealth.kube.records import LabelState, ProbeState, RoundHistory, WriteState


class Ref(NamedTuple):
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(slots=True)
class ResourceEntry:
    """A resource as the API server shows it, and what its rounds have left. Each field has one writer.

    What the API server shows is written in here alone (`renew`, `applied`).
    """

    ref: Ref
    uid: str
    created: str  # as the API server writes it
    generation: int
    version: str  # the resourceVersion last seen or written
    spec: Spec | None  # None: this version of the operator does not understand it, `invalid` says why
    invalid: Finding | None
    desired: Desired
    timing: Timing
    written: Status  # what the resource says, as last seen or written
    state: State | None = None  # None: this process has not evaluated a round of it. The reconciler writes it
    postponed: Postponed = NEVER  # the scheduler writes it
    gone: bool = False  # the resource was deleted. The scheduler writes it
    cloud_floors: Floors = field(default_factory=dict)
    probe: ProbeState = field(default_factory=ProbeState)
    history: RoundHistory = field(default_factory=RoundHistory)
    writes: WriteState = field(default_factory=WriteState)
    labels: LabelState = field(default_factory=LabelState)

    @property
    def is_outside(self) -> bool:
        """The target is a host outside of the cluster: that of a URL, or of the Cloud API."""
        return self.spec is not None and (self.spec.target.url is not None or self.spec.target.cloud is not None)

    @property
    def cloud_floor(self) -> float:
        """The shortest period of the number, in seconds; 0 for a client."""
        return floor_of(self.spec, self.cloud_floors) if self.spec is not None else 0.0

    @property
    def pods(self) -> PodsOfNodes:
        """What must be written onto pods: nothing while the spec is not understood."""
        return self.spec.pods if self.spec is not None else PodsOfNodes()

    @property
    def fields(self) -> dict[str, str]:
        """The fields by which a log line names the resource."""
        return {"namespace": self.ref.namespace, "resource": self.ref.name, "uid": self.uid}

    def renew(self, document: Document) -> bool:
        """Take over what the API server shows now: True when the spec has changed.

        The echo of our own write, and anything older than that, changes nothing.
        """
        metadata = document["metadata"]
        if not is_newer(metadata["resourceVersion"], self.version):
            return False
        self.version = metadata["resourceVersion"]
        self.written = written_status(document)
        if metadata["generation"] == self.generation:
            return False
        self.generation = metadata["generation"]
        self.spec, self.invalid, self.desired, self.timing = _understood(document, self.cloud_floors)
        self.probe.spec_changed()
        return True

    def applied(self, version: str, status: Status | None = None) -> None:
        """The API server has accepted a write, and the resource has this resourceVersion now. `status`: what it says
        now; None while a second write must follow before it says that."""
        self.version = version
        if status is not None:
            self.written = status

    def secret_changed(self, name: str) -> bool:
        """True when the spec refers to that Secret, which the next round reads then."""
        if self.spec is None or name not in secrets_of(self.spec):
            return False
        self.probe.secret_changed()
        return True

    def forget_rounds(self) -> None:
        """Another replica probes the resource now."""
        self.state, self.postponed = None, _as_reported(self.written)
        for record in (self.probe, self.history, self.writes, self.labels):
            record.forget_rounds()


def entry_of(document: Document, cloud_floors: Floors = NO_FLOORS) -> ResourceEntry:
    """From a whole `WhatsAppClient`, as read or watched. `cloud_floors`: the shortest periods of numbers of the
    Cloud API."""
    metadata = document["metadata"]
    return ResourceEntry(
        Ref(metadata["namespace"], metadata["name"]),
        metadata["uid"],
        metadata.get("creationTimestamp", ""),
        metadata["generation"],
        metadata["resourceVersion"],
        *_understood(document, cloud_floors),
        written := written_status(document),
        postponed=_as_reported(written),
        cloud_floors=cloud_floors,
    )


def _as_reported(written: Status) -> Postponed:
    """What an earlier process or another replica has reported about postponed rounds."""
    found = written.condition(ConditionType.PROBING_REDUCED)
    return Postponed(reported=found is not None and found.reason == Reason.NAMESPACE_BUDGET)


def _understood(document: Document, cloud_floors: Floors) -> tuple[Spec | None, Finding | None, Desired, Timing]:
    try:
        spec = spec_of(document)
    except InvalidSpec as error:
        return None, invalid_spec(str(error)), Desired(), timing(None)
    return spec, None, desired_of(spec, cloud_floors), timing(spec, cloud_floors)
