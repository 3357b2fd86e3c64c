"""Simulated nodes: Deployments and scheduler are real, and kwok takes the part of kubelet.

Each pod gets a loopback address in 127.64.0.0/16, so that one process can answer for all pods.
"""

from __future__ import annotations

import contextlib
import fcntl
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from wahealth.playground.cluster.control_plane import ControlPlane

CIDR = "127.64.0.0/16"
LABEL = "kwok"  # value of the label `type`, by which pods select, because the scheduler treats all nodes alike

_NODE_STATUS = """
phase: Running
allocatable: {cpu: "1000", memory: 1Ti, pods: "100000"}
capacity: {cpu: "1000", memory: 1Ti, pods: "100000"}
conditions:
{{ range NodeConditions }}
- type: {{ .type | Quote }}
  status: {{ .status | Quote }}
  reason: {{ .reason | Quote }}
  message: {{ .message | Quote }}
  lastHeartbeatTime: {{ Now | Quote }}
  lastTransitionTime: {{ Now | Quote }}
{{ end }}
"""
_POD_STATUS = """
{{ $now := Now }}
phase: Running
startTime: {{ $now | Quote }}
hostIP: {{ NodeIPWith .spec.nodeName | Quote }}
{{ $m := .metadata }}
podIP: {{ PodIPWith .spec.nodeName false (or $m.uid "") (or $m.name "") (or $m.namespace "") | Quote }}
conditions:
{{ range $type := (list "PodScheduled" "Initialized" "ContainersReady" "Ready") }}
- {type: {{ $type }}, status: "True", lastTransitionTime: {{ $now | Quote }}}
{{ end }}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  restartCount: 0
  ready: true
  started: true
  state: {running: {startedAt: {{ $now | Quote }}}}
{{ end }}
"""
_ALIVE = {"key": ".metadata.deletionTimestamp", "operator": "DoesNotExist"}


def start_nodes(plane: ControlPlane, count: int) -> None:
    """Starts kwok and `count` nodes, and waits until they are Ready."""
    config = plane.directory / "kwok.yaml"
    config.write_text(yaml.safe_dump_all(_stages()))
    plane.kubectl("apply", "-f", "-", input=yaml.safe_dump_all([_node(number) for number in range(count)]))
    argv = [str(plane.binaries["kwok"]), f"--kubeconfig={plane.kubeconfig}", f"--config={config}", f"--cidr={CIDR}"]
    plane.start("kwok", [*argv, "--node-lease-duration-seconds=40", f"--manage-nodes-with-label-selector=type={LABEL}"])
    plane.kubectl("wait", "--for=condition=Ready", "node", "-l", f"type={LABEL}", "--timeout=30s")


def _node(number: int) -> dict[str, Any]:
    name = f"simulated-{number}"
    labels = {"type": LABEL, "kubernetes.io/hostname": name}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}


def _stages() -> list[dict[str, Any]]:
    running = {"key": ".status.phase", "operator": "NotIn", "values": ["Running"]}
    no_address = {"key": ".status.podIP", "operator": "DoesNotExist"}
    gone = {"key": ".metadata.deletionTimestamp", "operator": "Exists"}
    return [
        _stage("node-ready", "Node", [running], {"statusTemplate": _NODE_STATUS}),
        _stage("pod-running", "Pod", [_ALIVE, no_address], {"statusTemplate": _POD_STATUS}),
        _stage("pod-gone", "Pod", [gone], {"delete": True}),
    ]


def _stage(name: str, kind: str, when: list[dict[str, Any]], then: dict[str, Any]) -> dict[str, Any]:
    reference = {"apiGroup": "v1", "kind": kind}
    spec = {"resourceRef": reference, "selector": {"matchExpressions": when}, "next": then}
    return {"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "Stage", "metadata": {"name": name}, "spec": spec}


@contextlib.contextmanager
def claim_port(first: int = 8443) -> Iterator[int]:
    """The first port that no other playground on this machine uses, because playgrounds use the same pod addresses.

    The claim lasts during the block. Lock files stay, because removing one while another process locks it is a race.
    Raises `RuntimeError` if a hundred ports are taken.
    """
    for port in range(first, first + 100):
        with contextlib.ExitStack() as held:
            if _claimed(port, held):
                yield port
                return
    raise RuntimeError(f"all ports from {first} to {first + 99} are taken")


def _claimed(port: int, held: contextlib.ExitStack) -> bool:
    """Whether the port was claimed; False also if its lock file belongs to another user, or the port to another
    program."""
    path = Path(tempfile.gettempdir()) / f"wahealth-port-{port}.lock"
    try:
        file = held.enter_context(path.open("a"))
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("", port))
    except OSError:
        return False
    return True
