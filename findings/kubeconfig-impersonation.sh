#!/usr/bin/env bash
# kubernetes (the Python client) 37.0.2: a kubeconfig's `as` is not honoured, and nothing says so.
#
# Believed: a user entry with `as` and `as-groups` makes the client act as that user, as kubectl does, for
#           load_kube_config() reads the same file.
# So it is: the request goes out without Impersonate-User and Impersonate-Group. No error, no warning: what was meant to
#           be tried with somebody's few rights is done with all rights of the one who impersonates.
# What we do: kubeconfigs are read by our own reader, which sends these headers (operator/wahealth/kubeconfig/login.py).
# Seen:     2026-11-28. Source: kubernetes-client/python, kubernetes/config/kube_config.py, which knows no such field.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check kubernetes==37.0.2
cat > "$work/look.py" <<'PYTHON'
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from kubernetes import client, config

heard = {}


class ApiServer(BaseHTTPRequestHandler):
    def do_GET(self):
        heard.update(self.headers.items())
        body = json.dumps({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": []}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), ApiServer)
threading.Thread(target=server.serve_forever, daemon=True).start()
path = Path(sys.argv[1], "config")
path.write_text(
    json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
            "clusters": [{"name": "here", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
            "users": [{"name": "me", "user": {"token": "t", "as": "jane", "as-groups": ["readers"]}}],
        }
    )
)
config.load_kube_config(str(path))
client.CoreV1Api().list_namespaced_pod("default")
print("authorization" if "authorization" in {name.lower() for name in heard} else "no authorization", end=", ")
print("impersonates" if any(name.lower().startswith("impersonate") for name in heard) else "does not impersonate")
PYTHON
seen=$("$work/venv/bin/python" "$work/look.py" "$work")
echo "$seen"
[ "$seen" = "authorization, does not impersonate" ]
