"""`wahealth completion`: real shells complete the words of `wahealth` once they have read what it prints."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.apiserver import CLIENTS, serving
from support.terminal import Terminal, program
from wahealth import cli

SHELLS = {
    "bash": (["bash", "--norc", "-i"], ""),
    "zsh": (["zsh", "-f", "-i"], "autoload -U compinit; compinit -u -D; "),
}


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Terminal]:
    """A shell that has read it, in a folder with one file."""
    argv, first = SHELLS[request.param]
    if shutil.which(argv[0]) is None:
        pytest.skip(f"needs {argv[0]}")
    code = "import sys; from wahealth.cli import main; sys.exit(main())"
    (tmp_path / "bin").mkdir()
    wahealth = tmp_path / "bin" / "wahealth"
    wahealth.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c {shlex.quote(code)} "$@"\n')
    wahealth.chmod(0o755)
    (tmp_path / "scenario.yaml").touch()
    with serving() as server, program(argv, {"PS1": "$ ", "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}) as started:
        server.replies[f"{CLIENTS}/namespaces/other/whatsappclients"] = {
            "columnDefinitions": [{"name": "Name"}],
            "rows": [{"cells": ["support"], "object": {"metadata": {"name": "support"}}}],
        }
        kubeconfig = server.kubeconfig(tmp_path)
        started.types(
            f"cd {tmp_path}; export KUBECONFIG={kubeconfig}; {first}source <(wahealth completion {argv[0]})\n"
        )
        started.types("echo re''ady\n")
        started.until("ready")
        yield started


@pytest.mark.parametrize(
    ("begun", "completed"),
    [
        ("wahealth gene", "generate"),
        ("wahealth completion z", "zsh"),
        ("wahealth check --password", "password-file"),
        ("wahealth operator --lease-namesp", "lease-namespace"),
        ("wahealth wa status -n other su", "support"),
        ("wahealth simulate scen", "scenario.yaml"),
    ],
)
def test_a_word_is_completed(shell: Terminal, begun: str, completed: str) -> None:
    shell.types(f"{begun}\t")
    shell.until(completed)


@pytest.mark.parametrize("name", SHELLS)
def test_the_script_is_printed_alone_where_no_terminal_is(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["completion", name]) == 0
    said = capsys.readouterr()
    assert "wahealth" in said.out
    assert said.err == ""
