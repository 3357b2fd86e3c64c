"""What the API server does not give, in words, with the right that is missing."""

from __future__ import annotations

from typing import NamedTuple

from wahealth.wa.client import PLURAL


class Right(NamedTuple):
    """A right to look; `resource` in the plural, `namespace` empty for all of them."""

    verb: str
    resource: str
    namespace: str

    def __str__(self) -> str:
        where = (
            f" in {self.namespace}"
            if self.namespace
            else " in all namespaces"
            if self.verb in {"list", "watch"}
            else ""
        )
        return f"{self.verb} {self.resource}{where}"


class Refused(Exception):
    """The API server gives something else than the object; `status` is its HTTP status."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def no_client(refused: Refused, namespace: str, name: str) -> str:
    """Why a WhatsAppClient cannot be read, in words."""
    if refused.status == 404 and f'"{name}"' in str(refused):
        return f"there is no WhatsAppClient {name} in {namespace}: see kubectl wa top -A, or name its namespace with -n"
    return no_clients(refused, Right("get", PLURAL, namespace))


def no_clients(refused: Refused, right: Right) -> str:
    """Why WhatsAppClients cannot be read, in words."""
    if refused.status == 404:
        return "this cluster knows no WhatsAppClients: install wahealth, or choose another cluster with --context"
    said = not_seen(refused, right)
    return said if right.namespace else f"{said}, or name a namespace with -n"


def not_seen(refused: Refused, right: Right) -> str:
    """Why something cannot be read, in words, with the right that is missing."""
    if refused.status == 403:
        return f"you may not {right}: ask for that right"
    if refused.status == 404:
        return f"this cluster has no {right.resource}"
    return f"the API server answers HTTP {refused.status} to {right}: try kubectl get {right.resource}"
