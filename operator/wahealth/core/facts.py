"""Everything one verdict is made of."""

from __future__ import annotations

from dataclasses import dataclass, field

from wahealth.core.answer import PodOutcome
from wahealth.core.status import Finding, Mode, Status

ALLOWED_SHARDS = (1, 2, 4, 8, 16, 32)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the resource asks for, in our own types."""

    mode: Mode | None = None  # None: Auto
    shards: int | None = None
    min_connected: int | None = None  # connected coreapps that Available wants in Multiconnect; None: all expected
    min_coreapps: int | None = None  # usable coreapps that redundancy wants; None: one more than are to be connected
    min_masters: int = 2
    registration_required: bool = True
    suspended: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What one round knows. `reference` or `key` set: nothing was asked, `outcomes` is empty."""

    expected: Expectation
    generation: int
    outcomes: tuple[PodOutcome, ...] = ()
    reference: Finding | None = None  # what the spec refers to and is not there: Accepted=False
    key: Finding | None = None  # the key's form: CredentialsValid=False
    believed: Status = field(default_factory=Status)  # what the status says so far
