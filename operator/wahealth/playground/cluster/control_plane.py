"""Runs a real Kubernetes control plane on free ports of loopback, without root: etcd, API server, controller manager,
scheduler."""

from __future__ import annotations

import contextlib
import os
import ssl
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import httpx

from wahealth.playground.cluster import command_lines
from wahealth.playground.cluster.binaries import provide
from wahealth.playground.cluster.command_lines import Layout, Ports
from wahealth.playground.cluster.processes import ManagedProcess
from wahealth.playground.cluster.workdir import own_directory

NEEDED = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl", "kwok")
READY_SECONDS = 60  # it takes about 5; a busy machine may take longer
_PROGRAM_SECONDS = 120.0
_TRIES = 3
_DEFAULT_ACCOUNT = "/api/v1/namespaces/default/serviceaccounts/default"


class ControlPlaneFailed(Exception):
    """A program of the control plane failed; the text has its name and the end of its log or output."""


class PortTaken(ControlPlaneFailed):
    """Another program took a port between its choice and its use."""


def kubectl_prints(program: Path, flags: Sequence[str], arguments: Sequence[str], given: str | None) -> str:
    """The stdout of kubectl; `given` is its stdin. Raises `ControlPlaneFailed`."""
    return printed([program, *flags, *arguments], f"kubectl {' '.join(arguments)}", input=given)


def printed(argv: Sequence[str | Path], asked: str, seconds: float = _PROGRAM_SECONDS, **how: Any) -> str:
    """The program's stdout. Raises `ControlPlaneFailed`, with `asked` and its stderr, if it fails or runs longer than
    `seconds`. `how` are further arguments of `subprocess.run`."""
    try:
        done: subprocess.CompletedProcess[str] = subprocess.run(
            argv, capture_output=True, text=True, check=False, timeout=seconds, **how
        )
    except subprocess.TimeoutExpired:
        raise ControlPlaneFailed(f"{asked}: no end after {seconds:g} s") from None
    if done.returncode != 0:
        raise ControlPlaneFailed(f"{asked}: {done.stderr.strip()}")
    return done.stdout


class ControlPlane:
    """A running control plane, as a context manager. However it ends, no process stays behind."""

    directory: Path
    url: str
    kubeconfig: Path  # the administrator's
    audit_log: Path  # a line of JSON for each request
    binaries: dict[str, Path]

    def __init__(self, *, say: Callable[[str], None], host: str = command_lines.HOST) -> None:
        """`host` is the address on which the API server listens; pods of a real node reach it at the node's own
        address."""
        self._say = say
        self._host = host
        self._leaving = contextlib.ExitStack()
        self._running: list[ManagedProcess] = []

    def __enter__(self) -> Self:
        self.binaries = provide(NEEDED, say=self._say)
        started = time.monotonic()
        self._start_on_free_ports()
        self._reader = self._leaving.enter_context(self._administrator(seconds=_PROGRAM_SECONDS))
        self._say(f"control plane ready in {time.monotonic() - started:.1f} s: KUBECONFIG={self.kubeconfig}")
        return self

    def __exit__(self, *error: object) -> None:
        """Stops the programs in reverse order, etcd last, then removes the directory."""
        self._leaving.close()

    # --- for its users --------------------------------------------------------------------------------------------

    def start(self, name: str, argv: Sequence[str], env: Mapping[str, str] | None = None) -> ManagedProcess:
        """Starts a further program, which is stopped before the control plane is. `env` is added to our own
        environment."""
        environment = {**os.environ, **env} if env else None
        started = ManagedProcess.start(name, argv, log=self._free_log(name), env=environment)
        self._running.append(started)
        self._leaving.callback(started.stop)
        return started

    def kubectl(self, *arguments: str, input: str | None = None) -> str:  # noqa: A002 - as subprocess names it
        """The stdout of the real kubectl, run as the administrator. Raises `ControlPlaneFailed`."""
        flags = (f"--kubeconfig={self.kubeconfig}", f"--cache-dir={self.directory / 'kubectl'}")
        return kubectl_prints(self.binaries["kubectl"], flags, arguments, input)

    def read(self, path: str) -> Any:
        """The JSON document at a path of the API server, read as the administrator without a process. Raises
        `ControlPlaneFailed` with the API server's answer."""
        try:
            answer = self._reader.get(path)
        except httpx.TransportError as error:
            raise ControlPlaneFailed(f"GET {path}: {error}") from None
        if answer.status_code != httpx.codes.OK:
            raise ControlPlaneFailed(f"GET {path}: {answer.text.strip()}")
        return answer.json()

    def service_account_kubeconfig(self, namespace: str, name: str) -> Path:
        """The path of a kubeconfig that signs in as this ServiceAccount, for a day."""
        token = self.kubectl("create", "token", name, "-n", namespace, "--duration=24h").strip()
        return self._layout.write_kubeconfig(f"{namespace}-{name}", {"token": token})

    # --- start ----------------------------------------------------------------------------------------------------

    def _start_on_free_ports(self) -> None:
        for _ in range(_TRIES - 1):
            with contextlib.suppress(PortTaken):
                return self._start()
        return self._start()

    def _start(self) -> None:
        self._running.clear()
        with contextlib.ExitStack() as leaving:
            self._leaving = leaving
            self._settle_in(leaving.enter_context(own_directory()))
            self._run("etcd", command_lines.etcd)
            self._run("kube-apiserver", command_lines.api_server)
            with self._administrator() as client:
                self._until(client, "/readyz")
                self._run("kube-controller-manager", command_lines.controller_manager)
                self._run("kube-scheduler", command_lines.scheduler)
                self._until(client, _DEFAULT_ACCOUNT)
            self._check_alive()
            self._leaving = leaving.pop_all()

    def _settle_in(self, directory: Path) -> None:
        self._layout = Layout(directory, Ports.free(), self._host)
        self._layout.write_files()
        self.directory, self.url = directory, self._layout.url
        self.kubeconfig, self.audit_log = self._layout.admin, self._layout.audit_log

    def _run(self, name: str, flags: Callable[[Layout], list[str]]) -> None:
        self.start(name, [str(self.binaries[name]), *flags(self._layout)])

    def _free_log(self, name: str) -> Path:
        taken = len(list(self.directory.glob(f"{name}*.log")))
        return self.directory / (f"{name}-{taken}.log" if taken else f"{name}.log")

    def _administrator(self, seconds: float = 1) -> httpx.Client:
        trust = ssl.create_default_context(cafile=self._layout.at("ca.crt"))
        trust.load_cert_chain(self._layout.at("admin.crt"), self._layout.at("admin.key"))
        return httpx.Client(base_url=self.url, verify=trust, trust_env=False, timeout=seconds)

    def _until(self, client: httpx.Client, path: str) -> None:
        """Waits until the API server answers 200 to `path`. Raises `ControlPlaneFailed` if that takes too long or a
        program ends."""
        deadline = time.monotonic() + READY_SECONDS
        while not _found(client, path):
            self._check_alive()
            if time.monotonic() > deadline:
                raise ControlPlaneFailed(f"no {path} within {READY_SECONDS} s:\n{self._running[-1].log_tail()}")
            time.sleep(0.05)

    def _check_alive(self) -> None:
        for program in self._running:
            if not program.alive():
                tail = program.log_tail()
                failure = PortTaken if "address already in use" in tail else ControlPlaneFailed
                raise failure(f"{program.name} has ended:\n{tail}")


def _found(client: httpx.Client, path: str) -> bool:
    try:
        return client.get(path).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
