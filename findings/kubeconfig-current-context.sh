#!/usr/bin/env bash
# kubernetes (the Python client) 37.0.2: of several files in KUBECONFIG the last one's current-context is taken.
#
# Believed: as kubectl documents it, the first file that sets a value wins, for current-context as for all else.
# So it is: the file that comes last wins for current-context alone; for clusters, contexts and users of one name the
#           first does. So `KUBECONFIG=mine:theirs` works on another cluster in Python than with kubectl.
# What we do: kubeconfigs are read by our own reader; a table of its tests compares it with kubectl.
# Seen:     2026-11-28. Source: kubernetes-client/python, kubernetes/config/kube_config.py, KubeConfigMerger.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check kubernetes==37.0.2
for name in first last; do
  cat > "$work/$name" <<CONFIG
apiVersion: v1
kind: Config
current-context: $name
contexts: [{name: $name, context: {cluster: same, user: $name}}]
clusters: [{name: same, cluster: {server: "https://$name.example.com"}}]
users: [{name: $name, user: {token: t}}]
CONFIG
done
seen=$(KUBECONFIG="$work/first:$work/last" "$work/venv/bin/python" - <<'PYTHON'
from kubernetes import client, config

config.load_kube_config()
_, active = config.list_kube_config_contexts()
print(f"context {active['name']}, cluster {client.Configuration.get_default_copy().host}")
PYTHON
)
echo "$seen"
[ "$seen" = "context last, cluster https://first.example.com" ]
