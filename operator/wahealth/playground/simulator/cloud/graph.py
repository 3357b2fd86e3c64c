"""The routes of graph.facebook.com: numbers, accounts, their templates, and tokens. Each raises `Refusal`."""

from __future__ import annotations

from aiohttp import web

from wahealth.playground.simulator.client import Json
from wahealth.playground.simulator.cloud.authentication import authenticate, check_permission, token_problem
from wahealth.playground.simulator.cloud.graph_errors import Refusal, no_such_object, refusal
from wahealth.playground.simulator.cloud.graph_path import GraphPath, is_newer
from wahealth.playground.simulator.cloud.objects import (
    View,
    account_document,
    number_document,
    templates_page,
    token_document,
)
from wahealth.playground.simulator.cloud.quota import usage_headers
from wahealth.playground.simulator.cloud.settings import AccountSettings, NumberSettings, TokenSettings
from wahealth.playground.simulator.cloud.world import Cloud, epoch, monotonic

DEBUG_TOKEN = "debug_token"


def routed(cloud: Cloud, request: web.Request, path: GraphPath, headers: dict[str, str]) -> web.Response:
    """`headers`: where usage is put, which comes with an error, too."""
    if request.method != "GET" or not path.name or is_newer(path.version, cloud.server.newest_version):
        raise _unknown_path(path.version)
    token = authenticate(
        cloud, request.headers.get("Authorization", ""), request.query.get("appsecret_proof", ""), epoch()
    )
    _count(cloud, token, cloud.account_of(path.name), headers)
    if path.name == DEBUG_TOKEN:
        return web.json_response(_debugged(cloud, request.query.get("input_token", "")))
    return web.json_response(_document(cloud, request, path, token))


def _count(cloud: Cloud, token: TokenSettings, account: str, headers: dict[str, str]) -> None:
    app, quota, now = cloud.apps[token.app], cloud.quotas[token.app, account], monotonic()
    is_within = quota.call(app, now)
    headers |= usage_headers(quota, app, account, now)
    if not is_within:
        raise refusal(app.throttle_code, http_status=app.throttle_status)


def _document(cloud: Cloud, request: web.Request, path: GraphPath, token: TokenSettings) -> Json:
    object_ = cloud.object(path.name)
    if object_ is None or not object_.exists:
        raise no_such_object()
    check_permission(token, cloud.account_of(path.name))
    view = View(_fields(request), token.app, cloud.requests)
    match object_, path.edge:
        case NumberSettings(), "":
            return number_document(path.name, object_, cloud.accounts[object_.account], view)
        case AccountSettings(), "":
            return account_document(path.name, object_, view)
        case AccountSettings(), "message_templates":
            return templates_page(object_, view.fields, _whole(request, "limit", 25), _whole(request, "after", 0))
        case _:
            raise _unknown_path(path.edge)


def _debugged(cloud: Cloud, secret: str) -> Json:
    if not secret:
        raise refusal(100, message="(#100) The parameter input_token is required")
    token = cloud.token(secret)
    return token_document(token, token_problem(token, epoch()))


def _unknown_path(part: str) -> Refusal:
    return refusal(2500, message=f"Unknown path components: /{part}")


def _fields(request: web.Request) -> tuple[str, ...]:
    return tuple(name for name in request.query.get("fields", "").split(",") if name)


def _whole(request: web.Request, name: str, otherwise: int) -> int:
    written = request.query.get(name, "")
    return int(written) if written.isascii() and written.isdigit() and len(written) < 7 else otherwise
