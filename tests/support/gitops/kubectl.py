"""What `kubectl wait --for=condition=Ready` says of objects: kubectl itself, before a server that only holds these."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from wahealth.api.v1alpha1 import API_VERSION, GROUP, KIND
from wahealth.playground.cluster.binaries import provide

_VERSION = API_VERSION.rpartition("/")[2]
_SERVED = {"groupVersion": API_VERSION, "version": _VERSION}
_VERBS = ["get", "list", "watch"]
_RESOURCE = {"name": "whatsappclients", "singularName": "", "namespaced": True, "kind": KIND, "verbs": _VERBS}
_DISCOVERY = {
    "/api": {"kind": "APIVersions", "versions": []},
    "/apis": {
        "kind": "APIGroupList",
        "apiVersion": "v1",
        "groups": [{"name": GROUP, "versions": [_SERVED], "preferredVersion": _SERVED}],
    },
    f"/apis/{API_VERSION}": {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": API_VERSION,
        "resources": [_RESOURCE],
    },
}


def ready(objects: Sequence[dict[str, Any]]) -> list[bool]:
    """Of each: whether the wait ends well. All are looked at once, without waiting."""
    names = [f"client-{number}" for number in range(len(objects))]
    named = {
        name: {**found, "metadata": {**found["metadata"], "name": name}}
        for name, found in zip(names, objects, strict=True)
    }
    told = _waited(named)
    met = set(re.findall(r"^\S+/(\S+) condition met$", told, re.MULTILINE))
    unmet = set(re.findall(r"^(?:error: )?condition not met for \S+/(\S+)$", told, re.MULTILINE))
    assert met | unmet == set(names), told
    return [name in met for name in names]


def _waited(named: dict[str, dict[str, Any]]) -> str:
    kubectl = provide(["kubectl"], say=lambda text: print(text, file=sys.stderr))["kubectl"]
    wait = ["wait", "whatsappclients", "--all", "--for=condition=Ready", "--timeout=0", "--namespace=acme"]
    with _served(named) as address, tempfile.TemporaryDirectory() as folder:
        where = [f"--server={address}", "--kubeconfig=/dev/null", f"--cache-dir={folder}"]
        done = subprocess.run([kubectl, *where, *wait], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@contextmanager
def _served(named: dict[str, dict[str, Any]]) -> Iterator[str]:
    collection = f"/apis/{API_VERSION}/namespaces/acme/whatsappclients"
    listed = {
        "apiVersion": API_VERSION,
        "kind": f"{KIND}List",
        "metadata": {"resourceVersion": "1"},
        "items": list(named.values()),
    }
    each = {f"{collection}/{name}": found for name, found in named.items()}
    pages = {**_DISCOVERY, collection: listed, **each}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = pages.get(urlsplit(self.path).path)
            body = json.dumps(page).encode()
            self.send_response(404 if page is None else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
