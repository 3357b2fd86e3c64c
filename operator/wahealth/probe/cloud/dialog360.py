"""How 360dialog is asked, and what its answers say. Its key stands for one number, so the path names none.

Documented (pages "Health status" and "Error messages" of 360dialog): the vendor's own health object; errors of
360dialog in an envelope `{"meta": {"success": false, "httpCode": …, "developerMessage": …}}`, also written `http_code`
and `developer_message`; and errors of the Graph API, handed on. The code in the envelope may differ from the HTTP
status, which decides.
"""

from __future__ import annotations

from wahealth.core.answer import NumberAnswer
from wahealth.core.cloud.errors import ErrorClass, GraphError
from wahealth.probe.client import Prober, ProbeResponse
from wahealth.probe.cloud.graph import ask_graph
from wahealth.probe.cloud.graph_payload import NumberOutcome, number_outcome_of
from wahealth.probe.strict_json import document_of
from wahealth.probe.waweb import ProbeRequest

PATH = "/health_status"
_LONGEST_MESSAGE = 1_000
_TOO_OFTEN = "exceeded the limit"
_STATUSES = {401: ErrorClass.CREDENTIAL, 403: ErrorClass.PERMISSION, 429: ErrorClass.THROTTLE}


async def ask_dialog360(prober: Prober, probe_request: ProbeRequest) -> ProbeResponse[NumberAnswer]:
    """How the number of the request's key is. Waits for its turn; raises `ObserverFault`."""
    return await ask_graph(prober, probe_request, "", dialog360_outcome_of)


def dialog360_outcome_of(http_status: int, body: bytes, served_version: str = "") -> NumberOutcome:
    """What an answer about one number says, whatever it is: no bytes raise. `served_version`: 360dialog names none."""
    message = _own_error(http_status, body)
    if message is None:
        return number_outcome_of(http_status, body, served_version)
    if _TOO_OFTEN in message.lower():
        return GraphError(ErrorClass.THROTTLE, http_status)
    other = ErrorClass.TRANSIENT if http_status >= 500 else ErrorClass.UNKNOWN
    return GraphError(_STATUSES.get(http_status, other), http_status)


def _own_error(http_status: int, body: bytes) -> str | None:
    """The message of 360dialog's own envelope, which may be empty; None: it is not there."""
    try:
        document = document_of(body) if http_status != 200 else None
    except ValueError:
        return None
    meta = document.get("meta") if isinstance(document, dict) else None
    if not isinstance(meta, dict):
        return None
    said = meta.get("developerMessage", meta.get("developer_message"))
    return said[:_LONGEST_MESSAGE] if isinstance(said, str) else ""
