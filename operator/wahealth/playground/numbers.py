"""Two phone numbers of the simulated Cloud API, next to the simulated clients: one may send messages, one may not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from wahealth.api.labels import CREDENTIALS
from wahealth.api.v1alpha1 import API_VERSION, KIND
from wahealth.playground.manifests import Document, kubernetes_object
from wahealth.playground.simulator.cloud.settings import APP, TOKEN

NAMESPACE = "delta"
_SECRET, _ENTRY = "numbers-token", "token"
_UNPAID = 141006
PERIOD = 5  # seconds
_AN_HOUR = 5_000  # requests for each account, as the vendor admits for an active one


class Number(NamedTuple):
    name: str
    id: str
    account: str
    blocked_by: tuple[int, ...] = ()  # codes of errors on its account


NUMBERS = (
    Number("orders", "100000000000011", "200000000000011"),
    Number("newsletter", "100000000000012", "200000000000012", (_UNPAID,)),
)


def cloud_file() -> Document:
    """What `wahealth simulator --cloud` reads."""
    return {
        "numbers": {number.id: {"account": number.account, "entities": _entities(number)} for number in NUMBERS},
        "accounts": {number.account: {} for number in NUMBERS},
        "apps": {APP: {"calls": _AN_HOUR}},
    }


def _entities(number: Number) -> Document:
    if not number.blocked_by:
        return {}
    return {"WABA": {"can_send_message": "BLOCKED", "errors": list(number.blocked_by)}}


def number_objects() -> Iterator[Document]:
    """Namespace, token and a resource for each number."""
    yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    secret = kubernetes_object("v1", "Secret", NAMESPACE, _SECRET, stringData={_ENTRY: TOKEN})
    secret["metadata"]["labels"] = {CREDENTIALS: "token"}
    yield secret
    for number in NUMBERS:
        spec = {
            "target": {"cloud": {"phoneNumberID": number.id}},
            "auth": {"bearerToken": {"secretKeyRef": {"name": _SECRET, "key": _ENTRY}}},
            "probe": {"periodSeconds": PERIOD, "failureThreshold": 2},
            "grace": {"connectingSeconds": 10},
        }
        yield kubernetes_object(API_VERSION, KIND, NAMESPACE, number.name, spec=spec)
