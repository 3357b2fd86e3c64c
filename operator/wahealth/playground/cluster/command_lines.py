"""The command lines of a control plane's programs, and the files that they read."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import SystemRandom
from typing import Any, Self

import yaml

from wahealth.playground.pki import Authority, key_pair

HOST = "127.0.0.1"
# Ports of neither connections, for which the kernel takes those from 32768 on (ip(7)), nor of nodes (from 30000 on).
_NO_CONNECTIONS = range(10_000, 30_000)
NODE = "node1"  # the real one
_OF_NODE = ["--kubelet-preferred-address-types=InternalIP"]
_SERVICES = "10.96.0.0/16"
_FIRST_SERVICE = "10.96.0.1"  # `kubernetes.default`

# Tests count who wrote what. Constant noise is left out: leases of nodes and reads of events.
AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived", "ResponseStarted"],
    "rules": [
        {"level": "None", "verbs": ["watch"]},
        {
            "level": "None",
            "namespaces": ["kube-node-lease", "kube-system"],
            "resources": [{"group": "coordination.k8s.io", "resources": ["leases"]}],
        },
        {
            "level": "None",
            "verbs": ["get", "list"],
            "resources": [{"group": group, "resources": ["events"]} for group in ("", "events.k8s.io")],
        },
        {"level": "Metadata"},
    ],
}


@dataclass(frozen=True)
class Ports:
    """The ports of a control plane's programs, all on loopback but the API server's."""

    etcd: int
    peer: int
    api: int
    manager: int
    scheduler: int

    @classmethod
    def free(cls) -> Self:
        return cls(*free_ports(5))


def free_ports(count: int) -> list[int]:
    """Ports that are free now; another program may take them before they are used, but no connection does."""
    with contextlib.ExitStack() as held:
        return list(islice(_free(held), count))


def _free(held: contextlib.ExitStack) -> Iterator[int]:
    for port in SystemRandom().sample(_NO_CONNECTIONS, len(_NO_CONNECTIONS)):
        with contextlib.suppress(OSError):
            held.enter_context(socket.socket()).bind((HOST, port))
            yield port


@dataclass(frozen=True)
class Layout:
    """The files and ports of a control plane. `host` is the API server's address: loopback or that of a real node."""

    directory: Path
    ports: Ports
    host: str = HOST

    @property
    def url(self) -> str:
        return f"https://{self.host}:{self.ports.api}"

    @property
    def etcd(self) -> str:
        return f"http://{HOST}:{self.ports.etcd}"

    @property
    def audit_log(self) -> Path:
        return self.directory / "audit.log"

    @property
    def admin(self) -> Path:
        return self.directory / "admin.kubeconfig"

    def at(self, name: str) -> str:
        return str(self.directory / name)

    def write_files(self) -> None:
        """Writes certificates, kubeconfigs and the audit policy."""
        authority = Authority.new("playground")
        (self.directory / "ca.crt").write_bytes(authority.pem)
        (self.directory / "sa.key").write_bytes(key_pair())
        (self.directory / "audit-policy.yaml").write_text(json.dumps(AUDIT_POLICY))
        names = [*dict.fromkeys((HOST, self.host)), _FIRST_SERVICE, "localhost", "kubernetes.default.svc"]
        self._write_pair("apiserver", authority.issue("kube-apiserver", names))
        self._write_pair("admin", authority.issue("admin", organization="system:masters"))
        self.write_kubeconfig("admin", {"client-certificate": self.at("admin.crt"), "client-key": self.at("admin.key")})
        if self.host != HOST:
            self._write_pair("kubelet", authority.issue(f"system:node:{NODE}", [self.host, NODE], "system:nodes"))
            node = {"client-certificate": self.at("kubelet.crt"), "client-key": self.at("kubelet.key")}
            self.write_kubeconfig("kubelet", node)

    def _write_pair(self, name: str, pair: tuple[bytes, bytes]) -> None:
        for ending, content in zip(("crt", "key"), pair, strict=True):
            (self.directory / f"{name}.{ending}").write_bytes(content)

    def write_kubeconfig(self, name: str, user: Mapping[str, str]) -> Path:
        """Writes a kubeconfig with these fields of a user and returns its path."""
        cluster = {"server": self.url, "certificate-authority": self.at("ca.crt")}
        document: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "playground", "cluster": cluster}],
            "users": [{"name": name, "user": dict(user)}],
            "contexts": [{"name": "playground", "context": {"cluster": "playground", "user": name}}],
            "current-context": "playground",
        }
        path = self.directory / f"{name}.kubeconfig"
        path.write_text(yaml.safe_dump(document))
        return path


def etcd(layout: Layout) -> list[str]:
    peer = f"http://{HOST}:{layout.ports.peer}"
    return [
        f"--data-dir={layout.at('etcd')}",
        f"--listen-client-urls={layout.etcd}",
        f"--advertise-client-urls={layout.etcd}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",
    ]


def api_server(layout: Layout) -> list[str]:
    return [
        f"--etcd-servers={layout.etcd}",
        f"--bind-address={layout.host}",
        f"--advertise-address={layout.host}",
        f"--secure-port={layout.ports.api}",
        f"--tls-cert-file={layout.at('apiserver.crt')}",
        f"--tls-private-key-file={layout.at('apiserver.key')}",
        f"--client-ca-file={layout.at('ca.crt')}",
        f"--service-account-key-file={layout.at('sa.key')}",
        f"--service-account-signing-key-file={layout.at('sa.key')}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-cluster-ip-range={_SERVICES}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        *(_OF_NODE if layout.host != HOST else ["--endpoint-reconciler-type=none"]),  # loopback cannot be an endpoint
        f"--kubelet-client-certificate={layout.at('admin.crt')}",
        f"--kubelet-client-key={layout.at('admin.key')}",
        f"--audit-policy-file={layout.at('audit-policy.yaml')}",
        f"--audit-log-path={layout.audit_log}",
        "--audit-log-mode=blocking",
    ]


def controller_manager(layout: Layout) -> list[str]:
    return [
        *_controller(layout, layout.ports.manager),
        f"--service-account-private-key-file={layout.at('sa.key')}",
        f"--root-ca-file={layout.at('ca.crt')}",
        "--use-service-account-credentials=true",
        "--kube-api-qps=300",  # the default rate limit delays the first controllers by 5 s
        "--kube-api-burst=600",
    ]


def scheduler(layout: Layout) -> list[str]:
    return _controller(layout, layout.ports.scheduler)


def _controller(layout: Layout, port: int) -> list[str]:
    listening = [f"--bind-address={HOST}", f"--secure-port={port}"]
    return [f"--kubeconfig={layout.admin}", "--leader-elect=false", *listening]
