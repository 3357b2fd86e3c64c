"""A proxy before waweb, as some put one there: plain HTTP, below a path of its own; it notes what is sent."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

ADDRESS, BASE = "127.0.0.1", "/support"


@dataclass
class Proxy:
    """`instead`: by method and path as waweb has it, a status and headers to answer with, and nothing is passed on."""

    url: str = ""
    heard: list[tuple[str, str, str]] = field(default_factory=list)  # method, path, Authorization
    instead: dict[tuple[str, str], tuple[int, dict[str, str]]] = field(default_factory=dict)

    def times(self, method: str, path: str) -> int:
        return len([one for one in self.heard if one[:2] == (method, BASE + path)])


@contextlib.contextmanager
def proxied(upstream: str) -> Iterator[Proxy]:
    """`upstream`: an origin, whose certificate nobody looks at."""
    proxy, client = Proxy(), httpx.Client(base_url=upstream, verify=False, trust_env=False)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            authorization = self.headers.get("Authorization", "")
            proxy.heard.append((self.command, self.path, authorization))
            status, headers, body = self._answer(authorization)
            with contextlib.suppress(ConnectionError):  # whoever asked may be gone by now
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

        def _answer(self, authorization: str) -> tuple[int, dict[str, str], bytes]:
            path = self.path.removeprefix(BASE)
            if path == self.path:
                return 404, {}, b""
            if (self.command, path) in proxy.instead:
                return *proxy.instead[self.command, path], b""
            sent = {"Authorization": authorization} if authorization else {}
            try:
                answer = client.request(self.command, path, headers=sent)
            except httpx.TransportError:
                return 502, {}, b""
            return answer.status_code, {}, answer.content

        def log_message(self, *_: object) -> None:
            """Not to stderr."""

    with ThreadingHTTPServer((ADDRESS, 0), Handler) as server:
        proxy.url = f"http://{ADDRESS}:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield proxy
        server.shutdown()
        thread.join()
    client.close()
