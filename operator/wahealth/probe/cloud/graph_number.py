"""How the Graph API is asked about a phone number: health and the number's own fields in one request.

Documented (page "Phone number"). A version that does not know a field refuses the whole request; which field that is,
is remembered for each number.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from wahealth.core.answer import NumberAnswer
from wahealth.core.cloud.errors import ErrorClass, GraphError
from wahealth.probe.client import Prober, ProbeResponse
from wahealth.probe.cloud.graph import ask_graph
from wahealth.probe.cloud.graph_payload import number_outcome_of
from wahealth.probe.waweb import ProbeRequest

# The certificate and the phone number itself are never asked for: one is a secret, the other personal.
HEALTH_FIELD = "health_status"
FIELDS = (
    HEALTH_FIELD,
    "status",
    "quality_rating",
    "platform_type",
    "whatsapp_business_manager_messaging_limit",
)

_LEAST = 2.0  # seconds that the second request has, for the first one may have waited long for its turn
_REMEMBERED = 24 * 3600.0  # seconds for which a field is not asked for
_MOST_REMEMBERED = 20_000  # numbers


def number_path(graph_version: str, phone_number_id: str) -> str:
    """The endpoint's path. Both are as the resource's patterns admit them, so nothing in them needs an escape."""
    return f"/{graph_version}/{phone_number_id}"


class _Served(NamedTuple):
    """A number at a version of a host, as one token sees it. What is refused there says nothing of other numbers: a
    resource may name any object as its number."""

    host: str
    path: str
    token: str  # a digest

    @classmethod
    def of(cls, request: ProbeRequest) -> _Served:
        token = request.credential.digest if request.credential else ""
        return cls(request.endpoint.host, request.endpoint.path, token)


class _Refused(NamedTuple):
    """The fields that are not known there, until when (monotonic seconds)."""

    fields: frozenset[str]
    until: float


class NumberAsker:
    """Asks about numbers, and remembers which fields are not known of each. Used within one event loop."""

    def __init__(self) -> None:
        self._refused: OrderedDict[_Served, _Refused] = OrderedDict()  # the last refused one last

    async def __call__(self, prober: Prober, probe_request: ProbeRequest) -> ProbeResponse[NumberAnswer]:
        """How the number is that the endpoint's path names. Waits for its turn; raises `ObserverFault`.

        Where a version does not know one of the fields, a second request asks for health alone, in what is left of the
        timeout.
        """
        began, served = _now(), _Served.of(probe_request)
        fields = self._fields(served)
        answered = await _ask(prober, probe_request, fields)
        said = answered.outcome
        if not isinstance(said, GraphError) or said.kind is not ErrorClass.OUR_REQUEST or len(fields) == 1:
            return answered
        self._remember(served, said.unknown_field)
        left = max(probe_request.timeout - (_now() - began), min(probe_request.timeout, _LEAST))
        again = await _ask(prober, replace(probe_request, timeout=left), [HEALTH_FIELD])
        return again._replace(presented=again.presented or answered.presented, sent=2)

    def _fields(self, served: _Served) -> Sequence[str]:
        known = self._refused.get(served)
        if known is None or _now() >= known.until:
            return FIELDS
        return [name for name in FIELDS if name not in known.fields]

    def _remember(self, served: _Served, unknown: str) -> None:
        """`unknown`: empty or another name where the answer does not say which of ours; then all are left out."""
        others = frozenset(FIELDS) - {HEALTH_FIELD}
        known = self._refused.pop(served, None)
        before = known.fields if known is not None and _now() < known.until else frozenset()
        fields = before | ({unknown} if unknown in others else others)
        self._refused[served] = _Refused(fields, _now() + _REMEMBERED)
        while len(self._refused) > _MOST_REMEMBERED:
            self._refused.popitem(last=False)


async def _ask(prober: Prober, probe_request: ProbeRequest, fields: Sequence[str]) -> ProbeResponse[NumberAnswer]:
    return await ask_graph(prober, probe_request, f"fields={','.join(fields)}", number_outcome_of)


def _now() -> float:
    return asyncio.get_running_loop().time()
