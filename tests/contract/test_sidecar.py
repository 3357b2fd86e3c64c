"""The sidecar as a process of its own, beside the simulated waweb: what kubelet, a person and an enemy get from it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from contract.conftest import FIRST, KEY, PASSWORD, USER, Simulator
from support.proxied import BASE, Proxy
from wahealth import listening
from wahealth.playground.cluster.command_lines import free_ports
from wahealth.sidecar import server

HOST = "127.0.0.1"
ENTRIES = {"api-key": "WA_API_KEY", "token": "token", "username": "username", "password": "password"}


@dataclass
class Sidecar:
    port: int
    process: subprocess.Popen[str]
    mounted: Path
    http: httpx.Client = field(repr=False)

    def get(self, path: str) -> httpx.Response:
        return self.http.get(path)

    def until(self, path: str, good: Callable[[httpx.Response], bool], seconds: float = 15) -> httpx.Response:
        deadline = time.monotonic() + seconds
        while not good(answer := self.get(path)):
            assert time.monotonic() < deadline, answer.text
            time.sleep(0.1)
        return answer

    def mount(self, key: str, **more: str) -> None:
        """As kubelet does it: a new directory, and a link that is swapped."""
        folder = self.mounted / f"..{time.monotonic_ns()}"
        folder.mkdir()
        for name, entry in {"WA_API_KEY": key, **more}.items():
            (folder / name).write_text(entry)
        (self.mounted / "..new").symlink_to(folder.name)
        (self.mounted / "..new").replace(self.mounted / "..data")


Starts = Callable[..., Sidecar]


@pytest.fixture
def start(tmp_path: Path, simulator: Simulator) -> Iterator[Starts]:
    with contextlib.ExitStack() as running:

        def started(
            *flags: str,
            upstream: str = "",
            key: str = KEY,
            signin: tuple[str, ...] = ("api-key",),
            entries: Mapping[str, str] = {},
            **environment: str,
        ) -> Sidecar:
            """`signin`: what of the Secret it is told to use; `entries`: of the Secret, where they are others."""
            (port,) = free_ports(1)
            mounted = tmp_path / f"mounted-{port}"
            mounted.mkdir()
            upstream = upstream or f"https://{FIRST}:{simulator.port}"
            argv = [sys.executable, "-m", "wahealth", "sidecar", f"--upstream={upstream}", *flags]
            argv += [f"--{name}-file={mounted}/{ENTRIES[name]}" for name in signin]
            argv += [f"--listen=:{port}", "--period=1", "--timeout=1", "--log-level=debug"]
            http = running.enter_context(httpx.Client(base_url=f"http://{HOST}:{port}", trust_env=False))
            log = running.enter_context((tmp_path / f"{port}.log").open("w+"))
            sidecar = Sidecar(port, None, mounted, http)  # type: ignore[arg-type]
            secrets = {"token": simulator.token(), "username": USER, "password": PASSWORD, **entries}
            sidecar.mount(key, **secrets)
            for entry in ENTRIES.values():
                (mounted / entry).symlink_to(f"..data/{entry}")
            process = subprocess.Popen(argv, stderr=log, text=True, env={**os.environ, **environment})
            running.callback(ended, process, Path(log.name), [key, secrets["token"], secrets["password"]])
            sidecar.process = process
            wait_for_port(port, process)
            return sidecar

        yield started


def ended(process: subprocess.Popen[str], log: Path, secrets: list[str]) -> None:
    process.send_signal(signal.SIGTERM)
    assert process.wait(90) == 0
    written = log.read_text()
    assert not [secret for secret in secrets if secret in written]


def wait_for_port(port: int, process: subprocess.Popen[str]) -> None:
    for _ in range(100):
        assert process.poll() is None
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), 1):
            return
        time.sleep(0.1)
    raise AssertionError("the sidecar does not listen")


def is_ok(answer: httpx.Response) -> bool:
    return answer.status_code == 200


def is_taken(answer: httpx.Response) -> bool:
    return bool(answer.json()["credentials"]["reason"] == "KeyAccepted")


def is_not(answer: httpx.Response) -> bool:
    return answer.status_code == 503


def test_a_web_pod_and_all_its_pages(start: Starts) -> None:
    sidecar = start()
    assert sidecar.until("/readyz", is_ok).json()["reason"] == "Connected"
    for path in ("/startupz", "/livez", "/readyz?depth=registered", "/readyz?depth=connected", "/gateway/connected"):
        assert sidecar.get(path).status_code == 200, path
    assert sidecar.get("/readyz?depth=deeper").status_code == 400
    assert sidecar.get("/role/active").status_code == 503
    assert sidecar.get("/nothing").status_code == 404
    assert sidecar.get("/status").json()["client"]["mode"] == "HighAvailability"
    families = {family.name for family in text_string_to_metric_families(sidecar.get("/metrics").text)}
    assert {"wahealth_sidecar_ready", "wahealth_sidecar_client_gateway", "wahealth_sidecar_probes"} <= families


def test_an_upstream_that_wants_to_be_left_alone_is_left_alone_and_takes_no_pod_away(
    start: Starts, simulator: Simulator
) -> None:
    sidecar = start()
    sidecar.until("/readyz", is_ok)
    simulator.set(status=429, headers={"Retry-After": "300"})
    sidecar.until("/metrics", lambda page: 'probes_total{result="LeftAlone"} 3.0' in page.text)
    assert 'probes_total{result="Throttled"} 1.0' in sidecar.get("/metrics").text
    ready = sidecar.get("/readyz")
    assert (ready.status_code, ready.json()["reason"]) == (200, "Connected")


def test_head_options_and_what_is_not_allowed(start: Starts) -> None:
    sidecar = start()
    sidecar.until("/readyz", is_ok)
    head, options, post = (sidecar.http.request(method, "/readyz") for method in ("HEAD", "OPTIONS", "POST"))
    assert (head.status_code, head.content, int(head.headers["content-length"]) > 0) == (200, b"", True)
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
    assert (post.status_code, post.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


def test_a_coreapp_finds_itself_behind_the_web_service(start: Starts) -> None:
    pods = [start("--insecure", "--pod-role=coreapp", f"--pod-name=ha-coreapp-{n}", POD_IP="10.1.1.1") for n in (0, 1)]
    reasons = {pod.until("/readyz?depth=connected", is_ok).json()["reason"] for pod in pods}
    assert reasons == {"ActiveCoreapp", "StandbyCoreapp"}
    active = [pod for pod in pods if pod.get("/role/active").status_code == 200]
    standby = [pod for pod in pods if pod.get("/role/standby").status_code == 200]
    assert (len(active), len(standby), active != standby) == (1, 1, True)
    assert all(pod.get("/role/coreapp").status_code == 200 for pod in pods)


def test_a_key_that_changes_is_picked_up_without_a_restart(start: Starts) -> None:
    sidecar = start(key="another-key-than-waweb-has")
    assert sidecar.until("/readyz", is_ok).json()["reason"] == "CredentialsUnknown"  # it takes no pod away
    sidecar.mount(KEY)
    sidecar.until("/readyz?depth=connected", lambda answer: answer.json().get("reason") == "Connected")


@pytest.mark.parametrize(
    ("signin", "called"), [(("api-key",), "API key"), (("token",), "token"), (("username", "password"), "login")]
)
def test_each_way_to_sign_in_also_behind_a_proxy(
    start: Starts, proxy: Proxy, signin: tuple[str, ...], called: str
) -> None:
    """In clear and below a path; what is mounted is shown by no page."""
    sidecar = start("--path=/support/v1/health", upstream=proxy.url, signin=signin)
    said = sidecar.until("/status", is_taken)
    assert said.json()["credentials"]["kind"] == called
    assert sidecar.get("/readyz?depth=connected").status_code == 200
    time.sleep(2.5)
    assert proxy.times("POST", "/v1/users/login") == (called == "login")
    assert {path for method, path, _ in proxy.heard if method == "GET"} == {f"{BASE}/v1/health"}
    sent = {authorization.partition(" ")[2] for *_, authorization in proxy.heard}
    shown = "".join(sidecar.get(path).text for path in ("/status", "/metrics", "/readyz"))
    assert not [secret for secret in (KEY, PASSWORD, *sent) if secret in shown]


@pytest.mark.parametrize(("signin", "entry"), [(("token",), "token"), (("username", "password"), "password")])
def test_what_is_refused_is_told_and_takes_no_pod_away(start: Starts, signin: tuple[str, ...], entry: str) -> None:
    sidecar = start(signin=signin, entries={entry: "not-one-of-waweb"})
    said = sidecar.until("/status", lambda answer: answer.json()["credentials"]["status"] == "False")
    assert "The client rejects" in said.json()["credentials"]["message"]
    assert sidecar.get("/readyz").json()["reason"] == "CredentialsUnknown"
    assert sidecar.get("/readyz?depth=connected").status_code == 200


def test_a_key_that_is_not_mounted_takes_no_pod_away(start: Starts) -> None:
    sidecar = start()
    sidecar.until("/readyz", is_ok)
    (sidecar.mounted / "..data").unlink()
    time.sleep(2.5)
    answer = sidecar.get("/readyz?depth=connected")
    assert (answer.status_code, answer.json()["reason"]) == (200, "Connected")


def test_a_key_file_that_is_none_holds_nothing_up(start: Starts) -> None:
    """A FIFO that nobody writes to would wait for ever, and the loop with it; a device might never end."""
    sidecar = start("--insecure")
    sidecar.until("/readyz", is_ok)
    folder = sidecar.mounted / "..fifo"
    folder.mkdir()
    os.mkfifo(folder / "WA_API_KEY")
    (sidecar.mounted / "..new").symlink_to(folder.name)
    (sidecar.mounted / "..new").replace(sidecar.mounted / "..data")
    said = sidecar.until("/status", lambda answer: not is_taken(answer)).json()["credentials"]["message"]
    assert said == f"{sidecar.mounted}/WA_API_KEY is not a regular file, so it is not read: mount the Secret there."
    (folder / "WA_API_KEY").unlink()
    (folder / "WA_API_KEY").symlink_to("/dev/zero")
    time.sleep(1.5)
    assert sidecar.get("/livez").status_code == 200
    assert sidecar.get("/readyz").status_code == 200
    sidecar.mount(KEY)
    sidecar.until("/status", is_taken)


def test_liveness_is_about_its_own_loop_alone(start: Starts, simulator: Simulator) -> None:
    sidecar = start()
    sidecar.until("/readyz", is_ok)
    for setting in ({"refuse": True}, {"hang": True}, {"status": 500}, {"body": "no JSON"}, {"registered": False}):
        simulator.set(**setting)
        time.sleep(1.2)
        assert sidecar.get("/livez").status_code == 200, setting
        assert sidecar.get("/startupz").status_code == 200, setting
        simulator.reset()


def test_a_loop_that_stands_still_fails_it() -> None:
    """Stopped as a whole it cannot answer; so its pages are asked about a loop that has not ticked for long."""
    from wahealth.core.readiness.node import Identity, PodRole
    from wahealth.core.readiness.pod import ReadinessState
    from wahealth.sidecar.pages import Pages

    class Settings:
        period, timeout, identity = 10.0, 15.0, Identity(PodRole.WEB, "w", "")

    class Rounds:
        ticked, kept = 100.0, ReadinessState()

    for now, status in ((145.0, HTTPStatus.OK), (145.1, HTTPStatus.SERVICE_UNAVAILABLE)):
        pages = Pages(Settings(), Rounds(), lambda now=now: now)  # type: ignore[arg-type, misc]
        assert pages("GET", "/livez").status is status


def test_a_waweb_that_fails_is_not_ready_and_comes_back(start: Starts, simulator: Simulator) -> None:
    sidecar = start()
    sidecar.until("/readyz", is_ok)
    simulator.set(status=500)
    assert sidecar.until("/readyz", is_not).json()["reason"] == "HTTPStatus"
    simulator.reset()
    sidecar.until("/readyz", is_ok)


ODD = {
    "half a request": b"GET /readyz HT",
    "no request at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "a lower-case method": b"get /readyz HTTP/1.1\r\n\r\n",
    "no version": b"GET /readyz\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a full address": b"GET http://x/readyz HTTP/1.1\r\n\r\n",
    "no UTF-8": b"GET /\xff\xfe HTTP/1.1\r\n\r\n",
    "64 KiB of headers": b"GET /readyz HTTP/1.1\r\nX: " + b"a" * 65536 + b"\r\n\r\n",
    "64 KiB of a path": b"GET /" + b"a" * 65536 + b" HTTP/1.1\r\n\r\n",
    "no way through": b"GET //[ HTTP/1.1\r\n\r\n",
    "a bad depth": b"GET /readyz?depth=%ff%00 HTTP/1.1\r\n\r\n",
}


@pytest.mark.parametrize("sent", ODD.values(), ids=ODD)
def test_an_odd_request_is_refused_or_left_alone(start: Starts, sent: bytes) -> None:
    sidecar = start()
    with socket.create_connection((HOST, sidecar.port), 5) as anomalies:
        with contextlib.suppress(OSError):
            anomalies.sendall(sent)
        anomalies.settimeout(1)
        with contextlib.suppress(OSError):
            assert re.match(rb"HTTP/1\.1 4\d\d ", anomalies.recv(1000) or b"HTTP/1.1 400 ")
        assert sidecar.get("/startupz").status_code == 200


async def burst(port: int, times: int) -> list[bytes]:
    async def one() -> bytes:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = await reader.read()
        writer.close()
        return answer

    return await asyncio.gather(*(one() for _ in range(times)))


def test_a_burst_beside_many_that_say_nothing_is_answered_in_full(start: Starts) -> None:
    sidecar = start()
    sidecar.until("/readyz", is_ok)
    with contextlib.ExitStack() as open_:
        for number in range(500):
            idle = open_.enter_context(socket.create_connection((HOST, sidecar.port), 5))
            idle.sendall((b"", b"GET /readyz HT", b"GET /readyz HTTP/1.1\r\nX: " + b"a" * 4096)[number % 3])
        answers = asyncio.run(burst(sidecar.port, 500))
    assert len([answer for answer in answers if answer.startswith(b"HTTP/1.1 200 OK\r\n")]) == 500


def test_who_waits_longest_makes_room_for_kubelet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "MOST_CONNECTIONS", 20)

    async def story() -> tuple[bytes, int]:
        served = server.Server(lambda *_: server.Page(HTTPStatus.OK, b"{}"))
        async with await served.listen(HOST, 0) as running:
            port = running.sockets[0].getsockname()[1]
            idle = [await asyncio.open_connection(HOST, port) for _ in range(30)]
            said = (await burst(port, 1))[0]
            still = len(served.guests)
            for _, writer in idle:
                writer.close()
        return said, still

    said, still = asyncio.run(story())
    assert said.startswith(b"HTTP/1.1 200")
    assert still <= 20


WRONG = {
    "a coreapp that asks itself": (["--pod-role=coreapp", "--pod-ip=10.0.0.1"], "name it with --upstream"),
    "so by another name": (
        ["--pod-role=coreapp", "--pod-ip=10.0.0.1", "--upstream=https://localhost."],
        "name it with --upstream",
    ),
    "a master without its address": (["--pod-role=master", "--upstream=https://web"], "set POD_IP from status.podIP"),
    "no key": (["--api-key-file="], "name a credential: --api-key-file"),
    "a key and a token": (["--token-file=/tmp/t"], "--api-key-file and --token-file exclude each other: name one of"),
    "a key and a login": (["--username-file=/tmp/t"], "--api-key-file and --username-file exclude each other: name"),
    "a user without a password": (
        ["--api-key-file=", "--username-file=/tmp/u"],
        "--username-file and --password-file belong together: name both or neither",
    ),
    "an upstream with a path": (
        ["--upstream=https://web/v1/health"],
        "without query and user: name a path with",
    ),
    "a path that is none": (["--path=v1/health"], "--path must be a path such as /support/v1/health, without query"),
    "a login elsewhere": (
        ["--api-key-file=", "--username-file=/tmp/u", "--password-file=/tmp/p", "--path=/health"],
        "a login is sent next to the health node, so --path must end in /v1/health: correct one of them",
    ),
    "a CA in clear": (["--upstream=http://web", "--ca=/tmp/ca"], "--ca has no meaning with an http:// URL: remove"),
    "a name in clear": (
        ["--upstream=http://web", "--server-name=a"],
        "--server-name has no meaning with an http://",
    ),
    "another role": (["--pod-role=worker"], "must be one of web, coreapp, master"),
    "another depth": (["--depth=deep"], "must be one of reachable, registered, connected"),
    "three shards": (["--shards=3"], "must be one of 1, 2, 4"),
    "shards without a mode that has some": (
        ["--mode=Single", "--shards=4"],
        "--shards applies only with --mode Multiconnect or Auto: remove it or change the mode.",
    ),
    "a mode without its shards": (
        ["--mode=Multiconnect"],
        "--mode Multiconnect needs --shards: set it to 1, 2, 4, 8, 16 or 32.",
    ),
    "another mode": (["--mode=Many"], "must be one of Auto, Single, HighAvailability, Multiconnect"),
    "two ways to trust": (["--insecure", "--pin=" + "ab" * 32], "exclude each other"),
    "a pin that is none": (["--pin=ab"], "64 hexadecimal digits"),
    "a CA that would never end": (["--ca=/dev/zero"], "/dev/zero is not a regular file"),
    "a CA that is not there": (["--ca=/nowhere"], "cannot be read"),
    "a period of nothing": (["--period=0"], "must be 1 to 3600 seconds"),
    "a name to listen on": (["--listen=localhost:80"], "must be an address and a port"),
}


@pytest.mark.parametrize(("flags", "says"), WRONG.values(), ids=WRONG)
def test_settings_that_cannot_work_are_one_sentence(flags: list[str], says: str) -> None:
    argv = [sys.executable, "-m", "wahealth", "sidecar", "--api-key-file=/tmp/key", *flags]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 64
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_setting_from_the_environment(start: Starts) -> None:
    sidecar = start(WAHEALTH_DEPTH="connected", WAHEALTH_MODE="HighAvailability")
    assert sidecar.until("/readyz", is_ok).json()["depth"] == "connected"
