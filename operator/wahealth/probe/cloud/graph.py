"""How the Cloud API is asked about a phone number, and what its responses say.

Documented (pages "Phone number", "Graph API versions" and "Rate limits"): one GET answers for health and for the
number's own fields; the header `facebook-api-version` names the version that answered.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from wahealth.core.answer import FailureReason, Malformed, NumberAnswer, Unreachable
from wahealth.core.cloud.errors import ErrorClass, GraphError
from wahealth.probe.client import Prober, ProbeResponse
from wahealth.probe.cloud.graph_payload import number_outcome_of
from wahealth.probe.cloud.graph_usage import rest_wanted
from wahealth.probe.credential import HIDDEN, Credential
from wahealth.probe.message import Request, Response
from wahealth.probe.semantics import is_redirect, redirect
from wahealth.probe.waweb import ProbeRequest, health_request

# The certificate and the phone number itself are never asked for: one is a secret, the other personal.
FIELDS = (
    "health_status",
    "status",
    "quality_rating",
    "platform_type",
    "whatsapp_business_manager_messaging_limit",
)
FEWEST_FIELDS = ("health_status",)  # for a version that does not know one of the others

_LEAST = 2.0  # seconds that the second request has, for the first one may have waited long for its turn


def number_path(graph_version: str, phone_number_id: str) -> str:
    """The endpoint's path. Both are as the resource's patterns admit them, so nothing in them needs an escape."""
    return f"/{graph_version}/{phone_number_id}"


async def ask_number(prober: Prober, probe_request: ProbeRequest) -> ProbeResponse[NumberAnswer]:
    """How the number is that the endpoint's path names. Waits for its turn; raises `ObserverFault`.

    Where a version does not know one of the fields, a second request asks for health alone, in what is left of the
    timeout.
    """
    began, read = _now(), partial(read_number, probe_request)
    answered = await prober.exchange(number_request(probe_request, FIELDS), read)
    if not isinstance(answered.outcome, GraphError) or answered.outcome.kind is not ErrorClass.OUR_REQUEST:
        return answered
    left = max(probe_request.timeout - (_now() - began), min(probe_request.timeout, _LEAST))
    request = number_request(replace(probe_request, timeout=left), FEWEST_FIELDS)
    again = await prober.exchange(request, read)
    return again._replace(presented=again.presented or answered.presented)


def _now() -> float:
    return asyncio.get_running_loop().time()


def number_request(probe_request: ProbeRequest, fields: Sequence[str]) -> Request:
    """Each number has a turn of its own: all have one host, and the timeout of one, which its resource may choose, must
    not put the others among the silent ones."""
    request = health_request(probe_request)
    turn = f"{request.route.host}{request.target}"
    return replace(request, target=f"{request.target}?fields={','.join(fields)}", turn=turn)


async def read_number(probe_request: ProbeRequest, response: Response) -> NumberAnswer:
    """What a response to `number_request` says. The token and the ID are in nothing of it that is shown, even if the
    response repeats them. Raises `ProbeError`."""
    credential = probe_request.credential
    if is_redirect(response.status):
        where = redirect(response.status, _origin(_without(credential, response.headers.first("location").encode())))
        return Unreachable(FailureReason.REDIRECTED, where, status=response.status)
    body = await response.body()
    if isinstance(body, Malformed):
        return body
    version = response.headers.first("facebook-api-version")
    outcome = number_outcome_of(response.status, _without(credential, body), version)
    if isinstance(outcome, Malformed):
        return Malformed(outcome.problem.replace(_id_of(probe_request), HIDDEN.decode()))
    if isinstance(outcome, GraphError) and outcome.kind is ErrorClass.THROTTLE:
        usage, wanted = (response.headers.first(name) for name in ("x-business-use-case-usage", "retry-after"))
        return outcome._replace(retry_after=rest_wanted(usage, wanted))
    return outcome


def _without(credential: Credential | None, said: bytes) -> bytes:
    return said if credential is None else credential.out_of(said)


def _origin(location: bytes) -> str:
    """Without its path, which may repeat the ID."""
    found = _ORIGIN.match(location.decode())
    return found[0] if found else ""


_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#;\\]*")


def _id_of(probe_request: ProbeRequest) -> str:
    return probe_request.endpoint.path.rpartition("/")[2]
