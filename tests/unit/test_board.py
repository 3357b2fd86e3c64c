"""The board without a browser and a cluster: what is kept, what is told, and what its files may contain."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from support.looked import NOW, ago, condition, healthy, look, resource
from support.pages import ROOT
from wahealth.wa.board import browser, runbooks
from wahealth.wa.board.client_page import document
from wahealth.wa.board.frozen import frozen_by
from wahealth.wa.board.map import Map
from wahealth.wa.board.map_feed import unwatched
from wahealth.wa.board.pages import all_files
from wahealth.wa.board.tile import kept_of, shown
from wahealth.wa.cluster import Part
from wahealth.wa.freshness import NOBODY_LOOKS, Operators, Watch

KEPT = Operators((Watch("wahealth-x", 2, 15),))
GONE = Operators((Watch("wahealth-x", 600, 15),))


class TestTile:
    def test_what_is_kept_is_small(self) -> None:
        tile = kept_of(resource()).tile
        assert tile[:4] == ("acme", "support", "DOWN", "Disconnected")
        assert tile[4:7] == (int(NOW.timestamp()) - 840, "0/1", "HighAvailability")
        assert len(json.dumps(tile)) < 150

    def test_a_client_that_nobody_looks_after_is_unknown(self) -> None:
        kept = kept_of(healthy())
        assert shown(kept, KEPT, NOW.timestamp()).verdict == "UP"
        assert shown(kept, Operators(missing="you may not"), NOW.timestamp()).verdict == "UP"
        told = shown(kept, GONE, NOW.timestamp())
        assert (told.verdict, told.reason, told.since) == ("UNKNOWN", NOBODY_LOOKS, int(NOW.timestamp()) - 600)

    def test_one_that_is_suspended_stays_so(self) -> None:
        suspended = healthy()
        suspended["spec"]["suspend"] = True
        assert shown(kept_of(suspended), GONE, NOW.timestamp()).verdict == "SUSPENDED"

    def test_a_document_without_anything(self) -> None:
        assert kept_of({}).tile.verdict == "UNKNOWN"

    @pytest.mark.parametrize("time", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "0001-01-01T00:00:00Z"])
    def test_a_time_that_is_out_of_range_ends_nothing(self, time: str) -> None:
        found = healthy()
        for each in found["status"]["conditions"]:
            each["lastTransitionTime"] = time
        assert kept_of(found).tile.verdict == "UP"
        assert document(look(found), "")["verdict"] == "UP"


def numbered(version: int, name: str = "support") -> dict[str, object]:
    found = healthy(name)
    found["metadata"]["resourceVersion"] = str(version)
    return found


class TestFleet:
    def test_a_page_is_told_of_all_and_then_of_what_changes_once(self) -> None:
        async def told() -> None:
            fleet = Map()
            fleet.put([numbered(1, "one"), numbered(2, "two")])
            reader = fleet.reader()
            first = await fleet.message(reader)
            assert (first["all"], len(first["tiles"]), first["state"]["count"]) == (True, 2, 2)
            for version in range(3, 30):
                fleet.put([numbered(version, "one")])
            fleet.remove([("acme", "two")])
            second = await fleet.message(reader)
            assert (second["all"], [tile.version for tile in second["tiles"]], second["gone"]) == (
                False,
                ["29"],
                [("acme", "two")],
            )

        asyncio.run(told())

    def test_a_second_list_tells_only_what_differs(self) -> None:
        async def told() -> None:
            fleet = Map()
            fleet.put([numbered(1, "one"), numbered(2, "two"), numbered(3, "three")])
            reader = fleet.reader()
            await fleet.message(reader)
            fleet.only(fleet.put([numbered(1, "one"), numbered(9, "two")]))
            message = await fleet.message(reader)
            assert [tile.name for tile in message["tiles"]] == ["two"]
            assert message["gone"] == [("acme", "three")]

        asyncio.run(told())

    def test_nothing_is_told_while_nothing_changes(self) -> None:
        async def told() -> None:
            fleet = Map()
            fleet.put([numbered(1)])
            reader = fleet.reader()
            await fleet.message(reader)
            fleet.put([numbered(1)])
            fleet.watched_by(KEPT)
            await fleet.message(reader)  # nobody looked, and now somebody does
            fleet.watched_by(Operators((Watch("wahealth-x", 12, 15),)))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await fleet.message(reader)
            fleet.watched_by(GONE)
            assert [tile.verdict for tile in (await fleet.message(reader))["tiles"]] == ["UNKNOWN"]

        asyncio.run(told())

    def test_a_page_that_was_closed_is_forgotten(self) -> None:
        async def told() -> None:
            fleet = Map()
            reader = fleet.reader()
            fleet.leave(reader)
            fleet.put([numbered(1)])
            assert (await fleet.message(reader))["tiles"] == []

        asyncio.run(told())


def isolated(reason: str, seconds: float, message: str = "") -> dict[str, object]:
    return {"reason": reason, "lastTimestamp": ago(seconds), "message": message}


def test_a_shard_that_nobody_looks_after_is_told() -> None:
    both = Operators((*KEPT.watches, *GONE.watches))
    assert unwatched(KEPT) == ""
    assert unwatched(both).startswith("No operator looks after 1 of 2 shards any more: the last was wahealth-x.")


class TestFrozen:
    WORDS = "Most clients in the cluster became unreachable at once, so their verdicts are frozen"

    def test_until_the_operator_says_that_it_is_over(self) -> None:
        begun = isolated("ObserverIsolated", 60, f"{self.WORDS}: look at the operator's own network.")
        assert frozen_by((begun,), NOW) == f"{self.WORDS}."
        assert frozen_by((begun, isolated("ObserverRecovered", 30)), NOW) == ""
        assert frozen_by((begun, isolated("ObserverRecovered", 90)), NOW) != ""

    def test_not_for_ever(self) -> None:
        assert frozen_by((isolated("ObserverIsolated", 60),), NOW + timedelta(hours=2)) == ""
        assert frozen_by((isolated("Other", 60), {}), NOW) == ""


class TestClientPage:
    def test_the_sentence_and_the_next_step(self) -> None:
        page = document(look(), "")
        assert (page["verdict"], page["next"]) == ("DOWN", "Look at the coreapps.")
        assert page["command"] == "kubectl -n acme logs core-1 --since=20m"
        assert page["runbook"]["file"] == "manifests/monitoring/runbooks/WhatsAppClientDown.md"
        assert document(look(), "https://x/")["runbook"]["url"] == "https://x/WhatsAppClientDown.md"

    def test_the_topology_in_rows_the_worst_first(self) -> None:
        rows = {row["kind"]: row for row in document(look(), "")["topology"]}
        assert list(rows) == ["web", "coreapps", "masters"]
        assert [item["shape"] for item in rows["coreapps"]["items"]] == ["faulty", "faulty"]
        assert [(item["name"], item["words"]) for item in rows["masters"]["items"]] == [
            ("master-0", "primary"),
            ("master-1", "standby"),
        ]
        well = {row["kind"]: row for row in document(look(healthy()), "")["topology"]}
        assert [item["flows"] for item in well["coreapps"]["items"]] == [True, False]

    def test_many_nodes_are_counted(self) -> None:
        many = resource()
        nodes = many["status"]["topology"]["nodes"]
        many["status"]["topology"]["nodes"] = [{**nodes[0], "name": f"core-{n}"} for n in range(80)]
        (row,) = [row for row in document(look(many), "")["topology"] if row["kind"] == "coreapps"]
        assert (row["count"], len(row["items"])) == (80, 24)

    def test_the_history_has_ends(self) -> None:
        history = document(look(), "")["history"]
        assert [state["end"] - state["time"] for state in history] == [840, 40, 25 * 86400]
        assert history[1]["note"] == "Failover from core-0 took 12 s."

    def test_what_nobody_looks_after_says_by_whom_it_was_seen(self) -> None:
        page = document(look(age=7200), "")
        assert (page["verdict"], page["lastSeenBy"]) == ("UNKNOWN", "wahealth-7c9d-x")

    def test_what_may_not_be_read_is_said(self) -> None:
        page = document(look(events=Part(missing="you may not list events in acme: ask for that right")), "")
        assert page["notShown"] == ["You may not list events in acme: ask for that right."]


class TestRunbooks:
    def test_each_is_there(self) -> None:
        assert {f"{name}.md" for name in runbooks.ALL} <= {path.name for path in (ROOT / runbooks.FOLDER).iterdir()}

    @pytest.mark.parametrize(
        ("ready", "reason", "false", "name"),
        [
            ("Unknown", "WaitingForReference", "Accepted", "NotAccepted"),
            ("False", "Disconnected", "Available", "WhatsAppClientDown"),
            ("False", "Unreachable", "Reachable", "WhatsAppClientNotSeen"),
            ("True", "NoSpareCoreapp", "RedundancySatisfied", "NoRedundancy"),
            ("False", "PaymentMethod", "Available", "PaymentProblem"),
            ("True", "Available", "Nothing", ""),
        ],
    )
    def test_it_is_that_of_the_alert(self, ready: str, reason: str, false: str, name: str) -> None:
        conditions = [condition("Ready", ready, reason, ""), condition(false, "False", reason, "")]
        found = look(healthy(conditions=conditions))
        assert runbooks.runbook(found.client, found.verdict) == name

    def test_of_an_operator_that_is_gone(self) -> None:
        found = look(age=7200)
        assert runbooks.runbook(found.client, found.verdict) == "OperatorAbsent"


class TestFiles:
    def test_no_file_reads_markup_or_code_from_a_text(self) -> None:
        forbidden = (
            "innerHTML|outerHTML|insertAdjacentHTML|document.write|DOMParser|eval|new Function|srcdoc|<style|style="
        )
        found = {name for name, file in all_files().items() if re.search(forbidden, file.content.decode())}
        assert found == set()

    def test_nothing_comes_from_elsewhere(self) -> None:
        for name, file in all_files().items():
            urls = set(re.findall(r"(?:https?:)?//[a-z][\w.]*\.\w+", file.content.decode()))
            assert urls <= {"http://www.w3.org"}, name

    def test_all_that_is_asked_for_is_there(self) -> None:
        files = all_files()
        for name, file in files.items():
            text = file.content.decode()
            asked = re.findall(r'(?:from "\./|(?:src|href)="/)([\w.]+)"', text)
            assert set(asked) <= set(files), name

    def test_each_is_short(self) -> None:
        assert {name for name, file in all_files().items() if file.content.count(b"\n") > 250} == set()


def test_the_way_in_is_read_by_its_owner_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr("webbrowser.open", seen.append)
    with browser.way_in() as way:
        browser.opened(way, "http://127.0.0.1:1/?token=abc")
        assert way.stat().st_mode & 0o777 == 0o600
        assert "token=abc" in way.read_text()
        assert seen == [way.as_uri()]
    assert not way.exists()


def test_without_a_screen_no_browser_is_opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("webbrowser.open", lambda _: pytest.fail("opened"))
    browser.opened(tmp_path / "way", "http://127.0.0.1:1/")
    assert not (tmp_path / "way").exists()
