"""The simulated Cloud API: numbers, their entities and fields, accounts, and 360dialog's way to them."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import httpx
import pytest

from support.cloud import FIELDS, SimulatedCloud, read, simulated_cloud
from support.pages import commands
from wahealth.core.answer import Malformed
from wahealth.core.cloud.errors import ErrorClass, GraphError
from wahealth.core.cloud.report import EntityType, Messaging, NumberReport, NumberStatus, Platform, Quality
from wahealth.playground.simulator.cloud.settings import ACCOUNT, API_KEY, APP, BUSINESS, NUMBER, TOKEN, AppSettings

AVAILABLE, BLOCKED, LIMITED = Messaging.AVAILABLE, Messaging.BLOCKED, Messaging.LIMITED


def test_a_healthy_number(cloud: SimulatedCloud) -> None:
    report = cloud.report()
    assert (report.id, report.served_version) == (NUMBER, "v26.0")
    assert report.fields[:3] == (NumberStatus.CONNECTED, Quality.GREEN, Platform.CLOUD_API)
    assert report.health is not None
    assert {one.type: one.id for one in report.health.entities} == {
        EntityType.PHONE_NUMBER: NUMBER,
        EntityType.BUSINESS_ACCOUNT: ACCOUNT,
        EntityType.BUSINESS: BUSINESS,
        EntityType.APP: APP,
    }
    assert {one.messaging for one in report.health.entities} == {AVAILABLE}


class TestFields:
    def test_those_that_were_asked_for_and_the_id(self, cloud: SimulatedCloud) -> None:
        told = cloud.ask(fields="status,throughput").json()
        assert told == {"status": "CONNECTED", "throughput": {"level": "STANDARD"}, "id": NUMBER}

    def test_one_that_is_not_known(self, cloud: SimulatedCloud) -> None:
        answer = cloud.ask(fields="status,colour")
        assert "nonexisting field (colour)" in answer.json()["error"]["message"]
        assert read(answer) == GraphError(ErrorClass.OUR_REQUEST, 400, 100, unknown_field="colour")

    def test_none_named(self, cloud: SimulatedCloud) -> None:
        assert "health_status" not in cloud.ask().json()

    def test_one_that_is_left_out_or_another(self, cloud: SimulatedCloud) -> None:
        cloud.set_number(left_out=["health_status"], fields={"status": "ASLEEP"})
        report = cloud.report()
        assert (report.health, report.fields.reported_status) == (None, "ASLEEP")
        cloud.set_number(left_out=[], fields={"health_status": "AVAILABLE"})
        assert cloud.outcome() == Malformed("its health_status is no JSON object")


class TestEntities:
    def test_no_way_to_pay(self, cloud: SimulatedCloud) -> None:
        cloud.set_account(entities={"WABA": {"can_send_message": "BLOCKED", "errors": [141006]}})
        outer, entities = cloud.verdicts()
        assert outer is BLOCKED
        assert [one for one in entities if one[1] is BLOCKED] == [(EntityType.BUSINESS_ACCOUNT, BLOCKED, [141006])]

    def test_limited(self, cloud: SimulatedCloud) -> None:
        cloud.set_number(entities={"PHONE_NUMBER": {"can_send_message": "LIMITED", "additional_info": ["Not yet."]}})
        assert cloud.verdicts()[0] is LIMITED
        health = cloud.report().health
        assert health is not None
        assert health.entities[0].additional_info == ("Not yet.",)

    def test_a_number_overrules_its_account(self, cloud: SimulatedCloud) -> None:
        cloud.set_account(entities={"APP": {"can_send_message": "BLOCKED"}})
        cloud.set_number(entities={"APP": {"can_send_message": "LIMITED"}})
        assert cloud.verdicts()[0] is LIMITED

    def test_calling_alone_makes_the_outer_word_blocked(self, cloud: SimulatedCloud) -> None:
        cloud.set_number(entities={"PHONE_NUMBER": {"can_receive_call_sip": "BLOCKED", "errors": [138024]}})
        outer, entities = cloud.verdicts()
        assert outer is BLOCKED
        assert {one[1] for one in entities} == {AVAILABLE}
        assert entities[0][2] == [138024]

    def test_words_that_nobody_knows(self, cloud: SimulatedCloud) -> None:
        cloud.set_number(entities={"GALAXY": {"can_send_message": "MAYBE"}}, can_send_message="PERHAPS")
        health = cloud.report().health
        assert health is not None
        assert health.reported_messaging == "PERHAPS"
        assert health.entities[-1].reported_type == "GALAXY"
        assert health.entities[-1].reported_messaging == "MAYBE"

    def test_some_are_left_out_or_say_nothing(self, cloud: SimulatedCloud) -> None:
        silent, gone = {"can_send_message": None}, {"left_out": True}
        cloud.set_number(entities={"APP": silent, "BUSINESS": gone})
        assert [one[:2] for one in cloud.verdicts()[1]] == [
            (EntityType.PHONE_NUMBER, AVAILABLE),
            (EntityType.BUSINESS_ACCOUNT, AVAILABLE),
            (EntityType.APP, None),
        ]

    def test_a_ban_leaves_business_and_app_as_they_are(self, cloud: SimulatedCloud) -> None:
        blocked = {"can_send_message": "BLOCKED", "errors": [141014]}
        cloud.set_number(status="BANNED", entities={"WABA": blocked, "PHONE_NUMBER": blocked})
        said = {type_: word for type_, word, _ in cloud.verdicts()[1]}
        assert (said[EntityType.BUSINESS], said[EntityType.APP]) == (AVAILABLE, AVAILABLE)
        assert cloud.report().fields.status is NumberStatus.BANNED

    def test_their_order_is_another_from_answer_to_answer(self, cloud: SimulatedCloud) -> None:
        answers = [cloud.ask(fields="health_status").json()["health_status"]["entities"] for _ in range(12)]
        assert len({tuple(one["entity_type"] for one in entities) for entities in answers}) > 2


@pytest.mark.parametrize("status", [*NumberStatus])
def test_each_status(cloud: SimulatedCloud, status: NumberStatus) -> None:
    cloud.set_number(status=status.name)
    assert cloud.report().fields.status is status


@pytest.mark.parametrize("setting", [{"quality_rating": "RED"}, {"platform_type": "NOT_APPLICABLE"}])
def test_quality_and_platform(cloud: SimulatedCloud, setting: dict[str, str]) -> None:
    cloud.set_number(**setting)
    assert cloud.ask(fields=FIELDS).json().items() >= setting.items()


class TestAccounts:
    def test_its_fields(self, cloud: SimulatedCloud) -> None:
        cloud.set_account(account_review_status="REJECTED", entities={"WABA": {"can_send_message": "BLOCKED"}})
        told = cloud.ask(ACCOUNT, fields="account_review_status,health_status").json()
        assert (told["id"], told["account_review_status"]) == (ACCOUNT, "REJECTED")
        health = told["health_status"]
        assert {one["entity_type"] for one in health["entities"]} == {"WABA", "BUSINESS", "APP"}
        assert health["can_send_message"] == "BLOCKED"

    def test_its_templates_by_the_page(self, cloud: SimulatedCloud) -> None:
        cloud.set_account(templates={name: {"status": "PAUSED", "language": "de"} for name in ("one", "two", "three")})
        names, after = [], "0"
        while after:
            page = cloud.ask(f"{ACCOUNT}/message_templates", fields="name,status", limit="2", after=after).json()
            names += [(one["name"], one["status"]) for one in page["data"]]
            after = page["paging"]["cursors"]["after"] if "next" in page["paging"] else ""
        assert names == [("one", "PAUSED"), ("two", "PAUSED"), ("three", "PAUSED")]


class TestDialog360:
    @staticmethod
    def asked(cloud: SimulatedCloud, key: str = API_KEY) -> httpx.Response:
        return cloud.graph.get("/health_status", headers={"D360-API-KEY": key})

    def test_the_same_health(self, cloud: SimulatedCloud) -> None:
        cloud.set_number(entities={"WABA": {"can_send_message": "BLOCKED", "errors": [141006]}})
        theirs, ours = read(self.asked(cloud)), cloud.report()
        assert isinstance(theirs, NumberReport)
        assert (theirs.health, theirs.id) == (ours.health, ours.id)
        assert theirs.fields.status is None

    def test_a_wrong_key(self, cloud: SimulatedCloud) -> None:
        answer = self.asked(cloud, "another")
        assert "error" not in answer.json()
        assert read(answer) == GraphError(ErrorClass.TRANSIENT, 401)  # only the envelope of the Graph API is believed

    def test_errors_of_the_graph_api_are_handed_on(self, cloud: SimulatedCloud) -> None:
        cloud.set_number(error={"code": 131031})
        assert read(self.asked(cloud)) == GraphError(ErrorClass.DOWN, 403, 131031)
        cloud.reset()
        cloud.set_number(exists=False)
        assert read(self.asked(cloud)) == GraphError(ErrorClass.NOT_FOUND, 400, 100, 33)


class TestControl:
    def test_all_is_told_but_what_is_secret(self, cloud: SimulatedCloud) -> None:
        cloud.ask()
        told = cloud.control.get("/")
        assert told.json()["counts"][NUMBER]["requests"] > 0
        assert not [one for one in (TOKEN, API_KEY, AppSettings().secret) if one in told.text]

    @pytest.mark.parametrize(
        ("thing", "body", "sentence"),
        [
            (f"numbers/{NUMBER}", {"colour": "red"}, "colour: Extra inputs"),
            (f"numbers/{NUMBER}", {"faults": {"refuse": True}}, "faults.refuse: Extra inputs"),
            ("server", {"oldest_version": "21"}, "oldest_version: String should match"),
            ("tokens/new", {}, "secret: Field required"),
            ("server", [], "a JSON object"),
        ],
    )
    def test_a_setting_that_is_none_is_a_sentence(
        self, cloud: SimulatedCloud, thing: str, body: object, sentence: str
    ) -> None:
        answer = cloud.control.patch(f"/{thing}", json=body)
        assert answer.status_code == 400
        assert sentence in answer.text


def test_over_tls_by_the_vendor_s_names_and_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "cloud.yaml").write_text("numbers: {'1': {status: PENDING}}\ntokens: {mine: {secret: x}}\n")
    with simulated_cloud(str(tmp_path / "cloud.yaml"), "--port=0", "--address=127.64.200.3") as ready:
        trusted = ssl.create_default_context(cadata=ready["ca"])
        with httpx.Client(verify=trusted, trust_env=False) as client:
            for name in ("graph.facebook.com", "waba-v2.360dialog.io", "127.64.200.3"):
                answer = client.get(
                    f"{ready['url']}/v26.0/1?fields=status",
                    headers={"Authorization": "Bearer x", "Host": name},
                    extensions={"sni_hostname": name},
                )
                assert answer.json() == {"status": "PENDING", "id": "1"}


MANUAL = commands(__file__, "docs/cli.md")


@pytest.mark.skipif(shutil.which("curl") is None, reason="the manual's lines are curl's")
def test_the_lines_of_the_manual() -> None:
    """On ports of this place; the first line starts it."""
    *command, cloud, flags = MANUAL[0].split(" ", 3)
    assert (command, cloud) == (["wahealth", "simulator"], "--cloud")
    ports = {"8080": str(free_port()), "8081": str(free_port())}
    with simulated_cloud(*(ports.get(flag, flag) for flag in flags.split())):
        for line in MANUAL[1:]:
            typed = re.sub(r"(?<=127\.0\.0\.1:)\d+", lambda port: ports[port[0]], line)
            argv = [*shlex.split(typed), "--silent", "--fail"]
            done = subprocess.run(argv, capture_output=True, text=True, check=True)
            assert isinstance(json.loads(done.stdout), dict)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
