"""A simulated waweb as a process of its own, set through its control interface."""

from __future__ import annotations

import json
import logging
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from support import scripted
from support.cloud import SimulatedCloud, simulated_cloud
from support.proxied import Proxy, proxied
from wahealth.playground.simulator.settings import ClientSettings

KEY = "an-api-key-of-the-tests"
USER, PASSWORD = ClientSettings().username, ClientSettings().password
FIRST, SECOND = "127.64.200.1", "127.64.200.2"


@pytest.fixture(autouse=True)
def no_secret_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Not by us, not by a library, not at debug."""
    with caplog.at_level(logging.DEBUG):
        yield
    assert not [secret for secret in (KEY, PASSWORD, scripted.KEY.decode()) if secret in caplog.text]


@dataclass
class Simulator:
    port: int
    ca: str
    control: httpx.Client = field(repr=False)

    def url(self, path: str = "/v1/health", address: str = FIRST) -> str:
        return f"https://{address}:{self.port}{path}"

    def set(self, **settings: Any) -> None:
        """Of the client `ha`, whose one web pod answers on FIRST."""
        self.control.patch("/clients/default/ha", json=settings).raise_for_status()

    def token(self) -> str:
        answer = httpx.post(self.url("/v1/users/login"), auth=(USER, PASSWORD), verify=False, trust_env=False)
        return str(answer.json()["users"][0]["token"])

    def reset(self) -> None:
        self.control.delete("/clients/default/ha").raise_for_status()
        self.set(shards=1, failover_seconds=0, startup_seconds=0)


@pytest.fixture(scope="session")
def simulator_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    folder = tmp_path_factory.mktemp("simulator")
    fast = {"api_key": KEY, "startup_seconds": 0, "failover_seconds": 0}
    clients: dict[str, dict[str, Any]] = {
        "ha": {"shards": 1, "coreapps": 2, "masters": 2, "addresses": [FIRST]},
        "single": {"addresses": [SECOND]},
    }
    for name, more in clients.items():
        (folder / f"{name}.yaml").write_text(json.dumps({"name": name, **fast, **more}))
    files = [f"--client={path}" for path in sorted(folder.glob("*.yaml"))]
    argv = [sys.executable, "-m", "wahealth", "simulator", *files, f"--port={_free_port()}"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        with httpx.Client(base_url=ready["control"], trust_env=False) as control:
            yield Simulator(ready["port"], ready["ca"], control)
        process.terminate()
        assert process.wait(90) == 0


@pytest.fixture
def simulator(simulator_process: Simulator) -> Simulator:
    simulator_process.reset()
    return simulator_process


@pytest.fixture(scope="session")
def cloud_process() -> Iterator[SimulatedCloud]:
    with (
        simulated_cloud("--plain-http", "--port=0") as ready,
        httpx.Client(base_url=ready["control"], trust_env=False) as control,
        httpx.Client(base_url=ready["url"], trust_env=False) as graph,
    ):
        yield SimulatedCloud(ready["url"], control, graph)


@pytest.fixture
def cloud(cloud_process: SimulatedCloud) -> SimulatedCloud:
    cloud_process.reset()
    return cloud_process


@pytest.fixture
def proxy(simulator: Simulator) -> Iterator[Proxy]:
    with proxied(simulator.url("")) as proxy:
        yield proxy


@pytest.fixture
def ca_file(simulator_process: Simulator, tmp_path: Path) -> Path:
    (tmp_path / "ca.crt").write_text(simulator_process.ca)
    return tmp_path / "ca.crt"


def _free_port() -> int:
    with socket.socket() as free:
        free.bind((FIRST, 0))
        return int(free.getsockname()[1])
