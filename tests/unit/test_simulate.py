"""`wahealth simulate`: the timeline that the operator would write."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Callable, Set
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.pages import ROOT, commands, fences
from support.replayed import readys, simulated
from wahealth import cli

SCENARIOS = Path(__file__).parents[1] / "scenarios"
KEY = "canary-key-of-a-scenario"


def scenario(folder: Path, steps: list[dict[str, Any]], until: float = 300, **spec: Any) -> Path:
    """A scenario file with one client and a good key."""
    base: dict[str, Any] = {
        "target": {"workload": {"name": "web"}},
        "auth": {"apiKey": {"secretKeyRef": {"name": "k"}}},
        "probe": {"failureThreshold": 1},
        "grace": {"connectingSeconds": 0, "failoverSeconds": 0, "uninitializedSeconds": 0},
    }
    document = {
        "client": {"spec": base | spec},
        "secrets": {"k": {"WA_API_KEY": KEY}},
        "steps": steps,
        "until": until,
    }
    (folder / "scenario.yaml").write_text(yaml.safe_dump(document))
    return folder / "scenario.yaml"


def answers(status: str, **more: Any) -> dict[str, Any]:
    return {"web-0": {"body": {"health": {"gateway_status": status}}, **more}}


def test_a_day_of_health_is_one_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = scenario(tmp_path, [{"at": 0, "pods": answers("connected")}], until=86_400)
    assert readys(simulated(capsys, path)) == [(0, "Available")]


def test_times_are_those_of_the_simulated_clock(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = scenario(tmp_path, [{"at": 0, "pods": answers("connected")}, {"at": 61, "pods": answers("disconnected")}])
    document = simulated(capsys, path)
    assert readys(document) == [(0, "Available"), (90, "Disconnected")]
    ready = next(c for c in document["final"]["conditions"] if c["type"] == "Ready")
    assert ready["lastTransitionTime"] == "2026-01-01T00:01:30Z"


@pytest.mark.parametrize(("form", "load"), [("json", json.loads), ("yaml", yaml.safe_load)])
def test_without_messages_all_else_is_the_same(
    capsys: pytest.CaptureFixture[str], form: str, load: Callable[[str], Any]
) -> None:
    whole, wordless = [load(printed(capsys, "-o", form, *more)) for more in ([], ["--no-messages"])]
    assert "message" in whole["final"]["conditions"][0]
    assert wordless == without(whole, {"message", "note"})


def test_a_table_without_messages_is_one_of_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, "--no-messages").splitlines()
    assert [line.split() for line in lines if line.startswith(" " * 11)] == [
        ["Normal", "ModeDetected"],
        ["Normal", "GatewayConnected"],
        ["Warning", "GatewayDisconnected"],
        ["Warning", "FailoverStalled"],
        ["Warning", "RedundancyLost"],
        ["Normal", "GatewayConnected"],
        ["Normal", "ActiveCoreappChanged"],
    ]


def printed(capsys: pytest.CaptureFixture[str], *flags: str) -> str:
    cli.main(["simulate", str(SCENARIOS / "failover-that-stalls.yaml"), *flags])
    return capsys.readouterr().out


def without(document: Any, fields: Set[str]) -> Any:
    if isinstance(document, dict):
        return {name: without(value, fields) for name, value in document.items() if name not in fields}
    return [without(value, fields) for value in document] if isinstance(document, list) else document


def test_the_period_sets_the_rounds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = [{"at": 0, "pods": answers("connected")}, {"at": 61, "pods": answers("disconnected")}]
    path = scenario(tmp_path, steps, probe={"periodSeconds": 7, "timeoutSeconds": 5, "failureThreshold": 1})
    assert readys(simulated(capsys, path)) == [(0, "Available"), (63, "Disconnected")]


def test_pods_come_go_refuse_and_fall_silent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps: list[dict[str, Any]] = [
        {"at": 0, "pods": {"web-0": {"error": "ReadTimeout"}, "web-1": {"status": 401, "body": None}}},
        {"at": 30, "pods": {"web-1": None}},
        {"at": 60, "pods": {"web-0": {"text": "not JSON"}}},
        {"at": 90, "pods": {"web-0": None}},
        {"at": 120, "target": None},
        {"at": 150, "target": "present", "pods": answers("connected", key=KEY)},
    ]
    assert readys(simulated(capsys, scenario(tmp_path, steps))) == [
        (0, "GracePeriod"),
        (30, "ReadTimeout"),
        (60, "InvalidResponse"),
        (90, "NoReadyEndpoints"),
        (120, "TargetNotFound"),
        (150, "Available"),
    ]


def test_a_good_key_is_read_again_after_five_minutes_or_a_refusal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = "another-key-of-enough"
    steps: list[dict[str, Any]] = [
        {"at": 0, "pods": answers("connected", key=KEY)},
        {"at": 30, "secrets": {"k": {"WA_API_KEY": other}}},
    ]
    document = simulated(capsys, scenario(tmp_path, steps, until=600))
    assert readys(document) == [(0, "Available"), (300, "Available")]
    assert document["final"]["credentials"]["keyInUse"] == "Previous"


def test_an_operator_that_starts_again_counts_from_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    steps: list[dict[str, Any]] = [
        {"at": 0, "pods": answers("connected")},
        {"at": 30, "pods": answers("disconnected")},
        {"at": 60, "restart": True},
    ]
    path = scenario(tmp_path, steps, probe={"failureThreshold": 2})
    assert readys(simulated(capsys, path)) == [(0, "Available"), (90, "Disconnected")]


def test_and_knows_of_no_pause(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps: list[dict[str, Any]] = [
        {"at": 0, "pods": {"web-0": {"status": 503, "text": "", "headers": {"Retry-After": "90"}}}},
        {"at": 30, "pods": answers("connected")},
        {"at": 60, "restart": True},
    ]
    assert readys(simulated(capsys, scenario(tmp_path, steps))) == [(0, "GracePeriod"), (60, "Available")]


def test_an_edit_is_a_new_generation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = [{"at": 0, "pods": answers("connected")}, {"at": 60, "client": {"spec": {"suspend": True}}}]
    document = simulated(capsys, scenario(tmp_path, steps))
    assert readys(document) == [(0, "Available"), (60, "no Ready")]
    assert document["final"]["observedGeneration"] == 2
    assert [e["reason"] for e in document["timeline"][1]["events"]] == ["Suspended"]


@pytest.mark.parametrize(("status", "code"), [("connected", 0), ("unregistered", 1)])
def test_the_exit_code_is_the_final_verdict(tmp_path: Path, status: str, code: int) -> None:
    path = scenario(tmp_path, [{"at": 0, "pods": answers(status)}])
    assert cli.main(["simulate", str(path)]) == code
    assert cli.main(["simulate", str(SCENARIOS / "mc-partly.yaml"), str(path), "-o", "yaml"]) == code


def test_an_unknown_one_exits_2(tmp_path: Path) -> None:
    assert cli.main(["simulate", str(scenario(tmp_path, [{"at": 0, "pods": {"w": {"status": 401, "body": 1}}}]))]) == 2


def test_the_key_is_not_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for form in ("table", "json", "yaml"):
        cli.main(["simulate", str(scenario(tmp_path, [{"at": 0, "pods": answers("connected", key=KEY)}])), "-o", form])
    assert KEY not in capsys.readouterr().out


def test_nor_is_one_that_an_answer_repeats(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = {"meta": {"version": KEY}, "health": {KEY: {"gateway_status": KEY, "role": "coreapp"}}}
    steps = [
        {"at": 0, "pods": {"web-0": {"body": body}}},
        {"at": 200, "pods": {"web-0": {"status": 302, "headers": {"Location": f"/{KEY}"}, "text": ""}}},
    ]
    document = json.dumps(simulated(capsys, scenario(tmp_path, steps)))
    assert "(hidden)" in document
    assert KEY not in document


ALIASES = "  x0: &x0 [a, a]\n" + "".join(f"  x{n}: &x{n} [*x{n - 1}, *x{n - 1}]\n" for n in range(1, 60))

BAD = {
    "not YAML": ("client: [", 1, "is not YAML"),
    "not a map": ("[]", 1, "valid dictionary"),
    "no steps": ("client: {}\nuntil: 1\nsteps: []\n", 3, "steps: List should have at least 1 item"),
    "an unknown word": ("client: {}\nuntil: 1\nsteps:\n- at: 0\n  pod: {}\n", 5, "steps.0.pod: Extra inputs"),
    "an unknown error": (
        "client: {}\nuntil: 1\nsteps:\n- at: 0\n  pods:\n    web-0: {error: Tired}\n",
        6,
        "steps.0.pods.web-0.error: Input should be",
    ),
    "two forms of an answer": (
        "client: {}\nuntil: 1\nsteps:\n- at: 0\n  pods:\n    web-0: {text: a, body: {}}\n",
        6,
        "one of error, body, text",
    ),
    "steps out of order": (
        "client: {}\nuntil: 1\nsteps:\n- at: 5\n- at: 0\n",
        5,
        "in the order of `at`, and 0 comes after 5",
    ),
    "a body that is no JSON": (
        "client: {}\nuntil: 1\nsteps:\n- at: 0\n  pods:\n    w: {body: 2026-01-01}\n",
        6,
        "its body is not JSON",
    ),
    "a 30th of February": ("client: {}\nsteps: [{at: 0}]\nuntil: 2026-02-30\n", 3, "such as a 30th of February"),
    "an integer that is none": ("client: {}\nsteps: [{at: 0}]\nuntil: !!int abc\n", 3, "contains an impossible value"),
    "5,000 brackets": ("[" * 5000, 1, "nested too deep"),
    "a client that holds itself": ("client: &c {x: *c}\nsteps: [{at: 0}]\nuntil: 1\n", 1, "contains itself"),
    "a client of aliases that stand for ever more": (
        f"client:\n{ALIASES}until: 1\nsteps: [{{at: 0}}]\n",
        1,
        "or too large",
    ),
    "a body of such": (
        f"client: {{}}\nuntil: 1\nsteps:\n- at: 0\n  pods:\n    w:\n      body:\n{ALIASES.replace('  ', ' ' * 8)}",
        6,
        "its body is not JSON, or too large",
    ),
    "a header with a blank": (
        "client: {}\nuntil: 1\nsteps:\n- at: 0\n  pods:\n    w: {text: a, headers: {'Retry After': '1'}}\n",
        6,
        "String should match pattern",
    ),
    "half a character": (
        'client: {}\nuntil: 1\nsteps:\n- at: 0\n  pods: {w: {text: a, key: "\\ud800"}}\n',
        5,
        "contains half a character",
    ),
    "a word with control characters": (
        'client: {}\nuntil: 1\nsteps:\n- at: 0\n  pods: {w: {"a\\nb": 1}}\n',
        5,
        "steps.0.pods.w.a?b: Extra inputs",
    ),
    "a long name": ("client: {}\nuntil: 1\nsteps:\n- at: 0\n  pods: {" + "x" * 300 + ": null}\n", 5, "at most 253"),
    "two documents": ("a: 1\n---\nb: 2\n", 2, "another document"),
    "time runs backwards": ("client: {}\nuntil: 1\nsteps:\n- at: -1\n", 4, "greater than or equal to 0"),
}


@pytest.mark.parametrize(("text", "line", "sentence"), BAD.values(), ids=BAD.keys())
def test_a_bad_file_gets_a_sentence_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, line: int, sentence: str
) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    assert cli.main(["simulate", str(path)]) == 64
    said = capsys.readouterr().err
    assert f"{path}:{line}: " in said
    assert sentence in said


def edited(folder: Path, *edits: dict[str, Any], **spec: Any) -> Path:
    """An edit each minute."""
    steps: list[dict[str, Any]] = [{"at": 0, "pods": answers("connected")}]
    steps += [{"at": 60 * place, **edit} for place, edit in enumerate(edits, 1)]
    return scenario(folder, steps, **spec)


NEEDS_SHARDS = "mode Multiconnect needs multiconnect.shards: set it to 1, 2, 4, 8, 16 or 32"
SHARDS = {"spec": {"multiconnect": {"shards": 2}}}


def test_a_client_that_the_api_server_refuses_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = edited(tmp_path, mode="Multiconnect")
    assert cli.main(["simulate", str(path)]) == 64
    line = 1 + [text.strip() for text in path.read_text().splitlines()].index("mode: Multiconnect")
    assert capsys.readouterr() == ("", f"wahealth simulate: {path}:{line}: client: spec.mode: {NEEDS_SHARDS}.\n")


def test_so_is_an_edit_as_of_its_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole resource is looked at, as it is after the edit."""
    path = edited(tmp_path, {"client": SHARDS}, {"client": {"spec": {"mode": "Multiconnect"}}})
    assert cli.main(["simulate", str(path)]) == 1
    path = edited(tmp_path, {"client": SHARDS}, {"client": {"spec": {"multiconnect": None}}}, mode="Multiconnect")
    assert cli.main(["simulate", str(path)]) == 64
    capsys.readouterr()
    path = edited(tmp_path, {"client": SHARDS}, {"client": {"spec": {"mode": "Single"}}})
    assert cli.main(["simulate", str(path)]) == 64
    line = [text.strip() for text in path.read_text().splitlines()].index("mode: Single")  # of spec, which holds it
    said = capsys.readouterr().err
    assert said.startswith(f"wahealth simulate: {path}:{line}: client as of 120 s: spec.multiconnect: ")


