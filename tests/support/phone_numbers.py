"""Answers of the Cloud API about one number, and the verdict on them. All ids are invented."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from wahealth.core.answer import NumberAnswer
from wahealth.core.cloud.versions import DEFAULT
from wahealth.core.cloud.wanted import CloudDesired
from wahealth.core.number.number_input import NumberInput
from wahealth.core.number.number_verdict import evaluate_number
from wahealth.core.number.situation import situation_of
from wahealth.core.status import Status
from wahealth.probe.cloud.graph_payload import number_outcome_of
from wahealth.probe.message import Headers, Response

NOW = datetime(2026, 11, 28, tzinfo=UTC)
TYPES = ("PHONE_NUMBER", "WABA", "BUSINESS", "APP")
IDS = {"PHONE_NUMBER": "900000000000001", "WABA": "900000000000002", "BUSINESS": "900000000000003", "APP": "9000004"}


def entity(type_: str, messaging: object = "AVAILABLE", *codes: int, **more: object) -> dict[str, Any]:
    """An entity with an error for each of the codes."""
    errors = [{"error_code": code, "error_description": "Described.", "possible_solution": "Solved."} for code in codes]
    return {"entity_type": type_, "id": IDS.get(type_, "1"), "can_send_message": messaging, "errors": errors, **more}


def health(*told: dict[str, Any], outer: object = "AVAILABLE") -> dict[str, Any]:
    """health_status with these entities; those that are not named may send messages."""
    named = {one["entity_type"] for one in told}
    others = [entity(type_) for type_ in TYPES if type_ not in named]
    return {"can_send_message": outer, "entities": [*told, *others]}


def body(health_status: object = None, **fields: object) -> bytes:
    """Health and a connected number, or whatever is given instead."""
    said = health() if health_status is None else health_status
    document = {"health_status": said, "status": "CONNECTED", "id": IDS["PHONE_NUMBER"], **fields}
    return json.dumps({name: value for name, value in document.items() if value != "ABSENT"}).encode()


def answer(health_status: object = None, served: str = DEFAULT, **fields: object) -> NumberAnswer:
    """What HTTP 200 with such a body says."""
    return number_outcome_of(200, body(health_status, **fields), served)


def envelope(code: int, subcode: int | None = None, message: str = "Said.") -> bytes:
    """The body of an error."""
    said = {"message": message, "type": "OAuthException", "code": code, "error_subcode": subcode}
    return json.dumps({"error": said}).encode()


def error(code: int, subcode: int | None = None, status: int = 400, message: str = "Said.") -> NumberAnswer:
    return number_outcome_of(status, envelope(code, subcode, message))


class Body:
    """The body of a response that has come whole."""

    def __init__(self, said: bytes) -> None:
        self.said = said

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.said

    async def aclose(self) -> None:
        """Nothing is open."""


def response(status: int, said: bytes, **headers: str) -> Response:
    """`headers`: with underscores for hyphens."""
    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Response(status, Headers(lines), Body(said))


def seen(said: NumberAnswer | None, confirmed: Status | None = None, **more: Any) -> NumberInput:
    """`more`: fields of `CloudDesired`, and of `NumberInput`."""
    more = {"over": False, **more}
    now = more.pop("now", NOW)
    wanted = {name: more.pop(name) for name in CloudDesired.__slots__ if name in more}
    return NumberInput(CloudDesired(**{"graph_version": DEFAULT, **wanted}), said, confirmed or Status(), now, **more)


def number_status(said: NumberAnswer | None, confirmed: Status | None = None, **more: Any) -> Status:
    """The status of one round."""
    one = seen(said, confirmed, **more)
    return evaluate_number(one, situation_of(one)).status
