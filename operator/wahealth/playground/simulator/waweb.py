"""The Webapp: HTTPS on one port, each web pod on its own address, told apart by the address a connection came in on."""

from __future__ import annotations

import hmac
import ssl
from collections import defaultdict

from aiohttp import web

from wahealth.playground.simulator.client import Json
from wahealth.playground.simulator.faults import abort, answer_with
from wahealth.playground.simulator.fleet import Fleet, WebPod, now
from wahealth.playground.simulator.tokens import Logins, credentials

ACCESS_DENIED = {"code": 1005, "title": "Access denied", "details": "Missing or invalid authentication credentials"}
NOT_FOUND = {"code": 1006, "title": "Resource not found", "details": "URL path not found"}
TOO_MANY = {"code": 1015, "title": "Too many requests", "details": "Too many failed logins"}


class Waweb:
    def __init__(
        self, fleet: Fleet, port: int, context: ssl.SSLContext | None, ca: str, *, only: str | None = None
    ) -> None:
        """`only`: the address of the one web pod that is served here."""
        self._only = only
        self._fleet = fleet
        self._port = port
        self._context = context
        self._ca = ca
        self._sites: dict[str, web.TCPSite] = {}  # by address
        self._logins: dict[int, Logins] = defaultdict(Logins)  # by the identity of the client
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._served)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)

    async def start(self) -> None:
        await self._runner.setup()

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def listen(self) -> None:
        """Listen where a web pod runs that does not refuse, and nowhere else."""
        wanted = {address for address, pod in self._fleet.web.items() if not pod.faults.refuse}
        wanted &= {self._only} if self._only else wanted
        for address in self._sites.keys() - wanted:
            await self._sites.pop(address).stop()
        for address in wanted - self._sites.keys():
            self._sites[address] = site = web.TCPSite(
                self._runner,
                "0.0.0.0" if self._only else address,
                self._port,
                ssl_context=self._context,
                reuse_address=True,
            )
            await site.start()

    async def _served(self, request: web.Request) -> web.StreamResponse:
        pod = self._pod(request)
        if pod is None:
            return abort(request)
        pod.counts["requests"] += 1
        return await answer_with(pod.faults, request, lambda: self._routed(pod, request))

    def _pod(self, request: web.Request) -> WebPod | None:
        address = request.get_extra_info("sockname")
        return self._fleet.web.get(self._only or address[0]) if address else None

    def _routed(self, pod: WebPod, request: web.Request) -> web.Response:
        match request.method, request.path:
            case "GET", "/v1/health":
                return self._health(pod, request)
            case "POST", "/v1/users/login":
                return self._login(pod, request)
            case "GET", "/v1/certificates/external/ca":
                return web.Response(text=self._ca, content_type="application/x-pem-file")
            case "GET", "/":
                return web.Response(text="WhatsApp Business API client (simulated)\n")
            case _:
                return web.json_response({**pod.client.meta, "errors": [NOT_FOUND]}, status=404)

    def _health(self, pod: WebPod, request: web.Request) -> web.Response:
        if not self._may(pod, request.headers.get("Authorization", "")):
            return _denied(pod)
        status, body = pod.client.answer(now())
        return web.json_response(body, status=status)

    def _may(self, pod: WebPod, header: str) -> bool:
        scheme, _, secret = header.partition(" ")
        if scheme == "Bearer":
            return self._logins[id(pod.client)].accepts(secret)
        given = secret.encode("utf-8", "surrogateescape")
        return scheme == "Apikey" and pod.key is not None and hmac.compare_digest(given, pod.key)

    def _login(self, pod: WebPod, request: web.Request) -> web.Response:
        logins, settings = self._logins[id(pod.client)], pod.client.settings
        if logins.limited():
            body = {**pod.client.meta, "errors": [TOO_MANY]}
            return web.json_response(body, status=429, headers={"Retry-After": "60"})
        if credentials(request.headers.get("Authorization", "")) != (settings.username, settings.password):
            logins.bad()
            return _denied(pod)
        token, ends = logins.token()
        user = {"token": token, "expires_after": ends.strftime("%Y-%m-%d %H:%M:%S+00:00")}
        return web.json_response({"users": [user], **pod.client.meta})


def _denied(pod: WebPod) -> web.Response:
    pod.counts["refused"] += 1
    if not pod.client.settings.json_401:
        return web.Response(status=401)
    body: Json = {**pod.client.meta, "errors": [ACCESS_DENIED]}
    return web.json_response(body, status=401)
