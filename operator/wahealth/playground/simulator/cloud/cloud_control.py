"""The control interface of a simulated Cloud API, on loopback only.

`GET /` describes everything but secrets. `PATCH` takes settings as JSON and in part, and makes what is not there:
`/server`, `/numbers/{id}`, `/accounts/{id}`, `/apps/{id}`, `/tokens/{name}`, `/keys/{name}`. `DELETE` sets back to the
defaults, takes a token or a key away, and forgets how often an app has asked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from aiohttp import web
from pydantic import BaseModel

from wahealth.playground.simulator.cloud.settings import (
    AccountSettings,
    AppSettings,
    KeySettings,
    NumberSettings,
    ServerSettings,
    TokenSettings,
)
from wahealth.playground.simulator.cloud.world import Cloud, shown
from wahealth.playground.simulator.control import merged

Changed = Callable[[], Awaitable[None]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def cloud_application(cloud: Cloud, changed: Changed) -> web.Application:
    """`changed` is awaited after the server itself was changed, before the answer."""

    async def described(_: web.Request) -> web.Response:
        return web.json_response(cloud.described())

    async def server(request: web.Request) -> web.Response:
        cloud.server = await merged(request, cloud.server, ServerSettings)
        await changed()
        return web.json_response(cloud.server.model_dump())

    settings_of_app = _settings(cloud.apps, AppSettings)

    async def app_(request: web.Request) -> web.StreamResponse:
        if request.method == "DELETE":
            cloud.forget_calls(request.match_info["name"])
        return await settings_of_app(request)

    app = web.Application()
    app.router.add_get("/", described)
    kinds: dict[str, Handler] = {
        "/server": server,
        "/numbers/{name}": _settings(cloud.numbers, NumberSettings),
        "/accounts/{name}": _settings(cloud.accounts, AccountSettings),
        "/apps/{name}": app_,
        "/tokens/{name}": _secrets(cloud.tokens, TokenSettings),
        "/keys/{name}": _secrets(cloud.keys, KeySettings),
    }
    for path, handler in kinds.items():
        for method in ("PATCH", "DELETE"):
            app.router.add_route(method, path, handler)
    return app


def _settings(things: MutableMapping[str, Any], model: type[BaseModel]) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        things[name] = await merged(request, things.get(name) or model(), model)
        return web.json_response(shown(things[name]))

    return handler


def _secrets(things: MutableMapping[str, Any], model: type[BaseModel]) -> Handler:
    """Of what has no default, for it needs a secret."""

    async def handler(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if request.method == "DELETE":
            things.pop(name, None)
            return web.json_response({})
        things[name] = await merged(request, things.get(name) or model.model_construct(), model)
        return web.json_response(shown(things[name]))

    return handler
