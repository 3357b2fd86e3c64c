"""A look at what is besides a number: its token, its account and its templates.

What fails says nothing, so that what was known stays. None of it decides about the number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from wahealth.core.cloud.errors import ErrorClass, GraphError
from wahealth.core.cloud.number_checks import NumberChecks, Template, TokenReport
from wahealth.core.cloud.wanted import CloudDesired, Provider
from wahealth.probe.client import Prober, ProbeResponse
from wahealth.probe.cloud.graph_checks import ask_account, ask_templates, ask_token
from wahealth.probe.cloud.graph_checks_payload import TemplatePage
from wahealth.probe.credential import Credential
from wahealth.probe.waweb import ProbeRequest

T = TypeVar("T")

MOST_PAGES = 5  # of templates
_UNSEEN = frozenset({ErrorClass.NOT_FOUND, ErrorClass.PERMISSION})


def has_checks(wanted: CloudDesired) -> bool:
    """Whether there is something to look at: a key of 360dialog may ask for the number's health alone."""
    return wanted.provider is Provider.GRAPH


def _unheeded(_: ProbeResponse[object]) -> None:
    """Nobody counts."""


@dataclass(frozen=True, slots=True)
class NumberLook:
    """One look, asked as `request` asks. `heard` is called with each response. Each method raises `ObserverFault`."""

    prober: Prober
    wanted: CloudDesired
    request: ProbeRequest
    credential: Credential
    heard: Callable[[ProbeResponse[object]], None] = _unheeded

    async def token(self) -> TokenReport | None:
        """What the vendor says of the token; None: it did not answer that."""
        said = self._heard(await ask_token(self.prober, self.request, self.wanted))
        return said if isinstance(said, TokenReport) else None

    async def found(self, before: NumberChecks, token: TokenReport | None) -> NumberChecks:
        """Account and templates as they are now, as far as the resource names them; else as they were `before`, and so
        the token, if nothing is said of it."""
        before = before._replace(token=token or before.token)
        if not self.wanted.account:
            return NumberChecks(before.token)
        if not self.wanted.templates:
            seen = await self._account_seen()
            return NumberChecks(before.token, before.account_seen if seen is None else seen)
        templates = await self._templates()
        if isinstance(templates, GraphError):
            return before._replace(account_seen=False)
        return before if templates is None else before._replace(account_seen=True, templates=templates)

    async def _account_seen(self) -> bool | None:
        said = self._heard(await ask_account(self.prober, self.request, self.wanted))
        if isinstance(said, GraphError):
            return False if said.kind in _UNSEEN else None
        return True if isinstance(said, str) else None

    async def _templates(self) -> tuple[Template, ...] | GraphError | None:
        """Those that the resource names, ordered; an error that says that the account is not seen; None: neither."""
        found: list[Template] = []
        after = ""
        for _ in range(MOST_PAGES):
            said = self._heard(await ask_templates(self.prober, self.request, self.wanted, after))
            if not isinstance(said, TemplatePage):
                return said if isinstance(said, GraphError) and said.kind in _UNSEEN else None
            found += [one for one in said.templates if one.name in self.wanted.templates]
            after = said.after
            if not after:
                return _ordered(found)
        return _ordered(found) if self._has_all(found) else None

    def _has_all(self, found: Sequence[Template]) -> bool:
        return {one.name for one in found} >= set(self.wanted.templates)

    def _heard(self, response: ProbeResponse[T]) -> T:
        self.heard(response)
        return response.outcome


def _ordered(found: Sequence[Template]) -> tuple[Template, ...]:
    return tuple(sorted(found, key=lambda one: (one.name, one.language, one.status or "")))
