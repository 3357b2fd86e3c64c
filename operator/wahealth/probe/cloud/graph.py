"""One request to the Graph API, about anything, and what its response says.

Documented (pages "Graph API versions" and "Rate limits"): the header `facebook-api-version` names the version that
answered.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from wahealth.core.answer import FailureReason, Malformed, Unreachable
from wahealth.core.cloud.errors import ErrorClass, GraphError
from wahealth.core.cloud.quota import Usage
from wahealth.probe.client import Prober, ProbeResponse
from wahealth.probe.cloud.graph_usage import rest_wanted, usage_of
from wahealth.probe.credential import HIDDEN, Credential
from wahealth.probe.errors import ProbeError
from wahealth.probe.message import Request, Response
from wahealth.probe.semantics import is_redirect, redirect
from wahealth.probe.waweb import ProbeRequest, health_request

T = TypeVar("T")
Parse = Callable[[int, bytes, str], T]  # of HTTP status, body, and the version that served


async def ask_graph(
    prober: Prober, probe_request: ProbeRequest, query: str, parse: Parse[T]
) -> ProbeResponse[T | Malformed | Unreachable]:
    """What `parse` makes of the answer to one request to the endpoint's path. Waits for its turn; raises
    `ObserverFault`."""

    async def read(response: Response) -> tuple[T | Malformed | Unreachable, Usage]:
        return await read_graph(probe_request, parse, response)

    heard = await prober.exchange(graph_request(probe_request, query), read)
    if isinstance(heard.outcome, Unreachable):
        return ProbeResponse(heard.outcome, heard.presented)
    outcome, usage = heard.outcome
    return ProbeResponse(outcome, heard.presented, usage)


def graph_request(probe_request: ProbeRequest, query: str) -> Request:
    """A request to the endpoint's path, with the proof of the app's secret where that is known.

    Each number has a turn of its own: all have one host, and the timeout of one, which its resource may choose, must
    not put the others among the silent ones. `query` empty: the credential alone tells one number from another."""
    request, credential = health_request(probe_request), probe_request.credential
    proof = credential.proof if credential else ""
    parameters = "&".join(filter(None, (query, f"appsecret_proof={proof}" if proof else "")))
    turn = f"{request.route.host}{request.target}{'' if query or not credential else credential.digest}"
    return replace(request, target="?".join(filter(None, (request.target, parameters))), turn=turn)


async def read_graph(
    probe_request: ProbeRequest, parse: Parse[T], response: Response
) -> tuple[T | Malformed | Unreachable, Usage]:
    """What a response to `graph_request` says. The token and the ID are in nothing of it that is shown, even if the
    response repeats them. Raises `ProbeError`."""
    credential, headers = probe_request.credential, response.headers
    if is_redirect(response.status):
        where = redirect(response.status, _origin(_without(credential, headers.first("location").encode())))
        return Unreachable(FailureReason.REDIRECTED, where, status=response.status), Usage()
    usage = usage_of(headers.first("x-app-usage"), headers.first("x-business-use-case-usage"))
    body = await _body(response)
    if isinstance(body, Malformed):
        return body, usage
    outcome = parse(response.status, _without(credential, body), headers.first("facebook-api-version"))
    if isinstance(outcome, Malformed):
        return _without_ids(outcome, probe_request), usage
    if isinstance(outcome, GraphError) and outcome.kind is ErrorClass.THROTTLE:
        return outcome._replace(retry_after=rest_wanted(usage, headers.first("retry-after"))), usage
    return outcome, usage


async def _body(response: Response) -> bytes | Malformed:
    """The body; HTTP 429 counts without one that can be read. Raises `ProbeError`."""
    try:
        body = await response.body()
    except ProbeError:
        if response.status != 429:
            raise
        return b""
    return b"" if isinstance(body, Malformed) and response.status == 429 else body


def _without(credential: Credential | None, said: bytes) -> bytes:
    return said if credential is None else credential.out_of(said)


def _origin(location: bytes) -> str:
    """Without its path, which may repeat the ID."""
    found = _ORIGIN.match(location.decode())
    return found[0] if found else ""


_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#;\\]*")


def _without_ids(found: Malformed, probe_request: ProbeRequest) -> Malformed:
    """Without whatever the path names behind its version; a path of 360dialog names nobody."""
    problem = found.problem
    for part in probe_request.endpoint.path.split("/")[2:]:
        problem = problem.replace(part, HIDDEN.decode())
    return Malformed(problem)
