"""The table that `make matrix` writes, and what it counts."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import matrix
from matrix import END, HEAD, START, Outcome, counted, write
from wahealth.playground.cluster.versions import RELEASES

NEWEST, *_, OLDEST = RELEASES.values()
REPORT = """<testsuites><testsuite>
<testcase name="well"/><testcase name="well, too"/>
<testcase name="broken"><failure/></testcase>
<testcase name="broken at its end"><error/></testcase>
<testcase name="left out"><skipped/></testcase>
</testsuite></testsuites>"""


def test_each_test_counts_once() -> None:
    assert counted(ET.fromstring(REPORT).iter("testcase")) == Outcome(passed=2, failed=2, skipped=1)


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{START}{HEAD}{END}\nafter\n")
    monkeypatch.setattr(matrix, "PAGE", page)
    return page


def test_a_row_is_written_in_the_order_of_the_releases_and_replaced(page: Path) -> None:
    write(OLDEST, "a part", Outcome(1))
    write(NEWEST, "all", Outcome(5, 1, 2))
    write(OLDEST, "all", Outcome(7))
    rows = page.read_text().removeprefix(f"before\n{START}{HEAD}").removesuffix(f"{END}\nafter\n").splitlines()
    assert [row.split(" | ")[:6] for row in rows] == [
        [f"| {NEWEST.kubernetes}", NEWEST.etcd, "all", "5", "1", "2"],
        [f"| {OLDEST.kubernetes}", OLDEST.etcd, "all", "7", "0", "0"],
    ]


def test_whoever_gets_other_servers_than_asked_for_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrix, "_look", lambda _: {"kubernetes": "v1.30.0", "etcd": NEWEST.etcd})
    with pytest.raises(matrix.Wrong, match=r"v1\.30\.0"):
        matrix.check(NEWEST)
