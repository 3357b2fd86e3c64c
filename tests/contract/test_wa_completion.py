"""Completion of `kubectl wa`, by kubectl's protocol: a candidate a line, a description behind a tabulator, `:4`."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.apiserver import CLIENTS, ApiServer, serving
from wahealth import cli
from wahealth.wa.commands import COMMANDS

LIST = f"{CLIENTS}/namespaces/{{}}/whatsappclients"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    with serving() as server:
        monkeypatch.setenv("KUBECONFIG", str(server.kubeconfig(tmp_path)))
        for namespace in ("acme", "other"):
            server.replies[LIST.format(namespace)] = table(f"{namespace}-a", f"{namespace}-b")
        server.replies["/api/v1/namespaces"] = table("acme", "other")
        yield server


def table(*names: str) -> dict[str, object]:
    return {
        "kind": "Table",
        "columnDefinitions": [{"name": "Name"}, {"name": "Ready"}, {"name": "Gateway"}],
        "rows": [{"cells": [name, "True", "Connected"], "object": {"metadata": {"name": name}}} for name in names],
    }


def told(*words: str) -> list[str]:
    """What the program that kubectl runs prints."""
    code = "import sys; from wahealth.cli import kubectl_complete_wa; sys.exit(kubectl_complete_wa())"
    environ = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    argv = [sys.executable, "-c", code, *words]
    done = subprocess.run(argv, env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def completed(*words: str) -> list[str]:
    """The candidates without their descriptions, and the last line."""
    return [line.partition("\t")[0] for line in told(*words)]


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["st"], ["status", ":4"]),
        (["status", "acme-"], ["acme-a", "acme-b", ":4"]),
        (["status", "acme-a", ""], [":4"]),
        (["-n", "other", "status", ""], ["other-a", "other-b", ":4"]),
        (["status", "-n", "other", ""], ["other-a", "other-b", ":4"]),
        (["status", "--context", "there", ""], ["other-a", "other-b", ":4"]),
        (["status", "--namespace=other", ""], ["other-a", "other-b", ":4"]),
        (["status", "--namespace=o"], ["--namespace=other", ":4"]),
        (["status", "-n", ""], ["acme", "other", ":4"]),
        (["--context", ""], ["here", "there", ":4"]),
        (["status", "-o", ""], ["table", "json", "yaml", ":4"]),
        (["status", "--no"], ["--no-color", ":4"]),
        (["explain", "Disc"], ["Disconnected", ":4"]),
        (["explain", "acme-b"], ["acme-b", ":4"]),
        (["--kubeconfig", ""], [":0"]),
        ([""], [*COMMANDS, ":4"]),
        (["status", "--", "acme-b"], ["acme-b", ":4"]),
        (["nonsense", "more", ""], [*COMMANDS, ":4"]),
    ],
)
def test_what_may_be_typed_next(words: list[str], wanted: list[str]) -> None:
    assert completed(*words) == wanted


@pytest.mark.usefixtures("server")
def test_a_client_is_told_with_what_it_is() -> None:
    assert told("status", "")[0] == "acme-a\tTrue, Connected"


@pytest.mark.parametrize("reply", [403, 500, b"<html>", {"rows": 7}, {"rows": [{"object": 1}]}])
def test_whatever_goes_wrong_nothing_is_said(
    server: ApiServer, reply: int | bytes | dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    server.replies[LIST.format("acme")] = reply
    assert completed("status", "") == [":4"]


@pytest.mark.usefixtures("server")
def test_without_a_cluster_nothing_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("KUBECONFIG", "/nowhere")
    assert completed("status", "") == [":4"]


def test_names_that_could_harm_a_terminal_or_a_shell_are_left_out(
    server: ApiServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.replies[LIST.format("acme")] = table("\x1b[31m", "a b", "a\tb", "$(id)", "good")
    assert completed("status", "") == ["good", ":4"]


def test_a_slow_api_server_has_a_second(server: ApiServer, capsys: pytest.CaptureFixture[str]) -> None:
    server.delay = 30.0
    began = time.monotonic()
    assert completed("status", "") == [":4"]
    assert time.monotonic() - began < 25


def test_words_need_nothing_that_takes_time_to_load() -> None:
    code = "import sys; from wahealth import cli; cli.kubectl_complete_wa(['st']); print(*sys.modules)"
    environ = {"PATH": "", "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    assert not {"asyncio", "ssl", "yaml", "h11"} & set(done.stdout.split())


def test_the_program_is_printed_with_where_to_put_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.kubectl_wa(["completion"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("#!/bin/sh\n")
    assert 'exec kubectl-wa __complete "$@"' in said.out
    assert "chmod +x" in said.err
