"""The simulated Cloud API's pure parts: a quota that rolls, and an order of entities that says nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from wahealth.playground.simulator.cloud.entities import health_status, merged_entities
from wahealth.playground.simulator.cloud.graph_path import GraphPath, parse_path, served_version
from wahealth.playground.simulator.cloud.quota import Quota, usage_headers
from wahealth.playground.simulator.cloud.settings import AppSettings, CloudFile, EntitySettings
from wahealth.playground.simulator.files import NotAClient, read_model

APP = AppSettings(calls=3, window_seconds=600)


class TestQuota:
    def test_it_rolls(self) -> None:
        quota = Quota()
        assert [quota.call(APP, now) for now in (0, 100, 200, 300)] == [True, True, True, False]
        assert [quota.call(APP, now) for now in (899, 901)] == [True, True]

    def test_to_ask_on_prolongs_it(self) -> None:
        quota = Quota()
        assert not [now for now in range(600, 6_000, 100) if asked_before(quota, now)]

    def test_the_minutes_until_a_call_is_within_it(self) -> None:
        quota = Quota()
        minutes = []
        for now in (0, 60, 120, 180):
            quota.call(APP, now)
            minutes.append(quota.minutes_to_regain(APP, now))
        assert minutes == [0, 0, 8, 8]
        assert quota.call(APP, 180 + 8 * 60)

    def test_whole_minutes_on_a_clock_of_any_fraction(self) -> None:
        one = AppSettings(calls=0, window_seconds=600)
        for clock in (651.592972722763, 4051.1312364248984, 130778.88498985079):
            quota = Quota()
            quota.call(one, clock)
            assert quota.minutes_to_regain(one, clock) == 10

    def test_without_any_call_the_window_is_all_that_can_be_said(self) -> None:
        quota, none = Quota(), AppSettings(calls=0, window_seconds=600)
        assert not quota.call(none, 0)
        assert (quota.per_cent(none), quota.minutes_to_regain(none, 0)) == (100, 10)

    def test_a_question_about_no_account_has_no_usage_of_one(self) -> None:
        quota = Quota()
        quota.call(APP, 0)
        headers = usage_headers(quota, APP, "", 0)
        assert headers.keys() == {"X-App-Usage"}
        assert json.loads(headers["X-App-Usage"])["call_count"] == 34


def asked_before(quota: Quota, now: int) -> bool:
    """Whether a call was within the quota for somebody who asks four times in the window before, and now."""
    for earlier in (450, 300, 150):
        quota.call(APP, now - earlier)
    return quota.call(APP, now)


def test_the_same_request_has_the_same_order() -> None:
    ids = {"PHONE_NUMBER": "1", "WABA": "2", "BUSINESS": "3", "APP": "4"}
    entities = merged_entities(ids, {"APP": EntitySettings(can_send_message="LIMITED")})
    first, again = ([health_status(entities, ids, None, number) for number in range(9)] for _ in range(2))
    assert first == again
    assert len({tuple(one["id"] for one in health["entities"]) for health in first}) > 2


@pytest.mark.parametrize(
    ("path", "parsed"),
    [
        ("/v26.0/1", GraphPath("v26.0", "1", "")),
        ("/v26.0/1\n", GraphPath("v26.0", "1\n", "")),
        ("/v26.0/1/message_templates", GraphPath("v26.0", "1", "message_templates")),
        ("/debug_token", GraphPath("", "debug_token", "")),
        ("/v26/1", GraphPath("", "v26", "1")),
        ("/", GraphPath("", "", "")),
    ],
)
def test_a_path(path: str, parsed: GraphPath) -> None:
    assert parse_path(path) == parsed


def test_versions_are_numbers() -> None:
    assert [served_version(asked, "v10.0") for asked in ("v9.0", "v10.0", "v10.1", "v11.0", "")] == [
        *("v10.0", "v10.0", "v10.1", "v11.0"),
        "v10.0",
    ]


class TestFile:
    def test_what_it_does_not_name_is_as_without_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "cloud.yaml").write_text("numbers: {'1': {status: BANNED}}\n")
        file = read_model(tmp_path / "cloud.yaml", CloudFile)
        assert list(file.numbers) == ["1"]
        assert file.tokens == CloudFile().tokens

    def test_an_empty_one(self) -> None:
        assert read_model(Path(os.devnull), CloudFile) == CloudFile()

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("numbers: {'1': {colour: red}}", "numbers.1.colour: Extra inputs are not permitted"),
            ("tokens: {mine: {secret: [canary]}}", "tokens.mine.secret: Input should be a valid string"),
            ("a: [", "is not YAML"),
            ("[]", "cloud.yaml: Input should be a valid dictionary"),
        ],
    )
    def test_what_is_wrong_is_a_sentence(self, tmp_path: Path, text: str, sentence: str) -> None:
        (tmp_path / "cloud.yaml").write_text(text)
        with pytest.raises(NotAClient, match=sentence) as caught:
            read_model(tmp_path / "cloud.yaml", CloudFile)
        assert "canary" not in str(caught.value)
