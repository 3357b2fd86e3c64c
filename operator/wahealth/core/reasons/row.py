"""One row of the table: a reason, what it means and what to do next; and the sentences made from it."""

from __future__ import annotations

from typing import NamedTuple

from wahealth.core.reasons.reason import Reason
from wahealth.core.strenum import FastStrEnum

NOTHING = "nothing to do"


class Surface(FastStrEnum):
    """The place where a sentence is read: who edits a resource has no flags, and who types a command no resource."""

    RESOURCE = "resource"
    DESK = "command line"


class AtDesk(NamedTuple):
    """A row's `means` and `step` in the words of the command line."""

    means: str
    step: str = ""


class Row(NamedTuple):
    """One row. `means` and `step` are templates whose {names} vary; together they make a whole sentence.

    `event`: the reason of the event, if it differs from the condition's. `note`: the event's words in place of `means`,
    if `means` varies: an event must be the same sentence each time, so that Kubernetes counts it and does not copy it.
    `desk`: the words for the command line, if they differ.
    """

    reason: Reason
    means: str
    step: str = ""
    event: Reason | None = None
    note: str = ""
    desk: AtDesk | None = None

    def says(self, at: Surface = Surface.RESOURCE, **varies: object) -> str:
        """The sentence of the condition, as read `at` a surface. Raises `KeyError` if a {name} is not given."""
        return _sentence(*self._words(at)).format_map(varies)

    def tells(self, at: Surface = Surface.RESOURCE, **varies: object) -> str:
        """The sentence of the event, as read `at` a surface. Raises `KeyError` if a {name} is not given."""
        means, step = self._words(at)
        return _sentence(self.note or means, step).format_map(varies)

    def _words(self, at: Surface) -> tuple[str, str]:
        return self.desk if at is Surface.DESK and self.desk is not None else (self.means, self.step)


def _sentence(means: str, step: str) -> str:
    if not step:
        return f"{means}."
    return f"{means}; {step}." if step == NOTHING else f"{means}: {step}."
