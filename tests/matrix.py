"""`make matrix`: the integration tests on every version of Kubernetes that the project knows, and the table of it.

    tests/matrix.py [VERSION…] [-- ARGUMENT…]      such as 1.36 1.35; arguments go to pytest instead of all tests

Each version has programs of its own, which are kept side by side. Before a test runs, the servers are started and asked
for their version: what runs must be what was asked for. Ends with 1 if a test failed on any of them.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

from run import PYTEST, SHARED_OUT, TESTS
from wahealth.playground.cluster.control_plane import ControlPlane
from wahealth.playground.cluster.versions import RELEASES, VARIABLE, Release

PAGE = TESTS.parent / "docs" / "compatibility.md"
START, END = "<!-- Written by tests/matrix.py -->\n", "<!-- End -->"
HEAD = "| Kubernetes | etcd | run | passed | failed | skipped | on |\n|---|---|---|---|---|---|---|\n"
ALL = "all integration tests"
LOOK = "--look"  # of this script alone: print the versions of a running control plane
_ETCD = re.compile(r'"etcd-version":"([^"]+)"')


class Wrong(Exception):
    """The servers that run are not those that were asked for."""


class Outcome(NamedTuple):
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def plus(self, other: Outcome) -> Outcome:
        return Outcome(*map(sum, zip(self, other, strict=True)))


def main(arguments: Sequence[str]) -> int:
    if arguments == [LOOK]:
        print(json.dumps(versions_of_a_plane()))
        return 0
    separator = [*arguments, "--"].index("--")
    wanted, given = arguments[:separator], arguments[separator + 1 :]
    outcomes = [on(RELEASES[minor], given) for minor in wanted or RELEASES]
    return 1 if any(outcome.failed or not outcome.passed for outcome in outcomes) else 0


def on(release: Release, given: Sequence[str]) -> Outcome:
    """Runs the tests on this release, and writes its row."""
    print(f"=== Kubernetes {release.kubernetes} with etcd {release.etcd}", flush=True)
    check(release)
    folder = str(TESTS / "integration")
    stages = [given] if given else [[*SHARED_OUT, "-m", "not alone", folder], ["-m", "alone", folder]]
    outcome = Outcome()
    for stage in stages:
        outcome = outcome.plus(tested(release, stage))
    write(release, " ".join(given) or ALL, outcome)
    return outcome


def check(release: Release) -> None:
    """Raises `Wrong`."""
    asked = {"kubernetes": f"v{release.kubernetes}", "etcd": release.etcd}
    if (seen := _look(release)) != asked:
        raise Wrong(f"{asked} was asked for, and {seen} runs")


def _look(release: Release) -> dict[str, str]:
    argv = [sys.executable, __file__, LOOK]
    printed = subprocess.run(argv, env=environment(release), stdout=subprocess.PIPE, text=True, check=True).stdout
    seen: dict[str, str] = json.loads(printed.splitlines()[-1])
    return seen


def versions_of_a_plane() -> dict[str, str]:
    """What a control plane of the version that the environment names says of itself."""
    with ControlPlane(say=lambda text: print(text, file=sys.stderr)) as plane:
        etcd = _ETCD.search((plane.directory / "etcd.log").read_text())
        return {"kubernetes": plane.read("/version")["gitVersion"], "etcd": etcd[1] if etcd else "no version"}


def tested(release: Release, arguments: Sequence[str]) -> Outcome:
    """What came of the tests that these arguments of pytest name."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        argv = [*PYTEST, f"--junit-xml={report}", *arguments]
        subprocess.run(argv, env=environment(release), check=False)
        return counted(ET.parse(report).getroot().iter("testcase")) if report.exists() else Outcome(failed=1)


def environment(release: Release) -> dict[str, str]:
    """Ours, with this release; programs of any other version that the environment names would win."""
    ours = {name: value for name, value in os.environ.items() if name != "KUBEBUILDER_ASSETS"}
    return {**ours, VARIABLE: release.minor}


def counted(cases: Iterable[ET.Element]) -> Outcome:
    outcome = Outcome()
    for case in cases:
        failed = case.find("failure") is not None or case.find("error") is not None
        skipped = case.find("skipped") is not None
        outcome = outcome.plus(Outcome(not failed and not skipped, failed, skipped and not failed))
    return outcome


def write(release: Release, what: str, outcome: Outcome) -> None:
    """The row of this release in the table; the rows of others stay."""
    text = PAGE.read_text()
    before, rest = text.split(START)
    table, after = rest.split(END)
    rows = {row.split("|")[1].strip(): row for row in table.splitlines()[2:]}
    day = datetime.now(UTC).date().isoformat()
    cells = [release.kubernetes, release.etcd, what, *map(str, outcome), day]
    rows[release.kubernetes] = f"| {' | '.join(cells)} |"
    kept = [rows[one.kubernetes] for one in RELEASES.values() if one.kubernetes in rows]
    PAGE.write_text("".join((before, START, HEAD, *(f"{row}\n" for row in kept), END, after)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
