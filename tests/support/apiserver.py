"""An API server that answers what a test wants, over plain HTTP on the loopback address, and notes what it is asked."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

Document = dict[str, Any]
Reply = Document | int | bytes | tuple[int, Document] | Callable[[Mapping[str, str]], Document | int | bytes]

CLIENTS = "/apis/wahealth.io/v1alpha1"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/wahealth-system/leases"


class ApiServer:
    """`replies` has an answer for each path: a document, a status with or without one, bytes, or what makes an answer
    of the query. Any other path is answered with 404, as the API server does.
    """

    def __init__(self) -> None:
        self.replies: dict[str, Reply] = {}
        self.asked: list[tuple[str, Mapping[str, str]]] = []
        self.delay = 0.0  # seconds before each answer
        self.port = 0

    def reply(self, target: str, headers: Mapping[str, str]) -> tuple[int, bytes]:
        self.asked.append((target, dict(headers)))
        time.sleep(self.delay)
        url = urlsplit(target)
        found = self.replies.get(url.path, 404)
        if callable(found):
            found = found({name: values[0] for name, values in parse_qs(url.query).items()})
        if isinstance(found, tuple):
            return found[0], json.dumps(found[1]).encode()
        if isinstance(found, bytes):
            return 200, found
        if isinstance(found, int):
            name = url.path.rpartition("/")[2]
            said = {403: "is forbidden", 404: f'"{name}" not found'}.get(found, "went wrong")
            return found, json.dumps({"kind": "Status", "code": found, "message": said}).encode()
        return 200, json.dumps(found).encode()

    def kubeconfig(self, folder: Path, namespace: str = "acme") -> Path:
        path = folder / "kubeconfig"
        document = {
            "clusters": [{"name": "one", "cluster": {"server": f"http://127.0.0.1:{self.port}"}}],
            "users": [{"name": "me", "user": {"token": "canary-of-a-token"}}],
            "contexts": [
                {"name": name, "context": {"cluster": "one", "user": "me", "namespace": where}}
                for name, where in (("here", namespace), ("there", "other"))
            ],
            "current-context": "here",
        }
        path.write_text(yaml.safe_dump(document))
        return path


@contextlib.contextmanager
def serving() -> Iterator[ApiServer]:
    """An API server until the end of the block."""
    server = ApiServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = server.reply(self.path, self.headers)  # type: ignore[arg-type]
            with contextlib.suppress(OSError):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        server.port = http.server_address[1]
        thread = threading.Thread(target=http.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()


def listed(*items: Document, more: str = "") -> Document:
    """A list, with what continues it."""
    return {"kind": "List", "metadata": {"continue": more}, "items": list(items)}
