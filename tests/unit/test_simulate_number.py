"""`wahealth simulate` of a phone number: what the Cloud API may answer, read as the operator reads it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.pages import ROOT, commands, fences
from support.replayed import readys, simulated
from wahealth import cli
from wahealth.probe.strict_json import MOST_BYTES
from wahealth.simulate.answers import GOOD_NUMBER

TOKEN = "an-invented-token-of-enough-characters"
KEY = "a-key-of-enough-characters"
OTHER = "another-invented-token-of-enough-characters"
NUMBER: dict[str, Any] = {
    "target": {"cloud": {"phoneNumberID": "900000000000001"}, "workload": None},
    "auth": {"bearerToken": {"secretKeyRef": {"name": "t", "key": "token"}}, "apiKey": None},
}
WEB: dict[str, Any] = {
    "target": {"workload": {"name": "web"}, "cloud": None},
    "auth": {"apiKey": {"secretKeyRef": {"name": "k"}}, "bearerToken": None},
}
GOOD: dict[str, Any] = {"fields": {}}


def scenario(folder: Path, *steps: dict[str, Any], until: float = 900, **spec: Any) -> Path:
    """A scenario of a number with a good token, or of `spec`, which is confirmed by the first round."""
    document = {
        "client": {"spec": {**NUMBER, "probe": {"failureThreshold": 1}, "grace": {"connectingSeconds": 0}, **spec}},
        "secrets": {"t": {"token": TOKEN}, "k": {"WA_API_KEY": KEY}},
        "steps": list(steps),
        "until": until,
    }
    (folder / "scenario.yaml").write_text(yaml.safe_dump(document))
    return folder / "scenario.yaml"


def refused(capsys: pytest.CaptureFixture[str], path: Path) -> str:
    assert cli.main(["simulate", str(path)]) == 64
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"fields": {}}, "Available"),
        ({"fields": {"status": "BANNED"}}, "AccountBanned"),
        ({"fields": {"health_status": None, "status": "DELETED"}}, "NumberDeleted"),
        ({"body": {"id": "1", "status": "DELETED"}}, "NumberDeleted"),
        ({"body": {"error": {"code": 190, "error_subcode": 463}}, "status": 401}, "TokenExpired"),
        ({"text": "<h1>Bad gateway</h1>", "status": 502}, "HTTPStatus"),
        ({"text": "<h1>Welcome</h1>"}, "InvalidResponse"),
        ({"error": "ReadTimeout"}, "ReadTimeout"),
        (None, "ConnectTimeout"),
        ({"text": "", "status": 302, "headers": {"Location": "https://login.example.com/"}}, "Redirected"),
        ({"text": " " * (MOST_BYTES + 1)}, "BodyTooLarge"),
    ],
)
def test_each_form_of_an_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], answer: dict[str, Any] | None, reason: str
) -> None:
    good, then = {"at": 0, "cloud": GOOD}, {"at": 300, "cloud": answer}
    assert readys(simulated(capsys, scenario(tmp_path, good, then)))[-1][1] == reason


@pytest.mark.parametrize("form", ["payload", "bodyFile"])
def test_an_answer_may_be_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    banned = {**GOOD_NUMBER, "status": "BANNED"}
    (tmp_path / "payload").write_text(json.dumps({"http_status": 200, "body": banned}))
    (tmp_path / "bodyFile").write_text(json.dumps(banned))
    steps = [{"at": 0, "cloud": GOOD}, {"at": 300, "cloud": {form: form}}]
    assert readys(simulated(capsys, scenario(tmp_path, *steps)))[-1][1] == "AccountBanned"


def test_until_a_step_says_what_it_answers_nobody_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps: list[dict[str, Any]] = [{"at": 0}, {"at": 900, "cloud": GOOD}]
    assert readys(simulated(capsys, scenario(tmp_path, *steps)))[-2:] == [(600, "ConnectTimeout"), (900, "Available")]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ({}, "steps.0.cloud: say what it answers with one of error, body, text, bodyFile, payload, fields"),
        ({"fields": {}, "body": {}}, "steps.0.cloud: say what it answers with one of"),
        ({"error": "Tired"}, "steps.0.cloud.error: Input should be"),
        ({"payload": "none.json"}, "none.json cannot be used as an answer"),
        ({"fields": {}, "login": {}}, "steps.0.cloud.login: Extra inputs"),
        ({"text": "", "headers": {"Retry After": "1"}}, "String should match pattern"),
    ],
)
def test_a_bad_answer_gets_a_sentence_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], answer: dict[str, Any], sentence: str
) -> None:
    path = scenario(tmp_path, {"at": 0, "cloud": answer})
    said = refused(capsys, path)
    line = 1 + [text.split(":")[0].strip(" -") for text in path.read_text().splitlines()].index("steps")
    assert sentence in said
    assert int(said.split(f"{path}:")[1].split(":")[0]) >= line


@pytest.mark.parametrize("fields", ["{status: 2026-01-01}", "&fields {within: *fields}"])
def test_fields_that_are_no_json(tmp_path: Path, capsys: pytest.CaptureFixture[str], fields: str) -> None:
    path = scenario(tmp_path, {"at": 0, "cloud": {"fields": "FIELDS"}})
    path.write_text(path.read_text().replace("FIELDS", fields))
    assert "steps.0.cloud: its body is not JSON, or too large" in refused(capsys, path)


def test_a_number_is_asked_every_five_minutes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = [{"at": 0, "cloud": GOOD}, {"at": 301, "cloud": {"fields": {"status": "BANNED"}}}]
    assert readys(simulated(capsys, scenario(tmp_path, *steps)))[-1] == (600, "AccountBanned")


def test_and_once_a_minute_at_most(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = [{"at": 0, "cloud": GOOD}, {"at": 1, "cloud": {"fields": {"status": "BANNED"}}}]
    document = simulated(capsys, scenario(tmp_path, *steps, probe={"periodSeconds": 5, "failureThreshold": 1}))
    assert readys(document)[-1] == (60, "AccountBanned")
    assert document["final"]["cloud"]["periodSeconds"] == 60


THROTTLED = {"status": 400, "body": {"error": {"code": 80007}}}
USAGE = json.dumps({"900000000000002": [{"type": "messaging", "estimated_time_to_regain_access": 10}]})


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"X-Business-Use-Case-Usage": USAGE}, 600), ({"Retry-After": "600"}, 600), ({}, 900)],
)
def test_a_pause_that_the_vendor_asks_for_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], headers: dict[str, str], seconds: int
) -> None:
    """The number is well again at once, and is seen when the pause ends."""
    steps = [{"at": 0, "cloud": GOOD}, {"at": 300, "cloud": {**THROTTLED, "headers": headers}}]
    steps += [{"at": 301, "cloud": {"fields": {"quality_rating": "YELLOW"}}}]
    document = simulated(capsys, scenario(tmp_path, *steps, until=1500))
    writes = [(entry["at"], entry["status"]["cloud"]) for entry in document["timeline"] if "status" in entry]
    assert writes[-1][0] == 300 + seconds
    assert writes[-2][1]["throttledUntilTime"] == f"2026-01-01T00:{(300 + seconds) // 60:02}:00Z"


OTHER_NUMBER = {"target": {"cloud": {"phoneNumberID": "900000000000009"}}}
OTHER_TOKEN = {"auth": {"bearerToken": {"secretKeyRef": {"name": "other"}}}}


@pytest.mark.parametrize(("edit", "throttled"), [(OTHER_NUMBER, True), (OTHER_TOKEN, False)])
def test_a_pause_is_that_of_the_token(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], edit: dict[str, Any], throttled: bool
) -> None:
    steps = [
        {"at": 0, "cloud": GOOD},
        {"at": 300, "cloud": {**THROTTLED, "headers": {"Retry-After": "86400"}}},
        {"at": 600, "cloud": GOOD, "client": {"spec": edit}, "secrets": {"other": {"token": OTHER}}},
    ]
    conditions = simulated(capsys, scenario(tmp_path, *steps))["final"]["conditions"]
    assert any(condition["type"] == "Throttled" for condition in conditions) is throttled


def test_a_token_that_is_not_the_right_one_is_rejected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = [
        {"at": 0, "cloud": {**GOOD, "key": TOKEN}},
        {"at": 300, "cloud": {**GOOD, "key": OTHER}},
        {"at": 600, "secrets": {"t": {"token": OTHER}}},
    ]
    document = simulated(capsys, scenario(tmp_path, *steps))
    assert readys(document) == [(0, "Available"), (300, "TokenRejected"), (600, "Available")]
    assert TOKEN not in json.dumps(document)


@pytest.mark.parametrize(
    ("app", "reason"),
    [
        (None, "SecretNotFound"),
        ({}, "SecretKeyMissing"),
        ({"secret": "two words"}, "APIKeyInvalidCharacters"),
        ({"secret": KEY}, "Available"),
    ],
)
def test_the_secret_of_an_app_is_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], app: dict[str, str] | None, reason: str
) -> None:
    token = {"secretKeyRef": {"name": "t", "key": "token"}, "appSecretKeyRef": {"name": "app", "key": "secret"}}
    steps = [{"at": 0, "cloud": GOOD, "secrets": {"app": app}}]
    path = scenario(tmp_path, *steps, auth={"bearerToken": token})
    assert readys(simulated(capsys, path))[0] == (0, reason)


def test_token_and_account_answer_for_themselves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In every tenth round, and in the first one after an edit of the client or a Secret."""
    templates = {"data": [{"name": "hello", "language": "en", "status": "APPROVED"}]}
    step = {"cloudToken": {"fields": {"data": {"expires_at": 1798761600}}}, "cloudAccount": {"fields": templates}}
    target = {"cloud": {"phoneNumberID": "900000000000001", "accountID": "900000000000002"}}
    steps = [{"at": 0, "cloud": GOOD, **step}, {"at": 300, "cloudAccount": {"fields": {"data": []}}}]
    wanted = {"templates": ["hello"]}
    document = simulated(capsys, scenario(tmp_path, *steps, until=3000, target=target, cloud=wanted))
    assert document["final"]["credentials"]["tokenExpiryTime"] == "2027-01-01T00:00:00Z"
    assert [entry["at"] for entry in document["timeline"] if "status" in entry] == [0, 3000]
    edited = [*steps, {"at": 600, "client": {"spec": {"grace": {"connectingSeconds": 5}}}}]
    document = simulated(capsys, scenario(tmp_path, *edited, until=900, target=target, cloud=wanted))
    assert [entry["at"] for entry in document["timeline"] if "status" in entry] == [0, 600]


