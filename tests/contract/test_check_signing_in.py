"""`wahealth check` with a token, with a login, in clear and below a path: against the simulated waweb."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from contract.conftest import KEY, PASSWORD, USER, Simulator
from support.pages import commands
from support.proxied import BASE, Proxy
from wahealth import cli

LOGIN, HEALTH = "/v1/users/login", "/v1/health"


class Files:
    """A file for each secret, which may be written anew."""

    def __init__(self, folder: Path, token: str) -> None:
        self.secrets = {"key": KEY, "token": token, "password": PASSWORD}
        self._folder = folder
        for name, secret in self.secrets.items():
            self.write(name, secret)

    def write(self, name: str, secret: str) -> None:
        (self._folder / name).write_text(secret)

    def flags(self, kind: str) -> list[str]:
        return [f"--{kind}-file={self._folder / kind}", *([f"--username={USER}"] if kind == "password" else [])]


@pytest.fixture
def files(simulator: Simulator, tmp_path: Path) -> Files:
    return Files(tmp_path, simulator.token())


@pytest.fixture
def in_clear(proxy: Proxy) -> list[str]:
    return ["check", proxy.url, "--insecure", f"--path={BASE}{HEALTH}", "-o", "json"]


def condition(capsys: pytest.CaptureFixture[str], type_: str = "CredentialsValid") -> tuple[str, str, str]:
    conditions = json.loads(capsys.readouterr().out)["conditions"]
    return next((c["status"], c["reason"], c["message"]) for c in conditions if c["type"] == type_)


@pytest.mark.parametrize(("kind", "called"), [("key", "API key"), ("token", "token"), ("password", "login")])
def test_each_way_to_sign_in(
    simulator: Simulator,
    files: Files,
    ca_file: Path,
    in_clear: list[str],
    kind: str,
    called: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for typed in (["check", simulator.url(""), f"--ca={ca_file}", "-o", "json"], in_clear):
        assert cli.main([*typed, *files.flags(kind)]) == 0
        assert condition(capsys) == ("True", "KeyAccepted", f"The client accepts the {called}.")


MANUAL = [*commands(__file__, "docs/cli.md"), *commands(__file__, "docs/kubelet.md")]


@pytest.mark.parametrize("line", MANUAL)
def test_the_lines_of_the_manual(
    simulator: Simulator,
    files: Files,
    ca_file: Path,
    proxy: Proxy,
    line: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With the addresses of this place, in a folder that has the files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ca.crt").write_bytes(ca_file.read_bytes())
    places = {"https://10.1.2.3": "", "https://127.0.0.1": "", "http://10.1.2.3:8080": proxy.url}
    program, *typed = shlex.split(line)
    assert program == "wahealth"
    assert cli.main([(places[word] or simulator.url("")) if word in places else word for word in typed]) == 0


def test_a_token_from_the_environment(
    files: Files, in_clear: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WA_TOKEN", files.secrets["token"])
    assert cli.main(in_clear) == 0
    capsys.readouterr()
    monkeypatch.setenv("WA_API_KEY", KEY)
    assert cli.main(in_clear) == 64
    assert "$WA_API_KEY and $WA_TOKEN are both set: unset one of them" in capsys.readouterr().err
    assert cli.main([*in_clear, *files.flags("password")]) == 0  # what is typed wins


def test_a_token_tells_when_it_ends(files: Files, in_clear: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*in_clear, *files.flags("token")]) == 0
    assert "tokenExpiryTime" in json.loads(capsys.readouterr().out)["credentials"]


def test_one_login_and_one_question_beside_the_health_node(files: Files, in_clear: list[str], proxy: Proxy) -> None:
    assert cli.main([*in_clear, *files.flags("password")]) == 0
    assert [one[:2] for one in proxy.heard] == [("POST", BASE + LOGIN), ("GET", BASE + HEALTH)]
    assert [one[2].partition(" ")[0] for one in proxy.heard] == ["Basic", "Bearer"]


@pytest.mark.parametrize(
    ("instead", "says"),
    [
        ((401, {}), "The client rejects user name and password: "),
        ((429, {"Retry-After": "60"}), "waweb rejects all logins for now, after too many failed ones: "),
    ],
)
def test_a_login_that_gives_no_token_is_not_tried_again(
    files: Files,
    in_clear: list[str],
    proxy: Proxy,
    instead: tuple[int, dict[str, str]],
    says: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    proxy.instead["POST", LOGIN] = instead
    assert cli.main([*in_clear, *files.flags("password")]) == 2
    status, reason, message = condition(capsys)
    assert (status, reason) == ("False", "LoginLimited" if instead[0] == 429 else "LoginFailed")
    assert message.startswith(says)
    assert (proxy.times("POST", LOGIN), proxy.times("GET", HEALTH)) == (1, 1)
    assert proxy.heard[-1][2] == ""  # whether it is there is asked without the login


def test_what_is_refused(files: Files, in_clear: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    files.write("token", "not-a-token-of-waweb")
    assert cli.main([*in_clear, *files.flags("token")]) == 2
    assert "rejects the token" in condition(capsys)[2]
    files.write("password", "not-the-password")
    assert cli.main([*in_clear, *files.flags("password")]) == 2
    assert "rejects user name and password" in condition(capsys)[2]


def test_what_has_not_the_form_is_not_sent(
    files: Files, in_clear: list[str], proxy: Proxy, capsys: pytest.CaptureFixture[str]
) -> None:
    for kind in ("token", "password"):
        files.write(kind, f"{files.secrets[kind]}\n")
        assert cli.main([*in_clear, *files.flags(kind)]) == 2
        assert "ends in a newline" in condition(capsys)[2]
    assert proxy.heard == []


def test_who_may_get_it_is_told(
    simulator: Simulator, files: Files, in_clear: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*in_clear, *files.flags("token")]) == 0
    assert condition(capsys, "Accepted")[2].endswith("The token goes to whoever answers: the URL begins with http://.")
    assert cli.main(["check", simulator.url(""), "--insecure", "-o", "json", *files.flags("password")]) == 0
    assert condition(capsys, "Accepted")[2].endswith("The login goes to whoever answers: --insecure verifies nobody.")


def test_login_and_question_end_by_one_deadline(simulator: Simulator, files: Files, in_clear: list[str]) -> None:
    """Each of them alone would be within it."""
    simulator.set(delay=1.5)
    assert cli.main([*in_clear, *files.flags("token"), "--timeout=2.8"]) == 0
    assert cli.main([*in_clear, *files.flags("password"), "--timeout=2.8"]) == 1


def test_an_exec_probe_takes_a_token_and_no_login(
    files: Files, in_clear: list[str], proxy: Proxy, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*in_clear, *files.flags("token"), "--ready", "--depth=connected"]) == 0
    assert capsys.readouterr().out == "ready at depth connected: Connected\n"
    files.write("token", "not-a-token-of-waweb")
    assert cli.main([*in_clear, *files.flags("token"), "--ready"]) == 0  # no fault of the pod
    assert cli.main([*in_clear, *files.flags("password"), "--ready"]) == 64
    assert "logins are limited" in capsys.readouterr().err
    assert proxy.times("POST", LOGIN) == 0


WRONG = {
    "no consent": (["http://10.1.2.3"], "over http:// the credential is sent unencrypted, to any server: add --ins"),
    "a CA in clear": (["http://10.1.2.3", "--ca=/dev/null"], "--ca has no meaning with an http:// URL: remove --ca or"),
    "a pin in clear": (["http://10.1.2.3", "--pin=ab"], "--pin has no meaning with an http:// URL: remove --pin or"),
    "a path in the URL": (
        ["https://10.1.2.3/v1/health"],
        "URL must be an origin such as https://10.1.2.3:443, without",
    ),
    "a path with a query": (["https://10.1.2.3", "--path=/v1/health?a=b"], "--path must be a path such as"),
    "a path with a newline": (["https://10.1.2.3", "--path=/v1/health\n"], "--path must be a path such as"),
    "a path without an end": (["https://10.1.2.3", f"--path=/{'a' * 1024}"], "--path must be a path such as"),
    "half a login": (["https://10.1.2.3", "--username=admin"], "--username and --password-file belong together"),
    "the other half": (["https://10.1.2.3", "--password-file=/dev/null"], "--username and --password-file belong toge"),
    "nothing": (["https://10.1.2.3"], "name an API key with --key-file, a token with --token-file, a login with"),
    "an entry too few": (
        ["https://10.1.2.3", "--token-from=secret/a"],
        "--token-from must be secret/NAME:ENTRY, su",
    ),
    "an entry too many": (["https://10.1.2.3", "--key-from=secret/a:b:c"], "--key-from must be secret/NAME or secret"),
    "half the entries": (["https://10.1.2.3", "--login-from=secret/a:b"], "--login-from must be secret/NAME or secre"),
    "an empty one": (["https://10.1.2.3", "--login-from=secret/a:b:"], "--login-from must be secret/NAME or secret/N"),
}


@pytest.mark.parametrize(("typed", "says"), WRONG.values(), ids=WRONG)
def test_wrong_usage_is_a_sentence(typed: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", *typed]) == 64
    assert capsys.readouterr().err.startswith(f"wahealth check: {says}")


@pytest.mark.parametrize("flag", ["--key-from=secret/a", "--token-from=secret/a:b", "--login-from=secret/a"])
def test_without_a_cluster_one_sentence_says_so(flag: str, tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "wahealth", "check", "https://10.1.2.3", flag]
    environment = {**os.environ, "HOME": str(tmp_path)}
    environment.pop("KUBECONFIG", None)
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=environment)
    says = "wahealth check: no cluster to read Secret a from: there is no kubeconfig: set KUBECONFIG to one.\n"
    assert (done.returncode, done.stdout, done.stderr) == (69, "", says)


def test_a_login_that_is_not_beside_the_health_node(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    typed = ["check", "https://10.1.2.3", "--path=/health", *files.flags("password")]
    assert cli.main(typed) == 64
    says = "a login is sent next to the health node, so --path must end in /v1/health: correct one of them."
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    "typed", [["--password", PASSWORD], [f"--token={KEY}"], ["--key", KEY], ["--insecure", KEY], [f"-k{KEY}"]]
)
def test_a_secret_as_an_argument_is_neither_taken_nor_shown(
    typed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["check", "https://10.1.2.3", *typed])
    assert ended.value.code == 64
    said = capsys.readouterr().err
    assert "unrecognized arguments" in said
    assert PASSWORD not in said
    assert KEY not in said


@pytest.mark.parametrize("form", ["table", "json", "yaml"])
@pytest.mark.parametrize("kind", ["key", "token", "password"])
def test_no_secret_in_any_output(proxy: Proxy, files: Files, kind: str, form: str) -> None:
    """Taken, refused, and without the right form."""
    argv = [sys.executable, "-m", "wahealth", "--debug", "check", proxy.url, "--insecure", f"--path={BASE}{HEALTH}"]
    argv += [*files.flags(kind), f"--output={form}"]
    for end in ("", "-", " "):
        files.write(kind, f"{files.secrets[kind]}{end}")
        proxy.instead = {("POST", LOGIN): (401, {})} if end else {}  # bad logins of all tests are counted together
        done = subprocess.run(argv, capture_output=True, text=True, check=False, env={**os.environ, "WA_API_KEY": KEY})
        assert done.stdout
        sent = [authorization.partition(" ")[2] for *_, authorization in proxy.heard if authorization]
        assert not [one for one in (*files.secrets.values(), *sent) if one in done.stdout + done.stderr]


def test_its_help_fits_one_screen(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A line an option, at 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        cli.main(["check", "--help"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 44
    assert not [line for line in lines if line.startswith("  ") and not line.startswith(("  -", "  URL"))]
