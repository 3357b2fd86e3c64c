"""A client certificate at the command line and beside a pod: named by two flags, read from two files."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import NoReturn

import pytest

from support.mutual import AUTHORITY, OTHER, naming, wanting
from support.scripted import ADDRESS, CERTIFICATE, KEY, serving
from support.served import beside
from wahealth import cli
from wahealth.probe.client import Prober
from wahealth.sidecar.flags import add_arguments
from wahealth.sidecar.rounds import Rounds
from wahealth.sidecar.settings import Settings, settings_of


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Of whoever asks from the command line or beside a pod."""
    (tmp_path / "api-key").write_bytes(KEY)
    (tmp_path / "ca.crt").write_bytes(CERTIFICATE)
    mount(tmp_path, *AUTHORITY.issue("first"))
    return tmp_path


def mount(folder: Path, certificate: bytes, key: bytes) -> None:
    (folder / "tls.crt").write_bytes(certificate)
    (folder / "tls.key").write_bytes(key)


def flags(files: Path) -> list[str]:
    return [f"--ca={files}/ca.crt", f"--client-certificate={files}/tls.crt", f"--client-key={files}/tls.key"]


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (AUTHORITY.issue("first"), 0, ""),
        (OTHER.issue("first"), 1, ""),
        (
            (AUTHORITY.pem, AUTHORITY.issue("first")[1]),
            69,
            "the key belongs to another certificate: put two",
        ),
        ((b"", b""), 69, "there is no certificate in PEM: put it there in PEM."),
    ],
)
def test_check_shows_the_one_that_is_named(
    files: Path, content: tuple[bytes, bytes], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    mount(files, *content)
    with beside(naming([]), wanting()) as served:
        typed = ["check", f"https://{ADDRESS}:{served.port}", f"--key-file={files}/api-key"]
        assert cli.main([*typed, *flags(files)]) == code
    shown = capsys.readouterr()
    assert said in shown.err
    assert "PRIVATE KEY" not in shown.err + shown.out


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["https://127.0.0.1", "--client-key=F"], "--client-certificate and --client-key belong together: name both"),
        (["https://127.0.0.1", "--client-certificate=F"], "--client-certificate and --client-key belong together"),
        (["https://127.0.0.1", "--client-certificate=F", "--client-key=F"], "F cannot be read"),
        (
            ["http://127.0.0.1", "--insecure", "--client-certificate=F", "--client-key=F"],
            "--client-certificate has no meaning with an http:// URL",
        ),
    ],
)
def test_check_says_what_does_not_go_together(
    typed: list[str], said: str, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["check", *typed, f"--key-file={files}/api-key"]) in {64, 69}
    assert said in capsys.readouterr().err


def settings(files: Path, upstream: str, *more: str) -> Settings:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    typed = [f"--upstream={upstream}", f"--api-key-file={files}/api-key", "--period=1", *more]

    def wrong(sentence: str) -> NoReturn:
        raise ValueError(sentence)

    return settings_of(parser.parse_args(typed), {}, wrong)


def test_the_sidecar_shows_the_one_that_is_mounted_now(files: Path) -> None:
    """One that cannot be used, as while both files are swapped, leaves the one before in use."""

    async def run() -> list[str]:
        seen: list[str] = []
        async with serving(naming(seen), wanting()) as served, Prober() as prober:
            rounds = Rounds(settings(files, f"https://{ADDRESS}:{served.port}", *flags(files)), prober)
            await rounds_of(rounds, 2)
            (files / "tls.key").write_bytes(b"")
            await rounds_of(rounds, 2)
            mount(files, *AUTHORITY.issue("second"))
            await rounds_of(rounds, 2)
            assert rounds.status.client_certificate is not None
            return seen

    assert asyncio.run(run()) == ["first"] * 4 + ["second"] * 2


async def rounds_of(rounds: Rounds, times: int) -> None:
    for _ in range(times):
        await rounds._round()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["--client-key=F"], "--client-certificate and --client-key belong together: name both or neither"),
        (["--client-certificate=F", "--client-key=F"], "--client-certificate: F cannot be read: No such file"),
        (["--client-certificate=/dev/null", "--client-key=F"], "--client-certificate: /dev/null is not a regular file"),
        (
            ["--upstream=http://127.0.0.1", "--client-certificate=F", "--client-key=F"],
            "--client-certificate has no meaning with an http:// URL",
        ),
    ],
)
def test_the_sidecar_says_what_does_not_go_together(typed: list[str], said: str, files: Path) -> None:
    with pytest.raises(ValueError, match=said.split(":", maxsplit=1)[0]) as told:
        settings(files, "https://127.0.0.1", *typed)
    assert said in str(told.value)
