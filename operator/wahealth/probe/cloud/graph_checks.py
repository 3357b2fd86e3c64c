"""How the Graph API is asked about a token, an account and its templates. Each waits for its turn, and raises
`ObserverFault`.

Documented (pages "Debug token", "WhatsApp Business account" and "Message templates"); that a token may ask about itself
is an observation of others. Its request has the token in its URL: `Request` shows no target, and nobody logs one.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

from wahealth.core.answer import Malformed, Unreachable
from wahealth.core.cloud.errors import GraphError
from wahealth.core.cloud.number_checks import TokenReport
from wahealth.core.cloud.wanted import CloudDesired
from wahealth.probe.client import Prober, ProbeResponse
from wahealth.probe.cloud.graph import ask_graph
from wahealth.probe.cloud.graph_checks_payload import (
    TemplatePage,
    account_seen_of,
    templates_page_of,
    token_report_of,
)
from wahealth.probe.waweb import ProbeRequest

NoAnswer = GraphError | Malformed | Unreachable
AT_A_TIME = 500  # templates of one page


async def ask_token(
    prober: Prober, probe_request: ProbeRequest, wanted: CloudDesired
) -> ProbeResponse[TokenReport | NoAnswer]:
    """What the vendor says of the token that signs the request in."""
    token = probe_request.credential.parameter if probe_request.credential else ""
    asked = _at(probe_request, f"/{wanted.graph_version}/debug_token")
    return await ask_graph(prober, asked, f"input_token={token}", token_report_of)


async def ask_account(
    prober: Prober, probe_request: ProbeRequest, wanted: CloudDesired
) -> ProbeResponse[str | NoAnswer]:
    """The ID of the account, if the token sees it."""
    asked = _at(probe_request, f"/{wanted.graph_version}/{wanted.account}")
    return await ask_graph(prober, asked, "fields=id", account_seen_of)


async def ask_templates(
    prober: Prober, probe_request: ProbeRequest, wanted: CloudDesired, after: str = ""
) -> ProbeResponse[TemplatePage | NoAnswer]:
    """A page of the account's templates. `after`: the cursor of the page before it; empty for the first one."""
    asked = _at(probe_request, f"/{wanted.graph_version}/{wanted.account}/message_templates")
    cursor = f"&after={quote(after, safe='')}" if after else ""
    query = f"fields=name,language,status&limit={AT_A_TIME}{cursor}"
    return await ask_graph(prober, asked, query, templates_page_of)


def _at(probe_request: ProbeRequest, path: str) -> ProbeRequest:
    return replace(probe_request, endpoint=replace(probe_request.endpoint, path=path))
