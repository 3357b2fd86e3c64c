"""The wheel in an environment that has what it declares and nothing else: what each command says there."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from release import packages
from support.rendered import ROOT
from wahealth.cli import COMMANDS
from wahealth.wa.board.pages import all_files


def needed(wanted: list[str], extra: str = "") -> dict[str, Distribution]:
    """What these requirements need, by name: found in the environment of the tests, as no index may be at hand."""
    found: dict[str, Distribution] = {}
    for written in wanted:
        requirement = Requirement(written)
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        for choice in ("", *requirement.extras):
            one = distribution(requirement.name)
            if (key := f"{one.name}[{choice}]") not in found:
                found |= {key: one, **needed(one.requires or [], choice)}
    return found


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    work = tmp_path_factory.mktemp("installed")
    wheel = packages.build(ROOT, "wheel", work, 1_790_000_000)
    uv, python = Path(sys.executable).with_name("uv"), work / "environment/bin/python"
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, work / "environment"], check=True)
    subprocess.run([uv, "pip", "install", "-q", "--no-deps", "--no-index", "--python", python, wheel], check=True)
    (site,) = (work / "environment/lib").glob("python*/site-packages")
    (installed,) = Distribution.discover(name="wahealth-operator", path=[str(site)])
    for one in needed(installed.requires or []).values():
        for name in {file.parts[0] for file in one.files or () if file.parts[0] not in ("..", "__pycache__")}:
            if not (site / name).exists():
                (site / name).symlink_to(Path(str(one.locate_file(name))))
    return python.with_name("wahealth")


def said(program: Path, folder: Path, *arguments: str) -> tuple[int, str, str]:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "TMPDIR")}
    environment = {**kept, "HOME": str(folder)}  # without a kubeconfig, and without the source of these tests
    done = subprocess.run(
        [program, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_it_has_none_of_the_extras(program: Path) -> None:
    (site,) = program.parents[1].glob("lib/python*/site-packages")
    assert not {"rich", "celpy", "jsonschema", "pytest"} & {path.name for path in site.iterdir()}


def test_it_has_the_files_of_the_board(program: Path, tmp_path: Path) -> None:
    code = "from wahealth.wa.board.pages import all_files; print(*all_files())"
    python = program.with_name("python")
    done = subprocess.run([python, "-c", code], cwd=tmp_path, env={}, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == set(all_files())
    assert "main.js" in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(program: Path, command: str, tmp_path: Path) -> None:
    code, shown, error = said(program, tmp_path, command, "--help")
    assert (code, error) == (0, "")
    assert f"usage: wahealth {command}" in shown


MISSING = [
    (("operator",), 69, "wahealth: no cluster to work on: there is no kubeconfig"),
    (("sidecar",), 64, "wahealth sidecar: name a credential"),
    (("check",), 64, "wahealth check: name the URL of waweb"),
    (("completion",), 64, "wahealth completion: the following arguments are required: shell"),
    (("wa", "top"), 69, "kubectl wa top: there is no kubeconfig"),
    (("simulate",), 64, "wahealth simulate: the following arguments are required: SCENARIO"),
    (("demo",), 69, "wahealth demo: needs rich: pip install 'wahealth-operator[playground]'"),
    (("simulator",), 64, "wahealth simulator: name what to simulate"),
    (("generate",), 69, "wahealth generate: . is not a checkout of wahealth"),
]


def test_no_command_is_left_out() -> None:
    assert {arguments[0] for arguments, _, _ in MISSING} == COMMANDS.keys()


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    MISSING,
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_each_command_says_what_is_missing(
    program: Path, arguments: tuple[str, ...], code: int, sentence: str, tmp_path: Path
) -> None:
    ended, shown, error = said(program, tmp_path, *arguments)
    assert (ended, shown) == (code, ""), error
    assert error.splitlines()[-1].startswith(sentence)
    assert "Traceback" not in error
    assert list(tmp_path.iterdir()) == []


def test_a_replay_says_what_it_did_not_check(program: Path, tmp_path: Path) -> None:
    code, shown, error = said(program, tmp_path, "simulate", str(ROOT / "tests/scenarios/a-quiet-day.yaml"))
    assert (code, bool(shown)) == (0, True)
    assert "pip install 'wahealth-operator[simulate]'" in error
