"""`wahealth check`, as it is typed, against the simulated waweb."""

from __future__ import annotations

import hashlib
import json
import os
import re
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from contract.conftest import KEY, Simulator
from wahealth import cli
from wahealth.probe.client import Prober
from wahealth.probe.errors import ObserverFault


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    (tmp_path / "key").write_text(KEY)
    return tmp_path / "key"


@pytest.fixture
def typed(simulator: Simulator, ca_file: Path, key_file: Path) -> list[str]:
    return ["check", simulator.url(""), f"--key-file={key_file}", f"--ca={ca_file}"]


def test_a_healthy_client(typed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(typed) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("HighAvailability  gateway Connected  connected 1/1\n")
    assert "ha-coreapp-0" in shown


def test_json_in_the_words_of_the_status(typed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*typed, "-o", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["gateway"], document["endpoint"]["reachable"]) == ("Connected", True)
    assert {c["type"] for c in document["conditions"]} >= {"Ready", "Available", "RedundancySatisfied"}
    assert len(document["topology"]["nodes"]) == 4


def test_yaml(typed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*typed, "-o", "yaml"]) == 0
    assert yaml.safe_load(capsys.readouterr().out)["mode"] == "HighAvailability"


def test_an_unregistered_one_is_not_healthy(simulator: Simulator, typed: list[str]) -> None:
    simulator.set(registered=False)
    assert cli.main(typed) == 1


