"""The command line: what it says and how it exits."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from wahealth import cli, generate
from wahealth.settings import OperatorSettings

ROOT = Path(__file__).parents[2]


def exit_code(*argv: str) -> int:
    try:
        return cli.main(argv)
    except SystemExit as ended:
        return int(ended.code or 0)


def test_help_fits_one_screen(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("--help") == 0
    assert len(capsys.readouterr().out.splitlines()) <= 24


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
        (("operator", "--renew-deadline", "20"), "--retry-period is to be less than --renew-deadline"),
        (("operator", "--lease-duration", "5"), "and that less than --lease-duration"),
        (("operator", "--lease-namespace", ""), "name it with lower case letters, digits, - and ."),
        (("operator", "--watch-namespaces", "a,Bad_One"), "name namespaces such as team-a, with commas between them"),
        (("operator", "--resync", "-1"), "--resync (or WAHEALTH_RESYNC)"),
        (("operator", "--no-such-flag", "1"), "unrecognized arguments: --no-such-flag"),
        (("simulator",), "name what to simulate"),
        (("simulator", "--client", "/nowhere/client.yaml"), "/nowhere/client.yaml cannot be read"),
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
    assert "name one with --kubeconfig" in capsys.readouterr().err


def test_what_is_generated_is_as_its_source_says() -> None:
    assert exit_code("generate", "--check", "--root", str(ROOT)) == 0


def test_a_file_that_differs_is_named_and_written_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in generate.files():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    crd = tmp_path / "manifests" / "crd.yaml"
    crd.write_text(crd.read_text().replace("whatsappclients", "clients"))
    assert exit_code("generate", "--check", "--root", str(tmp_path)) == 1
    assert "manifests/crd.yaml differs" in capsys.readouterr().err
    assert exit_code("generate", "--root", str(tmp_path)) == 0
    assert exit_code("generate", "--check", "--root", str(tmp_path)) == 0


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
