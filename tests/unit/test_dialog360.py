"""What 360dialog answers: the vendor's health, errors of the Graph API handed on, and errors of its own."""

from __future__ import annotations

import asyncio
import json
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.phone_numbers import body, envelope, number_status, response
from wahealth.core.answer import Malformed, Unreachable
from wahealth.core.cloud.errors import ErrorClass, GraphError
from wahealth.core.cloud.report import NumberReport
from wahealth.core.cloud.wanted import Provider
from wahealth.core.status import ConditionType
from wahealth.probe.client import Prober, ProbeResponse
from wahealth.probe.cloud.dialog360 import PATH, ask_dialog360, dialog360_outcome_of
from wahealth.probe.credential import dialog360_key
from wahealth.probe.message import Reader, Request
from wahealth.probe.waweb import HealthEndpoint, ProbeRequest

T = TypeVar("T")
KEY = b"a-canary-of-360dialog"


def meta(code: int, message: str) -> bytes:
    return json.dumps({"meta": {"httpCode": code, "developerMessage": message, "success": False}}).encode()


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (401, meta(404, "Invalid api_key or token expired"), ErrorClass.CREDENTIAL),
        (403, meta(403, "This URL is blocked."), ErrorClass.PERMISSION),
        (400, meta(400, "You have exceeded the limit of 1 request every 5 seconds."), ErrorClass.THROTTLE),
        (429, b"", ErrorClass.THROTTLE),
        (400, meta(400, "Your WhatsApp for Business API has been disabled."), ErrorClass.UNKNOWN),
        (500, b'{"meta": {"success": false, "http_code": 555, "developer_message": "Internal"}}', ErrorClass.TRANSIENT),
        (502, b"<html>Bad Gateway</html>", ErrorClass.TRANSIENT),
        (400, envelope(131031), ErrorClass.DOWN),
        (400, envelope(100, 33), ErrorClass.NOT_FOUND),
    ],
)
def test_the_class_of_an_error(status: int, said: bytes, kind: ErrorClass) -> None:
    outcome = dialog360_outcome_of(status, said)
    assert isinstance(outcome, GraphError)
    assert outcome.kind is kind


def test_a_good_answer_is_the_vendors_own() -> None:
    assert isinstance(dialog360_outcome_of(200, body()), NumberReport)


@given(st.integers(200, 599), st.binary(max_size=200) | st.builds(meta, st.integers(), st.text()))
def test_no_bytes_raise(status: int, said: bytes) -> None:
    assert isinstance(dialog360_outcome_of(status, said), NumberReport | GraphError | Malformed)


class Noting(Prober):
    def __init__(self) -> None:
        super().__init__()
        self.requests: list[Request] = []

    async def exchange(self, request: Request, read: Reader[T]) -> ProbeResponse[T | Unreachable]:
        self.requests.append(request)
        return ProbeResponse(await read(response(200, body())))


def test_the_key_goes_into_its_own_header_and_tells_numbers_apart() -> None:
    prober, place = Noting(), HealthEndpoint("waba.example.com", ("192.0.2.1",), path=PATH)
    for key in (KEY, b"another"):
        asyncio.run(ask_dialog360(prober, ProbeRequest(place, dialog360_key(key), 14.0)))
    one, other = prober.requests
    assert one.target == PATH
    assert ("D360-API-KEY", KEY.decode()) in one.headers
    assert not [name for name, _ in one.headers if name == "Authorization"]
    assert one.turn != other.turn  # the slowness of one number is not another's
    assert KEY.decode() not in repr(one) + one.turn


class Odd(Prober):
    async def exchange(self, request: Request, read: Reader[T]) -> ProbeResponse[T | Unreachable]:
        return ProbeResponse(await read(response(200, b'{"health_status": 1}')))


def test_the_name_of_its_path_is_no_id_that_is_hidden() -> None:
    place = HealthEndpoint("waba.example.com", ("192.0.2.1",), path=PATH)
    found = asyncio.run(ask_dialog360(Odd(), ProbeRequest(place, dialog360_key(KEY), 14.0))).outcome
    assert found == Malformed("its health_status is no JSON object")


def condition(status: int, said: bytes, type_: ConditionType) -> Any:
    found = number_status(dialog360_outcome_of(status, said), provider=Provider.DIALOG360, graph_version="")
    return found.condition(type_)


def test_its_sentences_are_about_a_key() -> None:
    rejected = condition(401, meta(404, "Invalid api_key"), ConditionType.CREDENTIALS_VALID)
    assert rejected.message == ("The Cloud API rejects the 360dialog API key: put one that it accepts into the Secret.")
    forbidden = condition(403, meta(403, "Blocked."), ConditionType.CREDENTIALS_VALID)
    assert (forbidden.reason, forbidden.message.startswith("The partner 360dialog forbids")) == (
        "AccessForbidden",
        True,
    )
    gone = condition(400, envelope(100, 33), ConditionType.ACCEPTED)
    assert gone.message.startswith("The partner 360dialog knows no phone number for this key any more")
    assert condition(200, body(), ConditionType.GRAPH_VERSION_SUPPORTED) is None