def test_a_refused_key_is_unknown(typed: list[str], key_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key_file.write_text("a-wrong-key-of-enough")
    assert cli.main(typed) == 2
    assert "APIKeyRejected" in capsys.readouterr().out


def test_a_key_that_is_too_short_is_not_sent(
    simulator: Simulator, typed: list[str], key_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = simulator.control.get("/").json()["pods"]
    key_file.write_text("short")
    assert cli.main(typed) == 2
    assert simulator.control.get("/").json()["pods"] == before
    assert "APIKeyTooShort" in capsys.readouterr().out


def test_another_mode_than_the_one_named(typed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*typed, "--mode", "Single"]) == 1
    assert "ModeMismatch" in capsys.readouterr().out


def test_the_key_from_the_environment_and_no_verification(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WA_API_KEY", KEY)
    assert cli.main(["check", simulator.url(""), "--insecure"]) == 0
    assert cli.main(["check", simulator.url("")]) == 1  # its own certificate is nobody the public trusts


@pytest.mark.parametrize("form", [str, str.upper, lambda digits: ":".join(re.findall("..", digits))])
def test_a_pinned_certificate_is_trusted_and_no_other(
    simulator: Simulator, key_file: Path, form: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    digits = hashlib.sha256(ssl.PEM_cert_to_DER_cert(simulator.ca)).hexdigest()
    typed = ["check", simulator.url(""), f"--key-file={key_file}"]
    assert cli.main([*typed, f"--pin={form(digits)}"]) == 0
    before = simulator.control.get("/").json()["pods"]
    assert cli.main([*typed, f"--pin={form(digits[::-1])}"]) == 1
    assert "TLSVerificationFailed" in capsys.readouterr().out
    assert simulator.control.get("/").json()["pods"] == before  # nothing was asked, so no key was shown


@pytest.mark.parametrize(
    ("typed_wrong", "code", "sentence"),
    [
        (
            ["check", "http://10.1.2.3"],
            64,
            "over http:// the credential is sent unencrypted, to any server: add --insecure",
        ),
        (["check", "https://user:password@10.1.2.3"], 64, "URL must be an origin"),
        (["check", "https://10.1.2.3/v1/health"], 64, "URL must be an origin"),
        (["check", "https://10.1.2.3:port"], 64, "URL must be an origin"),
        (["check", "https://256.256.256.256"], 64, "URL must be an origin"),
        (["check", "https://xn--:1"], 64, "URL must be an origin"),
        (["check", "https://10.1.2.3:0"], 64, "URL must be an origin"),
        (["check", "https://10.1.2.3/#there"], 64, "URL must be an origin"),
        (["check", "https://:password@10.1.2.3"], 64, "URL must be an origin"),
        (["check", "https://10.1.2.3"], 64, "--key-file"),
        (["check", "https://10.1.2.3", "--key-from", "configmap/a"], 64, "--key-from must be secret/NAME"),
        (["check", "https://10.1.2.3", "--key-file", "/dev/null", "--pin", "abc"], 64, "--pin must be the SHA-256"),
        (
            ["check", "https://10.1.2.3", "--mode=Single", "--shards=4"],
            64,
            "--shards applies only with --mode Multiconnect or Auto: remove it or change the mode.",
        ),
        (
            ["check", "https://10.1.2.3", "--mode=Multiconnect"],
            64,
            "--mode Multiconnect needs --shards: set it to 1, 2, 4, 8, 16 or 32.",
        ),
        (["check", "https://10.1.2.3", "--key-file", "/nowhere"], 69, "/nowhere cannot be read"),
        (["check", "https://10.1.2.3", "--key-file", "/dev/null", "--ca", "/dev/null"], 69, "no certificate"),
    ],
)
def test_wrong_usage_is_a_sentence(
    typed_wrong: list[str], code: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(typed_wrong) == code
    said = capsys.readouterr().err
    assert sentence in said
    assert "password@" not in said


def test_a_key_from_a_pipe_of_the_shell_and_one_without_an_end(
    typed: list[str], key_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reading, writing = os.pipe()
    os.write(writing, KEY.encode())
    os.close(writing)
    asked = [argument for argument in typed if "--key-file" not in argument]
    assert cli.main([*asked, f"--key-file=/dev/fd/{reading}"]) == 0
    os.close(reading)
    assert cli.main([*asked, "--key-file=/dev/zero"]) == 2
    assert "APIKeyTooLong" in capsys.readouterr().out


@pytest.mark.parametrize("seconds", ["inf", "nan", "0", "-1", "61", "soon"])
def test_a_timeout_that_is_none(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    says = "argument --timeout: must be more than 0 and at most 60 seconds."
    assert refused([f"--timeout={seconds}"], capsys).startswith(f"wahealth check: {says} See: ")


@pytest.mark.parametrize(
    ("flag", "says"),
    [
        ("--shards=many", "argument --shards: must be a whole number."),
        ("--mode=Many", "argument --mode: invalid choice: 'Many' (choose from 'Auto', 'Single', 'HighAvailability', "),
        ("--depth=x", "argument --depth: invalid choice: 'x' (choose from 'reachable', 'registered', 'connected')."),
        ("--pod-role=x", "argument --pod-role: invalid choice: 'x' (choose from 'web', 'coreapp', 'master')."),
    ],
)
def test_a_wrong_value_is_told_without_a_name_of_the_code(
    flag: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert says in refused([flag], capsys)


def refused(flags: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What is said of flags that cannot be read."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["check", "https://10.1.2.3", *flags])
    assert ended.value.code == 64
    return capsys.readouterr().err


def test_shards_go_with_a_mode_that_is_detected(typed: list[str]) -> None:
    assert cli.main([*typed, "--mode=Auto", "--shards=4"]) == 0


class TestReady:
    """For an exec probe: one line, exit code 0 or 1."""

    def test_a_web_pod(self, typed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main([*typed, "--ready", "--depth=connected"]) == 0
        assert capsys.readouterr().out == "ready at depth connected: Connected\n"

    @pytest.mark.parametrize(("depth", "code"), [("reachable", 0), ("registered", 1), ("connected", 1)])
    def test_an_unregistered_one(self, simulator: Simulator, typed: list[str], depth: str, code: int) -> None:
        simulator.set(registered=False)
        assert cli.main([*typed, "--ready", f"--depth={depth}"]) == code

    def test_a_coreapp_that_stands_by(self, typed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        for name in ("ha-coreapp-0", "ha-coreapp-1"):
            assert cli.main([*typed, "--ready", "--pod-role=coreapp", f"--pod-name={name}", "--depth=connected"]) == 0
        assert "StandbyCoreapp" in capsys.readouterr().out

    def test_a_refused_key_takes_no_pod_away(self, typed: list[str], key_file: Path) -> None:
        key_file.write_text("a-wrong-key-of-enough")
        assert cli.main([*typed, "--ready"]) == 0
        key_file.write_text("short")
        assert cli.main([*typed, "--ready"]) == 0
        key_file.unlink()
        assert cli.main([*typed, "--ready"]) == 0

    def test_without_a_key_it_is_still_seen_whether_waweb_is_there(
        self, simulator: Simulator, typed: list[str], key_file: Path
    ) -> None:
        simulator.set(refuse=True)
        for key in ("short", None):
            key_file.unlink() if key is None else key_file.write_text(key)
            assert cli.main([*typed, "--ready"]) == 1

    def test_trouble_of_our_own_takes_no_pod_away(self, typed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
        async def ours(*_: object) -> None:
            raise ObserverFault

        monkeypatch.setattr(Prober, "ask", ours)
        assert cli.main([*typed, "--ready"]) == 0
        assert cli.main(typed) == 2

    def test_a_web_that_is_silent(self, simulator: Simulator, typed: list[str]) -> None:
        simulator.set(refuse=True)
        assert cli.main([*typed, "--ready"]) == 1
        assert cli.main([*typed, "--ready", "--pod-role=master", "--pod-name=ha-master-0"]) == 0

    def test_it_imports_neither_models_nor_yaml(self) -> None:
        code = "import sys, wahealth.check.run, wahealth.sidecar.once; print({'pydantic', 'yaml'} & sys.modules.keys())"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout == "set()\n"
