"""The command line: what it says and how it exits."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import NoReturn

import pytest

from wahealth import cli, generate
from wahealth.kube.settings import OperatorSettings

ROOT = Path(__file__).parents[2]


def exit_code(*argv: str) -> int:
    try:
        return cli.main(argv)
    except SystemExit as ended:
        return int(ended.code or 0)


def test_help_fits_one_screen(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("--help") == 0
    assert len(capsys.readouterr().out.splitlines()) <= 24


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("--version") == 0
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert capsys.readouterr().out == f"wahealth {project['version']}\n"


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        ((), "the following arguments are required: COMMAND"),
        (("operate",), "invalid choice: 'operate'"),
        (("operator", "--secret-refresh", "soon"), "--secret-refresh (or WAHEALTH_SECRET_REFRESH)"),
        (("operator", "--log-level", "loud"), "--log-level (or WAHEALTH_LOG_LEVEL)"),
        (("operator", "--listen", "8080"), "name an address and a port, such as 127.0.0.1:8080, or :8080 for"),
        (("operator", "--listen", "0.0.0.0:99999"), "name an address and a port, such as 127.0.0.1:8080, or :8080 for"),
        (("operator", "--shards", "0"), "--shards (or WAHEALTH_SHARDS)"),
        (("operator", "--lease-name", "Our Lease"), "--lease-name (or WAHEALTH_LEASE_NAME)"),
        (("operator", "--renew-deadline", "20"), "--retry-period must be less than --renew-deadline"),
        (("operator", "--lease-duration", "5"), "and that less than --lease-duration"),
        (("operator", "--lease-namespace", ""), "name it with lower case letters, digits, - and ."),
        (("operator", "--watch-namespaces", "a,Bad_One"), "name namespaces such as team-a, separated by commas"),
        (("operator", "--resync", "-1"), "--resync (or WAHEALTH_RESYNC)"),
        (
            ("operator", "--egress-proxy", "socks5://u:canary@p:1"),
            "--egress-proxy (or WAHEALTH_EGRESS_PROXY): a SOCKS proxy",
        ),
        (("operator", "--egress-proxy", "https://u:canary@p:1"), "a proxy is spoken with over http://"),
        (("operator", "--egress-proxy", "http://u:canary@p:x"), "name a proxy such as http://proxy.example.com:3128"),
        (("check", "https://a", "--egress-proxy", "socks5://u:canary@p:1"), "argument --egress-proxy: a SOCKS proxy"),
        (("operator", "--no-such-flag", "1"), "unrecognized arguments: --no-such-flag"),
        (("simulator",), "name what to simulate"),
        (("simulator", "--port", "x"), "argument --port: must be a whole number. See: "),
        (("simulator", "--client", "/nowhere/client.yaml"), "/nowhere/client.yaml cannot be read"),
        (("simulator", "--cloud", "/nowhere/cloud.yaml"), "/nowhere/cloud.yaml cannot be read"),
        (("simulator", "--cloud", "--client", "x.yaml"), "--cloud stands alone"),
        (("simulator", "--cloud", "--address", "192.0.2.1"), "192.0.2.1:8443 cannot be listened on"),
    ],
)
def test_wrong_usage_is_a_sentence_and_64(
    argv: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(*argv) == 64
    said = capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said
    assert "Value error" not in said
    assert "canary" not in said


def test_a_setting_may_come_from_the_environment_and_is_judged_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WAHEALTH_MAX_PROBES_IN_FLIGHT", "0")
    assert exit_code("operator") == 64
    assert "--max-probes-in-flight" in capsys.readouterr().err


def test_the_help_of_the_operator_has_each_setting_with_its_default(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("operator", "--help") == 0
    said = " ".join(capsys.readouterr().out.split())
    for name, field in OperatorSettings.model_fields.items():
        assert f"--{name.replace('_', '-')} " in said, name
        assert str(field.description).replace("  ", " ").split(" (")[0] in said, name
        assert field.default in {None, (), False} or f"(default: {field.default})" in said, name


def test_without_a_cluster_it_says_so_and_exits_69(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("operator", "--kubeconfig", "/nowhere/kubeconfig") == 69
    says = "no cluster to work on: the kubeconfig /nowhere/kubeconfig does not exist: name another."
    assert capsys.readouterr().err == f"wahealth: {says}\n"


@pytest.mark.parametrize(("content", "why"), [(None, "cannot be read: No such"), ("x", "holds no certificate in PEM")])
def test_authorities_that_cannot_be_used_keep_it_from_starting(
    content: str | None, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (tmp_path / "ca.crt").write_text(content)
    assert exit_code("operator", "--egress-ca-file", str(tmp_path / "ca.crt")) == 69
    said = capsys.readouterr().err
    assert said.startswith(f"wahealth: {tmp_path / 'ca.crt'} {why}")
    assert said.endswith(": name another with --egress-ca-file.\n")


def test_what_is_generated_is_as_its_source_says() -> None:
    assert exit_code("generate", "--check", "--root", str(ROOT)) == 0


def test_a_file_that_differs_is_named_and_written_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in (generate.PROJECT, *generate.files()):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    crd = tmp_path / "manifests" / "crd.yaml"
    crd.write_text(crd.read_text().replace("whatsappclients", "clients"))
    assert exit_code("generate", "--check", "--root", str(tmp_path)) == 1
    assert "manifests/crd.yaml differs" in capsys.readouterr().err
    assert exit_code("generate", "--root", str(tmp_path)) == 0
    assert exit_code("generate", "--check", "--root", str(tmp_path)) == 0


@pytest.mark.parametrize("flags", [(), ("--check",)])
@pytest.mark.parametrize("project", [None, "[project]\nname = 'another'\n", "[tool.ruff]\n", "no TOML"])
def test_outside_of_a_checkout_nothing_is_generated(
    project: str | None, flags: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if project is not None:
        (tmp_path / generate.PROJECT).write_text(project)
    there = list(tmp_path.iterdir())
    assert exit_code("generate", "--root", str(tmp_path), *flags) == 69
    said = capsys.readouterr().err
    assert said == f"wahealth generate: {tmp_path} is not a checkout of wahealth: name one with --root.\n"
    assert list(tmp_path.iterdir()) == there


def test_a_bug_is_one_sentence_and_70(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(_: object) -> int:
        raise RuntimeError("canary")

    monkeypatch.setitem(cli.COMMANDS, "broken", ("breaks", lambda _: broken))
    assert exit_code("broken") == 70
    said = capsys.readouterr().err
    assert "RuntimeError" in said
    assert "canary" not in said
    with pytest.raises(RuntimeError):
        exit_code("--debug", "broken")


def test_a_bug_before_its_flags_are_known_is_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: object) -> NoReturn:
        raise RuntimeError("canary")

    monkeypatch.setitem(cli.COMMANDS, "broken", ("breaks", broken))
    assert exit_code("broken", "--some-flag") == 70
    assert "canary" not in capsys.readouterr().err


SCENARIOS = [str(path) for path in sorted((ROOT / "tests" / "scenarios").glob("*.yaml"))[:12]]
TALKATIVE = {
    "simulate": ("simulate", *SCENARIOS),
    "simulate as JSON": ("simulate", "-o", "json", *SCENARIOS[:1]),
    "check": ("check", "https://127.0.0.1:1", "--insecure"),
    "check --ready": ("check", "https://127.0.0.1:1", "--insecure", "--ready"),
    "generate": ("generate", "--root", "."),
    "--help": ("--help",),
    "check --help": ("check", "--help"),
}


def ran(argv: tuple[str, ...], folder: Path, out: int, **environment: str) -> tuple[int, str]:
    """Exit code and standard error."""
    effect = [sys.executable, "-m", "wahealth", *argv]
    environment = {**os.environ, "WA_API_KEY": "an-invented-key-0123", **environment}
    done = subprocess.run(
        effect, cwd=folder, stdout=out, stderr=subprocess.PIPE, text=True, env=environment, timeout=120, check=False
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("argv", TALKATIVE.values(), ids=TALKATIVE)
def test_nobody_who_reads_on_ends_it_quietly(argv: tuple[str, ...], tmp_path: Path) -> None:
    """As of `| head`: whether its output fits into the buffer or not."""
    reading, writing = os.pipe()
    os.close(reading)
    shutil.copy(ROOT / generate.PROJECT, tmp_path)  # as a checkout has it
    assert ran(argv, tmp_path, writing) == (141, "")
    os.close(writing)


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("name", ["simulate", "check --ready", "--help"])
def test_an_output_without_room_is_a_sentence_and_74(name: str, unbuffered: str, tmp_path: Path) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        said = ran(TALKATIVE[name], tmp_path, full.fileno(), PYTHONUNBUFFERED=unbuffered)
    assert said == (74, "wahealth: standard output: No space left on device.\n")


def test_an_error_that_nobody_reads_keeps_its_exit_code(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    effect = [sys.executable, "-m", "wahealth", "simulate", "/nowhere/scenario.yaml"]
    assert subprocess.run(effect, stderr=writing, check=False).returncode == 64
    os.close(writing)


WITHOUT_RICH = "import sys; sys.modules['rich'] = None; from wahealth.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.mark.parametrize(
    ("flag", "code", "said"),
    [
        ((), 69, "wahealth demo: needs rich: pip install 'wahealth-operator[playground]'\n"),
        (("--help",), 0, ""),
    ],
)
def test_the_demo_without_its_extra(flag: tuple[str, ...], code: int, said: str) -> None:
    effect = [sys.executable, "-c", WITHOUT_RICH, "demo", *flag]
    done = subprocess.run(effect, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (code, said)


EXTRAS = ("rich", "celpy", "re2", "jsonschema")
WITHOUT_EXTRAS = (
    f"import sys; sys.modules.update(dict.fromkeys({EXTRAS})); "
    "from wahealth.cli import main; sys.exit(main(sys.argv[1:]))"
)


@pytest.mark.parametrize("effect", cli.COMMANDS)
def test_each_command_has_help_without_any_extra(effect: str) -> None:
    argv = [sys.executable, "-c", WITHOUT_EXTRAS, effect, "--help"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_each_package_that_is_imported_is_declared() -> None:
    """One that only comes by way of another goes on the day when that one needs it no more."""
    project = tomllib.loads((ROOT / generate.PROJECT).read_text())["project"]
    wanted = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    declared = {canonical(re.split("[><=!~]", one)[0]) for one in wanted}
    ours = sys.stdlib_module_names | {"wahealth"}
    there = packages_distributions()
    imported = {name for path in (ROOT / "operator").rglob("*.py") for name in imports(path) if name not in ours}
    assert {name for name in imported if not {canonical(one) for one in there[name]} & declared} == set()


def canonical(distribution: str) -> str:
    return re.sub("[-_.]+", "-", distribution).lower()


def imports(path: Path) -> Iterator[str]:
    """The packages at the top of what a module imports, wherever it does."""
    for one in ast.walk(ast.parse(path.read_text())):
        if isinstance(one, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in one.names)
        elif isinstance(one, ast.ImportFrom) and one.module:
            yield one.module.partition(".")[0]
