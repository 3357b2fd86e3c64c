"""The control interface, on loopback only: `GET /` describes everything, `PATCH` sets, `DELETE` sets back.

`PATCH /clients/{namespace}/{name}` takes `ClientSettings`, `PATCH /pods/{namespace}/{name}` takes `PodSettings`, both
as JSON and in part.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from wahealth.playground.simulator.fleet import Fleet
from wahealth.playground.simulator.settings import ClientSettings, PodSettings

Changed = Callable[[], Awaitable[None]]
Settings = TypeVar("Settings", bound=BaseModel)


def application(fleet: Fleet, changed: Changed) -> web.Application:
    """`changed` is awaited after each change, before the answer."""

    async def described(_: web.Request) -> web.Response:
        return web.json_response(fleet.described())

    async def client(request: web.Request) -> web.Response:
        key = (request.match_info["namespace"], request.match_info["name"])
        owner = fleet.client(*key)
        fleet.set_by_control.add(key)
        owner.settings = await merged(request, owner.settings, ClientSettings)
        await changed()
        return web.json_response(owner.settings.model_dump(exclude={"password"}))

    async def pod(request: web.Request) -> web.Response:
        namespace, name = request.match_info["namespace"], request.match_info["name"]
        owner = next(fleet.of_pod(namespace, name), None)
        if owner is None:
            raise web.HTTPNotFound(text=f"no simulated pod {namespace}/{name}\n")
        owner.pods[name] = await merged(request, owner.pods.get(name) or PodSettings(), PodSettings)
        await changed()
        return web.json_response(owner.pods[name].model_dump())

    app = web.Application(client_max_size=16 * 1024 * 1024)
    app.router.add_get("/", described)
    for method in ("PATCH", "DELETE"):
        app.router.add_route(method, "/clients/{namespace}/{name}", client)
        app.router.add_route(method, "/pods/{namespace}/{name}", pod)
    return app


async def merged(request: web.Request, old: Settings, model: type[Settings]) -> Settings:
    """The old settings with those of the request; the defaults for a DELETE."""
    if request.method == "DELETE":
        return model()
    try:
        given = await request.json()
        return model.model_validate(old.model_dump(exclude_unset=True) | given)
    except (json.JSONDecodeError, TypeError):
        raise web.HTTPBadRequest(text="the body is to be a JSON object of settings\n") from None
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        raise web.HTTPBadRequest(text=f"{problems}\n") from None
