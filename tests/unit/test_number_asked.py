"""How a number of the Cloud API is asked: what of an answer never goes any further, and how long it may take."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TypeVar

import looptime
import pytest

from support.phone_numbers import response
from wahealth.core.answer import FailureReason, Malformed, NumberAnswer, Unreachable
from wahealth.probe.client import Prober, ProbeResponse
from wahealth.probe.cloud.graph_number import FIELDS, NumberAsker
from wahealth.probe.credential import Credential, bearer_token
from wahealth.probe.message import Reader, Request
from wahealth.probe.waweb import HealthEndpoint, ProbeRequest

T = TypeVar("T")
TOKEN, NUMBER = "canary-of-some-length", "900000000000001"
BEARER = bearer_token(TOKEN.encode())


class Saying(Prober):
    """Gives one response after the other, each after some seconds, and notes the requests."""

    def __init__(self, *said: tuple[int, bytes], location: str = "", seconds: float = 0.0) -> None:
        super().__init__()
        self.left, self.location, self.seconds = list(said), location, seconds
        self.requests: list[Request] = []

    async def exchange(self, request: Request, read: Reader[T]) -> ProbeResponse[T | Unreachable]:
        self.requests.append(request)
        await asyncio.sleep(self.seconds)
        status, body = self.left.pop(0)
        headers = {"location": self.location} if self.location else {}
        return ProbeResponse(await read(response(status, body, **headers)))


def asked(prober: Prober, asker: NumberAsker | None = None, credential: Credential = BEARER) -> NumberAnswer:
    asker = asker or NumberAsker()
    place = HealthEndpoint("graph.example.com", ("192.0.2.1",), path=f"/v26.0/{NUMBER}")
    request = ProbeRequest(place, credential, 14.0)
    with asyncio.Runner(loop_factory=looptime.new_event_loop) as runner:
        return runner.run(asker(prober, request)).outcome


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"id": NUMBER, "status": TOKEN}).encode(),
        json.dumps({"id": NUMBER, "quality_rating": TOKEN}).encode(),
        json.dumps({"id": NUMBER, "whatsapp_business_manager_messaging_limit": TOKEN}).encode(),
        json.dumps({"health_status": {"can_send_message": TOKEN, "entities": [{"entity_type": TOKEN}]}}).encode(),
        f"<html><title>{TOKEN} is wrong</title></html>".encode(),
    ],
)
def test_whoever_repeats_the_token_does_not_bring_it_into_the_status(body: bytes) -> None:
    assert TOKEN not in repr(asked(Saying((200, body))))


@pytest.mark.parametrize("where", [f"https://login.example.com/{TOKEN}", f"https://{TOKEN}.example.com/"])
def test_a_redirect_shows_no_token(where: str) -> None:
    assert TOKEN not in repr(asked(Saying((302, b""), location=where)))


def test_a_redirect_and_a_page_show_no_id() -> None:
    redirected = asked(Saying((302, b""), location=f"https://www.example.com/v26.0/{NUMBER}"))
    assert isinstance(redirected, Unreachable)
    assert redirected.detail == "HTTP 302 to https://www.example.com"
    page = asked(Saying((200, f"<title>Cannot GET /v26.0/{NUMBER}</title>".encode())))
    assert isinstance(page, Malformed)
    assert NUMBER not in page.problem


def test_both_requests_together_have_one_timeout() -> None:
    unknown = json.dumps({"error": {"code": 100, "message": "Tried accessing nonexisting field"}}).encode()
    prober = Saying((400, unknown), (200, b'{"id": "1"}'), seconds=10.0)
    asked(prober)
    assert [request.timeout for request in prober.requests] == [14.0, 4.0]


def test_the_proof_of_the_app_secret_is_sent_and_shown_nowhere() -> None:
    proved = BEARER.proved_by(b"an-invented-app-secret")
    page = f"<title>Cannot GET /?appsecret_proof={proved.proof}</title>".encode()
    prober = Saying((200, page))
    said = asked(prober, credential=proved)
    request = prober.requests[0]
    assert request.target.endswith(f"&appsecret_proof={proved.proof}")
    assert proved.proof not in repr((said, request, proved))
    assert "an-invented-app-secret" not in repr(request) + request.target + repr(proved)


def nonexisting(field: str) -> tuple[int, bytes]:
    said = f"(#100) Tried accessing nonexisting field ({field}) on node type (WhatsAppBusinessPhoneNumber)"
    return 400, json.dumps({"error": {"code": 100, "message": said}}).encode()


def fields_of(request: Request) -> str:
    return request.target.rpartition("=")[2]


def test_a_field_that_a_version_does_not_know_is_asked_for_once() -> None:
    good = 200, b'{"id": "1"}'
    prober, asker = Saying(nonexisting("quality_rating"), good, good, nonexisting("status"), good, good), NumberAsker()
    for _ in range(4):
        asked(prober, asker)
    without = ",".join(name for name in FIELDS if name != "quality_rating")
    left = without.replace("status,platform", "platform")
    assert [fields_of(request) for request in prober.requests] == [
        ",".join(FIELDS),
        "health_status",
        without,
        without,
        "health_status",
        left,
    ]


def test_what_is_refused_of_one_number_is_asked_of_another() -> None:
    """Its resource may name any object as a number: what that does not know would be missed of all others."""
    prober, asker = Saying(nonexisting("status"), (200, b'{"id": "1"}'), (200, b'{"id": "1"}')), NumberAsker()
    asked(prober, asker)
    asked(prober, asker, credential=bearer_token(b"another-of-some-length"))
    assert fields_of(prober.requests[2]) == ",".join(FIELDS)


def test_a_refusal_that_names_no_field_of_ours_leaves_health_alone() -> None:
    prober, asker = Saying(nonexisting("another"), (200, b'{"id": "1"}'), (200, b'{"id": "1"}')), NumberAsker()
    for _ in range(2):
        asked(prober, asker)
    assert [fields_of(request) for request in prober.requests] == [",".join(FIELDS), "health_status", "health_status"]


class Impatient(Prober):
    """Where one number alone runs out of time."""

    async def _exchanged(self, request: Request, read: Reader[T]) -> ProbeResponse[T | Unreachable]:
        if NUMBER in request.target:
            return ProbeResponse(Unreachable(FailureReason.READ_TIMEOUT))
        return ProbeResponse(await read(response(200, b'{"id": "1"}')))


def test_a_number_that_runs_out_of_time_slows_no_other() -> None:
    """Its resource chooses its timeout; all numbers have one host."""
    prober = Impatient(slots=4)

    async def story() -> None:
        other = HealthEndpoint("graph.example.com", ("192.0.2.1",), path="/v26.0/900000000000002")
        for place in (other, replace(other, path=f"/v26.0/{NUMBER}")):
            await NumberAsker()(prober, ProbeRequest(place, None, 1.0))
        prober._bulkhead.timed_out("hole")
        async with asyncio.timeout(1), prober._bulkhead.slot("hole"):
            await NumberAsker()(prober, ProbeRequest(other, None, 1.0))

    asyncio.run(story())
