"""Runs a real node: containerd, a bridge, kubelet and kube-proxy. Pods are real containers that kubelet really probes.

It needs root on Linux and must run in namespaces of its own, which `make e2e` makes: bridge, packet filter, mounts and
processes vanish with them, however it ends.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import yaml

from wahealth.playground.cluster.binaries import provide
from wahealth.playground.cluster.command_lines import NODE
from wahealth.playground.cluster.control_plane import ControlPlane, ControlPlaneFailed
from wahealth.playground.cluster.images import pause_image

ADDRESS = "10.244.0.1"  # the node's, on its bridge
_PODS = "10.244.0.0/24"
_PAUSE = "localhost/wahealth-pause:1"
_READY_SECONDS = 110  # a few are usual; the limit of kubectl itself is 120
NEEDED = ("kubelet", "kube-proxy", "containerd", "containerd-shim-runc-v2", "ctr")
MACHINE = ("runc", "iptables", "conntrack", "ip")  # from the distribution's packages
# Folders to which kubelet, containerd and the plugins write regardless of their settings.
_WRITTEN = ("/run/netns", "/var/lib/cni", "/var/log/pods", "/var/log/containers", "/var/lib/kubelet")
_PLUGINS = ("/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni")


def missing() -> list[str]:
    """What this machine lacks to run a real node; empty if it can."""
    lacking = [] if os.geteuid() == 0 else ["root"]
    lacking += [program for program in MACHINE if shutil.which(program) is None]
    return lacking if _plugins() else [*lacking, "CNI plugins"]


def _plugins() -> Path | None:
    return next((Path(folder) for folder in _PLUGINS if Path(folder, "bridge").exists()), None)


def bridge() -> None:
    """Makes the pods' network, needed before the control plane, which listens on it, and mounts temporary folders."""
    for command in (
        ["link", "set", "lo", "up"],
        ["link", "add", "cni0", "type", "bridge"],
        ["address", "add", f"{ADDRESS}/24", "dev", "cni0"],
        ["link", "set", "cni0", "up"],
    ):
        subprocess.run(["ip", *command], check=True, capture_output=True)
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    for folder in _WRITTEN:
        Path(folder).mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], check=True, capture_output=True)


class RealNode:
    """One node. Its programs are stopped with the control plane."""

    def __init__(self, plane: ControlPlane, cgroup: str) -> None:
        """`cgroup` is the path of a control group for this node alone (`cgroups.own`)."""
        self._plane = plane
        self._cgroup = cgroup
        self._programs = provide(NEEDED, say=lambda _: None)
        self._home = plane.directory / "node"
        self._home.mkdir()

    @property
    def socket(self) -> Path:
        return self._home / "containerd.sock"

    def start(self) -> None:
        """Starts the node and waits until it is Ready. Raises `ControlPlaneFailed`."""
        self._write("cni/10-bridge.conflist", json.dumps(self._network()))
        containerd = self._write("containerd.toml", self._containerd())
        shims = self._programs["containerd-shim-runc-v2"].parent
        path = {"PATH": f"{shims}{os.pathsep}{os.environ['PATH']}"}
        self._plane.start("containerd", [str(self._programs["containerd"]), "-c", str(containerd)], env=path)
        self._until_socket()
        self.load(pause_image(_PAUSE, self._home))
        kubelet = self._write("kubelet.yaml", yaml.safe_dump(self._kubelet()))
        proxy = self._write("kube-proxy.yaml", yaml.safe_dump(self._proxy()))
        flags = [f"--config={kubelet}", f"--kubeconfig={self._plane.directory / 'kubelet.kubeconfig'}"]
        flags += [f"--hostname-override={NODE}", f"--node-ip={ADDRESS}", f"--root-dir={self._home / 'kubelet'}"]
        self._plane.start("kubelet", [str(self._programs["kubelet"]), *flags])
        self._plane.start("kube-proxy", [str(self._programs["kube-proxy"]), f"--config={proxy}"])
        self._plane.kubectl("wait", "--for=create", f"node/{NODE}", f"--timeout={_READY_SECONDS}s")
        self._plane.kubectl("wait", "--for=condition=Ready", f"node/{NODE}", f"--timeout={_READY_SECONDS}s")

    def load(self, archive: Path) -> None:
        """Imports an image from an archive, for pods with imagePullPolicy Never. Raises `ControlPlaneFailed`."""
        argv = [str(self._programs["ctr"]), "-a", str(self.socket), "-n", "k8s.io", "images", "import", str(archive)]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ControlPlaneFailed(f"ctr images import {archive.name}: {done.stderr.strip()}")

    def _write(self, name: str, content: str) -> Path:
        path = self._home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return path

    def _until_socket(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while not self.socket.exists():
            if time.monotonic() > deadline:
                raise ControlPlaneFailed(f"containerd does not listen within {_READY_SECONDS} s")
            time.sleep(0.05)

    def _network(self) -> dict[str, Any]:
        ranges = {
            "ranges": [[{"subnet": _PODS}]],
            "routes": [{"dst": "0.0.0.0/0"}],
            "dataDir": str(self._home / "ipam"),
        }
        plugin = {"type": "bridge", "bridge": "cni0", "isGateway": True, "hairpinMode": True}
        return {
            "cniVersion": "0.4.0",
            "name": "pods",
            "plugins": [{**plugin, "ipam": {"type": "host-local", **ranges}}],
        }

    def _containerd(self) -> str:
        """The configuration of containerd. Without CAP_SYS_RESOURCE runc fails unless OOM scores stay as they are."""
        return f"""version = 2
root = "{self._home}/containerd"
state = "{self._home}/containerd-state"
[grpc]
  address = "{self.socket}"
[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true
  sandbox_image = "{_PAUSE}"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{_plugins()}"
    conf_dir = "{self._home}/cni"
"""

    def _kubelet(self) -> dict[str, Any]:
        at = self._plane.directory
        never = dict.fromkeys(("nodefs.available", "imagefs.available", "nodefs.inodesFree"), "1%")
        return {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
                "x509": {"clientCAFile": str(at / "ca.crt")},
            },
            "authorization": {"mode": "Webhook"},
            "address": ADDRESS,
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": self._cgroup,
            "failCgroupV1": False,
            "failSwapOn": False,
            "containerRuntimeEndpoint": f"unix://{self.socket}",
            "tlsCertFile": str(at / "kubelet.crt"),
            "tlsPrivateKeyFile": str(at / "kubelet.key"),
            "evictionHard": {"memory.available": "100Mi", **never},
            "imageGCHighThresholdPercent": 100,
            "syncFrequency": "10s",  # for mounted Secrets, among others
        }

    def _proxy(self) -> dict[str, Any]:
        return {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "clientConnection": {"kubeconfig": str(self._plane.kubeconfig)},
            "mode": "iptables",
            "clusterCIDR": _PODS,
            "hostnameOverride": NODE,
            "conntrack": {"maxPerCore": 0},
            "healthzBindAddress": "127.0.0.1:10256",
            "metricsBindAddress": "127.0.0.1:10249",
        }
