"""360dialog's way to the same health: a key instead of a token, a path without an id, and an envelope of its own."""

from __future__ import annotations

from aiohttp import web

from wahealth.playground.simulator.cloud.graph_errors import no_such_object
from wahealth.playground.simulator.cloud.objects import View, number_document
from wahealth.playground.simulator.cloud.settings import NumberSettings
from wahealth.playground.simulator.cloud.world import Cloud

PATH, HEADER = "/health_status", "D360-API-KEY"
_WRONG_KEY = {"meta": {"success": False, "httpCode": 404, "developerMessage": "Invalid api_key or token expired"}}


def number_of(cloud: Cloud, request: web.Request) -> tuple[str, NumberSettings | None] | None:
    """The number that a key stands for, and its id; None for an unknown key."""
    key = cloud.key(request.headers.get(HEADER, ""))
    return (key.number, cloud.numbers.get(key.number)) if key else None


def health(cloud: Cloud, request: web.Request) -> web.Response:
    """Its own errors have an envelope of its own; those of the Graph API are handed on: `Refusal`."""
    found = number_of(cloud, request)
    if found is None:
        return web.json_response(_WRONG_KEY, status=401)
    id_, number = found
    if number is None or not number.exists:
        raise no_such_object()
    view = View(("health_status",), number.app, cloud.requests)
    return web.json_response(number_document(id_, number, cloud.accounts[number.account], view))
