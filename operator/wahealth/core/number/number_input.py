"""What a rule about a phone number looks at: the answer, and what the resource wants of it."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime
from typing import NamedTuple

from wahealth.core.answer import NumberAnswer
from wahealth.core.cloud.errors import ErrorClass, GraphError
from wahealth.core.cloud.number_checks import NumberChecks
from wahealth.core.cloud.report import Entity, Messaging, NumberFields, NumberReport
from wahealth.core.cloud.wanted import CloudDesired
from wahealth.core.reasons.row import Surface
from wahealth.core.status import Finding, Status

NUMBER = "number"  # what the phone number is called wherever its id must not be


class NumberInput(NamedTuple):
    """One round. `answer` None: nothing was asked, and one of the two problems says why.

    `over`: the grace of what is wrong has ended. `checks`: what was found besides the number; None: not looked at by
    this process, so what was found before stays.
    """

    desired: CloudDesired
    answer: NumberAnswer | None
    confirmed: Status  # for what stays as it was
    now: datetime
    registration_required: bool = True
    surface: Surface = Surface.RESOURCE
    reference_problem: Finding | None = None
    credential_problem: Finding | None = None
    over: bool = True
    checks: NumberChecks | None = None
    throttled_until: datetime | None = None  # when the vendor may be asked again
    period: float = 0.0  # seconds from one request to the next, as the budget allows

    @property
    def report(self) -> NumberReport | None:
        return self.answer if isinstance(self.answer, NumberReport) else None

    @property
    def error(self) -> GraphError | None:
        return self.answer if isinstance(self.answer, GraphError) else None

    @property
    def fields(self) -> NumberFields:
        return self.report.fields if self.report else NumberFields()

    def fails_by(self, kind: ErrorClass) -> bool:
        return self.error is not None and self.error.kind is kind

    @property
    def entities(self) -> tuple[Entity, ...]:
        health = self.report.health if self.report else None
        return health.entities if health else ()

    @property
    def blocked(self) -> tuple[Entity, ...]:
        """The entities that block messages, but for those that do so by ignored codes alone."""
        return self._with(Messaging.BLOCKED)

    @property
    def limited(self) -> tuple[Entity, ...]:
        return self._with(Messaging.LIMITED)

    def _with(self, messaging: Messaging) -> tuple[Entity, ...]:
        return tuple(entity for entity in self.entities if entity.messaging is messaging and not self._ignored(entity))

    def _ignored(self, entity: Entity) -> bool:
        codes = codes_of(entity)
        return bool(codes) and codes <= self.desired.ignored_codes

    @property
    def code(self) -> int:
        """The code of an error envelope; 0 where there is none."""
        return (self.error.code or 0) if self.error else 0

    def blocks_by(self, codes: Set[int]) -> bool:
        """One of these codes stands in the error envelope, or on an entity that blocks messages.

        On any other entity a code explains and decides nothing: `errors` is shared with calling, and occurs on entities
        that may send (documented, page "Messaging health status").
        """
        return self.code in codes or any(codes & codes_of(entity) for entity in self.blocked)


def codes_of(entity: Entity) -> frozenset[int]:
    return frozenset(error.code for error in entity.errors)
