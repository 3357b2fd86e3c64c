"""One row of the table: a reason, what it means, and what to do next; and the sentences that follow from it."""

from __future__ import annotations

from typing import NamedTuple

from wahealth.core.reasons.reason import Reason
from wahealth.core.strenum import FastStrEnum

NOTHING = "nothing to do"


class Surface(FastStrEnum):
    """Where a sentence is read: whoever edits a resource has no flags, and who types a command no resource."""

    RESOURCE = "resource"
    DESK = "command line"


class AtDesk(NamedTuple):
    """The same in the words of the command line."""

    means: str
    step: str = ""


class Row(NamedTuple):
    """`means` and `step` are templates: {names} are what varies. A whole sentence is made of both.

    `event`: the reason of the event that tells of it, where that is another. `note`: what the event says that it means,
    where `means` varies; for an event is to be the same sentence each time, so that it is counted and not copied.
    """

    reason: Reason
    means: str
    step: str = ""
    event: Reason | None = None
    note: str = ""
    desk: AtDesk | None = None

    def says(self, at: Surface = Surface.RESOURCE, **varies: object) -> str:
        """The sentence of the condition."""
        return _sentence(*self._words(at)).format_map(varies)

    def tells(self, at: Surface = Surface.RESOURCE, **varies: object) -> str:
        """The sentence of the event."""
        means, step = self._words(at)
        return _sentence(self.note or means, step).format_map(varies)

    def _words(self, at: Surface) -> tuple[str, str]:
        return self.desk if at is Surface.DESK and self.desk is not None else (self.means, self.step)


def _sentence(means: str, step: str) -> str:
    if not step:
        return f"{means}."
    return f"{means}; {step}." if step == NOTHING else f"{means}: {step}."