def test_an_edit_of_nothing_in_spec_is_no_new_generation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = edited(tmp_path, {"client": {"spec": {"suspend": None}}}, {"client": {"metadata": {"labels": {"a": "b"}}}})
    assert simulated(capsys, path)["final"]["observedGeneration"] == 1


def test_null_is_nothing_as_the_api_server_stores_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = edited(tmp_path, mode=None, tls={"caRef": None, "serverName": "waweb"})
    assert readys(simulated(capsys, path)) == [(0, "Available")]


def test_a_client_that_shows_a_certificate_is_replayed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Handshakes are not played, so its Secret need not be there."""
    renamed = {"client": {"spec": {"tls": {"clientCertificateRef": {"name": "second"}}}}}
    path = edited(tmp_path, renamed, mode=None, tls={"clientCertificateRef": {"name": "first"}})
    assert readys(simulated(capsys, path)) == [(0, "Available"), (60, "Available")]


@pytest.mark.parametrize(
    ("field", "written", "said"),
    [
        ("serverName", "2026-01-01", ""),
        ("serverName", "!!binary d2F3ZWI=", ""),
        ("serverName", "2026-01-01T00:00:00Z", "spec.tls.serverName: Invalid value"),
        ("serverName", "!!set {a}", "spec.tls.serverName: Invalid value"),
        ("serverName", "1e3", ""),
        ("serverName", "7", "spec.tls.serverName: must be of type string, not integer"),
        ("verification", "1000000000000000000000000000000", "spec.tls.verification: Unsupported value: 1000"),
        ("2026-01-01", "x", "spec.tls.2026-01-01: unknown field"),
        ("7", "x", "spec.tls.7: unknown field"),
    ],
)
def test_yaml_is_read_as_kubectl_reads_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], field: str, written: str, said: str
) -> None:
    """Dates and bytes are text."""
    path = edited(tmp_path, {"client": {"spec": {"suspend": True}}}, tls={"serverName": "here"})
    path.write_text(path.read_text().replace("serverName: here", f"{field}: {written}"))
    assert cli.main(["simulate", str(path)]) == (64 if said else 2)
    assert said in capsys.readouterr().err
    path.write_text(f"stored: true\n{path.read_text()}")
    assert cli.main(["simulate", str(path)]) != 70


def test_a_stored_client_is_taken_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = edited(tmp_path, {"client": {"spec": {"mode": "Triple"}}, "stored": True})
    assert readys(simulated(capsys, path)) == [(0, "Available"), (60, "InvalidSpec")]
    path = edited(tmp_path, {"client": {"spec": {"mode": "Auto"}}}, mode="Triple")
    path.write_text(f"stored: true\n{path.read_text()}")
    assert readys(simulated(capsys, path)) == [(0, "InvalidSpec"), (60, "Available")]


def test_stored_says_something_of_a_client(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["simulate", str(edited(tmp_path, {"stored": True}))]) == 64
    assert "steps.1: stored needs a client: add the client, or remove stored" in capsys.readouterr().err


WITHOUT = "import sys; sys.modules['{}'] = None; from wahealth.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.mark.parametrize("module", ["celpy", "jsonschema", "re2"])
def test_without_the_extra_it_says_what_was_not_checked(tmp_path: Path, module: str) -> None:
    path = str(edited(tmp_path, mode="Multiconnect"))
    effect = [sys.executable, "-c", WITHOUT.format(module), "simulate", path, path, "-o", "json"]
    done = subprocess.run(effect, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 2
    assert done.stderr == (
        "wahealth simulate: whether the API server admits the client, by schema and CEL rules, was not checked: "
        "pip install 'wahealth-operator[simulate]'\n"
    )


MIB = 1024 * 1024


def filled(text: str, size: int) -> str:
    return text + " " * (size - len(text))


@pytest.mark.parametrize("form", ["text", "bodyFile", "body", "payload"])
@pytest.mark.parametrize(("over", "reason"), [(0, "Available"), (1, "BodyTooLarge")])
def test_a_body_is_read_up_to_1_mib(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str, over: int, reason: str
) -> None:
    health = {"health": {"gateway_status": "connected"}}
    given: Any = filled(json.dumps(health), MIB + over)
    if form in {"body", "payload"}:
        padding = MIB + over - len(json.dumps(health | {"padding": ""}))
        given = health | {"padding": "x" * padding}
    if form == "payload":
        (tmp_path / "payload.json").write_text(json.dumps({"http_status": 200, "body": given}))
        given = "payload.json"
    if form == "bodyFile":
        (tmp_path / "body.json").write_text(given)
        given = "body.json"
    path = scenario(tmp_path, [{"at": 0, "pods": {"web-0": {form: given}}}])
    assert readys(simulated(capsys, path))[-1][1] == reason


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (200, "BodyTooLarge"),
        (500, "BodyTooLarge"),
        (302, "Redirected"),
        (401, "APIKeyRejected"),
        (403, "AccessForbidden"),
    ],
)
def test_the_body_of_a_refusal_or_a_redirect_is_not_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], status: int, reason: str
) -> None:
    path = scenario(tmp_path, [{"at": 0, "pods": {"web-0": {"text": " " * (MIB + 1), "status": status}}}])
    assert readys(simulated(capsys, path))[-1][1] == reason


def test_a_redirect_says_where_it_leads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    redirect = {"status": 301, "text": "", "headers": {"LOCATION": "https://waweb.example.com/login?next=/v1/health"}}
    document = simulated(capsys, scenario(tmp_path, [{"at": 0, "pods": {"web-0": redirect}}]))
    (reachable,) = (c for c in document["final"]["conditions"] if c["type"] == "Reachable")
    assert "HTTP 301 to https://waweb.example.com/login: point spec.target at" in reachable["message"]


def test_the_table_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Once, and not beside an event that says the same."""
    steps: list[dict[str, Any]] = [
        {"at": 0, "pods": answers("connected")},
        {"at": 30, "client": {"spec": {"target": {"workload": {"kind": "CloneSet"}}}}, "stored": True},
        {
            "at": 60,
            "client": {"spec": {"target": {"workload": {"kind": "Deployment"}}}},
            "pods": answers("disconnected"),
        },
    ]
    cli.main(["simulate", str(scenario(tmp_path, steps))])
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert (
        "This version does not understand spec: correct target.workload.kind (Deployment, StatefulSet, DaemonSet, "
        "Rollout or DeploymentConfig)." in lines
    )
    down = "The client is not connected to the WhatsApp servers: look at the coreapps."
    assert [line for line in lines if down in line] == [f"Warning  GatewayDisconnected: {down}"]


def test_files_that_are_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["simulate", str(tmp_path / "none.yaml")]) == 64
    path = scenario(tmp_path, [{"at": 0, "pods": {"web-0": {"payload": "none.json"}}}])
    assert cli.main(["simulate", str(path)]) == 64
    said = capsys.readouterr().err
    assert "none.yaml: cannot be read" in said
    assert "none.json cannot be used as an answer" in said


def test_the_manual_shows_what_it_prints(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    (line,) = commands(__file__, "docs/cli.md")
    assert cli.main(shlex.split(line)[1:]) == 0
    assert capsys.readouterr().out in [fence.text for fence in fences("docs/cli.md")]
