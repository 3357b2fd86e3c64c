"""Real proxies before a waweb of the tests, in the clear and on loopback: nginx, HAProxy, Envoy.

Below `/sign-in`, `/forbidden` and `/limited` the proxy itself answers; all else it passes on, and waits a second.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

ADDRESS = "127.0.0.1"
_STARTS_WITHIN = 20.0  # seconds


class Proxy(NamedTuple):
    """`written`: folder, own port, port of waweb → the command that runs it in the foreground."""

    program: str
    written: Callable[[Path, int, int], list[str]]


def _nginx(folder: Path, port: int, waweb: int) -> list[str]:
    (folder / "users").write_text("somebody:{PLAIN}an-invented-password\n")
    (folder / "nginx.conf").write_text(f"""
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{
    listen {ADDRESS}:{port};
    proxy_read_timeout 1s; proxy_next_upstream off; proxy_http_version 1.1; proxy_set_header Connection "";
    location /sign-in {{
      auth_basic "inner"; auth_basic_user_file {folder}/users; proxy_pass http://{ADDRESS}:{waweb};
    }}
    location /forbidden {{ deny all; }}
    location /limited {{ return 429; }}
    location / {{ proxy_pass http://{ADDRESS}:{waweb}; }}
  }}
}}
""")
    return ["-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]


def _haproxy(folder: Path, port: int, waweb: int) -> list[str]:
    (folder / "haproxy.cfg").write_text(f"""
defaults
  mode http
  retries 0
  timeout connect 1s
  timeout client 10s
  timeout server 1s
userlist users
  user somebody insecure-password an-invented-password
frontend before
  bind {ADDRESS}:{port}
  http-request auth realm inner if {{ path_beg /sign-in }} !{{ http_auth(users) }}
  http-request deny if {{ path_beg /forbidden }}
  http-request deny deny_status 429 if {{ path_beg /limited }}
  default_backend waweb
backend waweb
  server one {ADDRESS}:{waweb}
""")
    return ["-db", "-f", str(folder / "haproxy.cfg")]


def _envoy(folder: Path, port: int, waweb: int) -> list[str]:
    def itself(path: str, status: int) -> dict[str, object]:
        return {"match": {"prefix": path}, "direct_response": {"status": status}}

    challenge = {"header": {"key": "www-authenticate", "value": 'Basic realm="inner"'}}
    routes = [
        itself("/sign-in", 401) | {"response_headers_to_add": [challenge]},
        itself("/forbidden", 403),
        itself("/limited", 429),
        {"match": {"prefix": "/"}, "route": {"cluster": "waweb", "timeout": "1s"}},
    ]
    of = "type.googleapis.com/envoy.extensions.filters"
    manager = {
        "@type": f"{of}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "before",
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}]},
        "http_filters": [{"name": "router", "typed_config": {"@type": f"{of}.http.router.v3.Router"}}],
    }
    chain = {"filters": [{"name": "http", "typed_config": manager}]}
    cluster = {
        "name": "waweb",
        "connect_timeout": "1s",
        "load_assignment": {
            "cluster_name": "waweb",
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": _socket(waweb)}}]}],
        },
    }
    listener = {"name": "before", "address": _socket(port), "filter_chains": [chain]}
    config = {"static_resources": {"listeners": [listener], "clusters": [cluster]}}
    (folder / "envoy.json").write_text(json.dumps(config))
    few = ["--concurrency", "1", "--disable-hot-restart", "-l", "error"]
    return ["-c", str(folder / "envoy.json"), *few]


def _socket(port: int) -> dict[str, object]:
    return {"socket_address": {"address": ADDRESS, "port_value": port}}


PROXIES = {"nginx": Proxy("nginx", _nginx), "haproxy": Proxy("haproxy", _haproxy), "envoy": Proxy("envoy", _envoy)}


def program(name: str) -> str | None:
    """Of this machine; Envoy also from its wheel."""
    found = shutil.which(name, path=None) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    spec = importlib.util.find_spec(name) if found is None and name == "envoy" else None
    return str(Path(spec.origin).parent / "_bin" / "envoy") if spec and spec.origin else found


def free_port() -> int:
    with socket.create_server((ADDRESS, 0)) as listening:
        return int(listening.getsockname()[1])


@contextlib.contextmanager
def before(name: str, folder: Path, port: int, waweb: int) -> Iterator[None]:
    """It listens on `port`, until the end."""
    path = program(name)
    assert path is not None
    effect = [path, *PROXIES[name].written(folder, port, waweb)]
    with (folder / "output").open("wb") as output, subprocess.Popen(effect, stdout=output, stderr=output) as running:
        try:
            _wait_for(port, running)
            yield
        finally:
            running.kill()


def _wait_for(port: int, running: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _STARTS_WITHIN
    while True:
        try:
            socket.create_connection((ADDRESS, port), 1).close()
            return
        except OSError:
            assert running.poll() is None, "the proxy ended"
            assert time.monotonic() < until, "the proxy does not listen"
            time.sleep(0.02)