def test_a_number_behind_360dialog(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its key stands for one number, and nothing is looked at besides that."""
    spec: dict[str, Any] = {
        "target": {"cloud": {"provider": "Dialog360"}},
        "auth": {"apiKey": {"secretKeyRef": {"name": "k"}}},
    }
    limit = {"meta": {"success": False, "httpCode": 429, "developerMessage": "You have exceeded the limit."}}
    steps: list[dict[str, Any]] = [
        {"at": 0, "cloud": {**GOOD, "key": KEY}, "cloudToken": {"error": "ReadTimeout"}},
        {"at": 300, "cloud": {"status": 401, "body": {"meta": {"success": False, "httpCode": 401}}}},
        {"at": 600, "cloud": {"status": 429, "body": limit, "headers": {"Retry-After": "600"}}},
    ]
    document = simulated(capsys, scenario(tmp_path, *steps, **spec))
    assert [reason for _, reason in readys(document)][:2] == ["Available", "TokenRejected"]
    assert "throttledUntilTime" in document["final"]["cloud"]


@pytest.mark.parametrize("field", ["cloudToken", "cloudAccount"])
def test_their_answers_are_checked_alike(tmp_path: Path, capsys: pytest.CaptureFixture[str], field: str) -> None:
    said = refused(capsys, scenario(tmp_path, {"at": 0, field: {"payload": "none.json"}}))
    assert f"steps.0.{field}: {tmp_path / 'none.json'} cannot be used as an answer" in said


def test_neither_token_nor_id_is_shown_where_an_answer_repeats_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = f"<title>Cannot GET /v26.0/900000000000001 with {TOKEN}</title>"
    steps = [{"at": 0, "cloud": {"fields": {"status": TOKEN}}}, {"at": 300, "cloud": {"text": page}}]
    document = json.dumps(simulated(capsys, scenario(tmp_path, *steps)))
    assert "(hidden)" in document
    assert TOKEN not in document
    assert "900000000000001" not in document


def test_a_client_becomes_a_number_and_a_client_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The pods answer for the one, the Cloud API for the other, each to its own credential alone."""
    pods = {"web-0": {"body": {"health": {"gateway_status": "connected"}}, "key": KEY}}
    steps = [
        {"at": 0, "pods": pods, "cloud": {**GOOD, "key": TOKEN}},
        {"at": 60, "client": {"spec": NUMBER}},
        {"at": 360, "client": {"spec": WEB}},
    ]
    document = simulated(capsys, scenario(tmp_path, *steps, **WEB))
    modes = [(entry["at"], entry["status"]["mode"]) for entry in document["timeline"] if "status" in entry]
    assert modes == [(0, "Single"), (60, "CloudAPI"), (360, "Single")]
    assert {reason for _, reason in readys(document)} == {"Available"}


def test_the_answer_is_that_of_the_version_asked_unless_it_names_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec: dict[str, Any] = {"target": {"cloud": {"phoneNumberID": "900000000000001", "graphVersion": "v25.0"}}}
    ended = {**GOOD, "headers": {"facebook-api-version": "v26.0"}}
    document = simulated(capsys, scenario(tmp_path, {"at": 0, "cloud": GOOD}, {"at": 300, "cloud": ended}, **spec))
    found = [
        condition["reason"]
        for entry in document["timeline"]
        for condition in entry["status"]["conditions"]
        if condition["type"] == "GraphVersionSupported"
    ]
    assert found == ["VersionSupported", "VersionEnded"]


def test_the_manual_shows_what_it_prints(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    (line,) = commands(__file__, "docs/cli.md")
    assert cli.main(shlex.split(line)[1:]) == 0
    assert capsys.readouterr().out in [fence.text for fence in fences("docs/cli.md")]


def test_an_id_with_a_newline_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The vendor answers as if there were no such number."""
    path = scenario(tmp_path, {"at": 0}, target={"cloud": {"phoneNumberID": "900000000000001\n"}})
    assert "client: spec.target.cloud.phoneNumberID: Invalid value" in refused(capsys, path)
