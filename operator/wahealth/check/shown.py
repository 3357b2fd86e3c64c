"""A verdict in the form in which it is printed."""

from __future__ import annotations

import json
from typing import Any

from wahealth.core.status import Status


def written(status: Status, form: str) -> str:
    """`form` is table, json or yaml; without a newline at the end."""
    match form:
        case "json":
            return json.dumps(_document(status))
        case "yaml":
            import yaml

            return yaml.safe_dump(_document(status), sort_keys=False).rstrip()
        case _:
            return "\n".join(_lines(status))


def _document(status: Status) -> dict[str, Any]:
    """The fields of the resource's status, with one `endpoint` (or null) instead of `endpoints`."""
    from wahealth.api.convert import status_document

    document = status_document(status)
    endpoints = document.pop("endpoints", [])
    return {**document, "endpoint": {k: v for k, v in endpoints[0].items() if k != "pod"} if endpoints else None}


def _lines(status: Status) -> list[str]:
    connected = status.connected.summary if status.connected else "-"
    head = f"{status.mode or 'mode unknown'}  gateway {status.gateway}  connected {connected}"
    conditions = [f"{c.type:<21} {c.status:<8} {c.reason:<24} {c.message}" for c in status.conditions]
    nodes = [f"  {n.name:<40} {n.role or '-':<16} {n.gateway_status or '-':<14} {n.verdict}" for n in status.nodes]
    ends = status.credentials.token_expiry_time if status.credentials else None
    token = [] if ends is None else ["", f"The token expires at {ends:%Y-%m-%dT%H:%M:%SZ}."]
    return [head, "", *conditions, *([""] if nodes else []), *nodes, *token]
