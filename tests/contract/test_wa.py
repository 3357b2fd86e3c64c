"""`kubectl wa` against an API server that says what a test wants: what it asks, what it prints, how it ends."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from support.apiserver import CLIENTS, LEASES, ApiServer, listed, serving
from support.looked import healthy, resource
from wahealth import cli

CLIENT = f"{CLIENTS}/namespaces/acme/whatsappclients/support"
EVENTS = "/api/v1/namespaces/acme/events"
TOO_HEAVY = {"kopf", "kubernetes", "aiohttp", "httpx", "pydantic", "cryptography", "rich", "textual"}


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with serving() as server:
        server.replies = {CLIENT: resource(), LEASES: listed(), EVENTS: listed()}
        yield server


@pytest.fixture
def typed(server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = server.kubeconfig(tmp_path)
    monkeypatch.setenv("KUBECONFIG", str(path))
    return path


@pytest.mark.usefixtures("typed")
class TestStatus:
    def test_the_verdict_is_the_exit_code(self, server: ApiServer, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.kubectl_wa(["status", "support"]) == 1
        assert "DOWN" in capsys.readouterr().out
        server.replies[CLIENT] = healthy()
        assert cli.main(["wa", "status", "support"]) == 0
        assert "UP" in capsys.readouterr().out

    @pytest.mark.parametrize(
        "words",
        [
            ["status", "support", "-n", "acme"],
            ["-n", "acme", "status", "support"],
            ["status", "-nacme", "support", "--context=there"],
            ["--context", "there", "status", "support", "--namespace=acme"],
        ],
    )
    def test_flags_stand_before_or_after_the_command(self, server: ApiServer, words: list[str]) -> None:
        assert cli.kubectl_wa(words) == 1

    def test_the_namespace_is_that_of_the_context(self, server: ApiServer, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.kubectl_wa(["status", "support", "--context", "there"]) == 69
        said = capsys.readouterr().err
        assert said.startswith("kubectl wa status: there is no WhatsAppClient support in other: ")

    def test_it_asks_as_whom_it_is_told_to(self, server: ApiServer) -> None:
        assert cli.kubectl_wa(["status", "support", "--as", "bob", "--as-group", "a", "--as-group", "b"]) == 1
        headers = [headers for _, headers in server.asked]
        assert {each["Impersonate-User"] for each in headers} == {"bob"}

    @pytest.mark.parametrize("form", ["json", "yaml"])
    def test_the_forms_for_programs(self, form: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.kubectl_wa(["status", "support", "-o", form]) == 1
        printed = capsys.readouterr().out
        document = json.loads(printed) if form == "json" else yaml.safe_load(printed)
        assert (document["verdict"], document["next"]) == ("DOWN", "look at the coreapps")
        assert document["status"] == resource()["status"]

    def test_parts_that_may_not_be_read_are_told_once(
        self, server: ApiServer, capsys: pytest.CaptureFixture[str]
    ) -> None:
        server.replies |= {LEASES: 403, EVENTS: 403, "/api/v1/namespaces/acme/pods/core-1": 403}
        server.replies["/api/v1/namespaces/acme/pods/core-0"] = 403
        assert cli.kubectl_wa(["status", "support"]) == 1
        printed = capsys.readouterr().out
        for right in ("list leases in wahealth-system", "list events in acme", "get pods in acme"):
            assert printed.count(f"you may not {right}: ask for that right") == 1

    @pytest.mark.parametrize(
        ("reply", "sentence"),
        [
            (403, "you may not get whatsappclients in acme: ask for that right"),
            (401, "the API server does not know you: sign in again"),
            (500, "the API server answers HTTP 500 to get whatsappclients in acme: try kubectl get"),
            (b"<html>", "the server that answers is not an API server: see kubectl cluster-info"),
            (b"[" * 100_000, "the server that answers is not an API server"),
        ],
    )
    def test_without_the_resource_it_is_a_sentence(
        self, server: ApiServer, reply: int | bytes, sentence: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        server.replies[CLIENT] = reply
        assert cli.kubectl_wa(["status", "support"]) == 69
        said = capsys.readouterr()
        assert said.out == ""
        assert sentence in said.err
        assert "canary" not in said.err

    def test_a_cluster_without_the_kind(self, server: ApiServer, capsys: pytest.CaptureFixture[str]) -> None:
        server.replies[CLIENT] = (404, {"message": "the server could not find the requested resource"})
        assert cli.kubectl_wa(["status", "support"]) == 69
        assert "this cluster knows no WhatsAppClients: install wahealth" in capsys.readouterr().err

    def test_a_slow_api_server_costs_no_longer_than_it_is_told(
        self, server: ApiServer, capsys: pytest.CaptureFixture[str]
    ) -> None:
        server.delay = 1.0
        assert cli.kubectl_wa(["status", "support", "--request-timeout=100ms"]) == 69
        said = capsys.readouterr().err
        assert said == (
            "kubectl wa status: no answer within 0.1 s: raise --request-timeout, or look at the API server.\n"
        )


def test_a_server_that_hangs_in_the_handshake_costs_no_longer_either(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        cluster = {"server": f"https://127.0.0.1:{silent.getsockname()[1]}", "insecure-skip-tls-verify": True}
        document = {
            "clusters": [{"name": "one", "cluster": cluster}],
            "contexts": [{"name": "here", "context": {"cluster": "one"}}],
            "current-context": "here",
        }
        (tmp_path / "kubeconfig").write_text(yaml.safe_dump(document))
        code = "import sys; from wahealth.cli import kubectl_wa; sys.exit(kubectl_wa())"
        environ = {"PATH": "", "PYTHONPATH": ":".join(sys.path), "KUBECONFIG": str(tmp_path / "kubeconfig")}
        typed = [sys.executable, "-c", code, "status", "support", "--request-timeout=1s"]
        done = subprocess.run(typed, env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (69, "")
    assert "no answer within 1 s: raise --request-timeout" in done.stderr


@pytest.mark.usefixtures("typed")
def test_the_history_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.kubectl_wa(["history", "support", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == resource()["status"]["history"]


def test_a_reason_needs_no_cluster(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("KUBECONFIG", "/nowhere")
    assert cli.kubectl_wa(["explain", "Disconnected"]) == 0
    assert "Next: look at the coreapps." in capsys.readouterr().out
    assert cli.kubectl_wa(["explain", "Disconnecteds"]) == 64
    assert "it may be Disconnected" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        ([], "kubectl wa: the following arguments are required: COMMAND. See: kubectl wa --help"),
        (["stat"], "invalid choice: 'stat'"),
        (["status"], "the following arguments are required: NAME"),
        (["status", "a", "--request-timeout", "soon"], "must be a duration such as 5s, 1m or 500ms"),
        (["status", "a", "-o", "wide"], "invalid choice: 'wide'"),
    ],
)
def test_wrong_usage_is_a_sentence(argv: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.kubectl_wa(argv)
    assert ended.value.code == 64
    assert sentence in capsys.readouterr().err


def test_without_a_kubeconfig(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cli.kubectl_wa(["status", "support"]) == 69
    assert capsys.readouterr().err == "kubectl wa status: there is no kubeconfig: set KUBECONFIG to one.\n"


@pytest.mark.parametrize("typed_words", [["--help"], ["--version"], ["status", "support"], ["board", "--help"]])
def test_it_loads_nothing_heavy(typed_words: list[str], typed: Path) -> None:
    """Each of these modules costs more than all the rest of it."""
    code = f"""
import sys
from wahealth import cli
try:
    cli.kubectl_wa({typed_words})
except SystemExit:
    pass
print("loaded", *sys.modules)
"""
    environ = {"PATH": "", "HOME": str(typed.parent), "PYTHONPATH": ":".join(sys.path), "KUBECONFIG": str(typed)}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    loaded = done.stdout.rpartition("loaded")[2].split()
    assert not TOO_HEAVY & set(loaded)
    assert "wahealth.wa.run" in loaded
