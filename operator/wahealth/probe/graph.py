"""How the Cloud API is asked about a phone number, and what its responses say.

Documented (pages "Phone number", "Graph API versions" and "Rate limits"): one GET answers for health and for the
number's own fields; the header `facebook-api-version` names the version that answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wahealth.core.answer import FailureReason, Malformed, NumberAnswer, Unreachable
from wahealth.core.cloud.errors import ErrorClass, GraphError
from wahealth.probe.client import Prober, ProbeResponse
from wahealth.probe.graph_payload import number_outcome_of
from wahealth.probe.graph_usage import rest_wanted
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


def number_path(graph_version: str, phone_number_id: str) -> str:
    """The endpoint's path. Both are as the resource's patterns admit them, so nothing in them needs an escape."""
    return f"/{graph_version}/{phone_number_id}"


async def ask_number(prober: Prober, probe_request: ProbeRequest) -> ProbeResponse[NumberAnswer]:
    """How the number is that the endpoint's path names. Waits for its turn; raises `ObserverFault`.

    Where a version does not know one of the fields, a second request asks for health alone.
    """
    answered = await prober.exchange(number_request(probe_request, FIELDS), read_number)
    if isinstance(answered.outcome, GraphError) and answered.outcome.kind is ErrorClass.OUR_REQUEST:
        return await prober.exchange(number_request(probe_request, FEWEST_FIELDS), read_number)
    return answered


def number_request(probe_request: ProbeRequest, fields: Sequence[str]) -> Request:
    request = health_request(probe_request)
    return replace(request, target=f"{request.target}?fields={','.join(fields)}")


async def read_number(response: Response) -> NumberAnswer:
    """What a response to `number_request` says. Raises `ProbeError`."""
    if is_redirect(response.status):
        where = redirect(response.status, response.headers.first("location"))
        return Unreachable(FailureReason.REDIRECTED, where, status=response.status)
    body = await response.body()
    if isinstance(body, Malformed):
        return body
    outcome = number_outcome_of(response.status, body, response.headers.first("facebook-api-version"))
    if isinstance(outcome, GraphError) and outcome.kind is ErrorClass.THROTTLE:
        usage, wanted = (response.headers.first(name) for name in ("x-business-use-case-usage", "retry-after"))
        return outcome._replace(retry_after=rest_wanted(usage, wanted))
    return outcome
