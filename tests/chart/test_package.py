"""The chart as an archive: whoever has nothing else finds in it what it speaks of."""

from __future__ import annotations

import re
import tarfile
from pathlib import Path

import pytest

from support.rendered import CHART, helm


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What is in it, by path."""
    folder = tmp_path_factory.mktemp("package")
    helm("package", str(CHART), "--destination", str(folder))
    (archive,) = folder.iterdir()
    found = {}
    with tarfile.open(archive) as opened:
        for one in opened:
            if content := opened.extractfile(one):
                found[one.name.removeprefix("wahealth/")] = content.read()
    return found


def test_it_has_a_licence(files: dict[str, bytes]) -> None:
    assert files["LICENSE"] == Path(CHART, "../../LICENSE").read_bytes()


def test_its_readme_links_to_nothing_that_is_not_in_it(files: dict[str, bytes]) -> None:
    readme = files["README.md"].decode()
    linked = set(re.findall(r"\]\(([^)\s]+)\)", readme))
    assert not [target for target in linked if not re.match("[a-z]+:|#", target) and target not in files]
    assert "`ci/`" in readme
    assert {name for name in files if name.startswith("ci/")} == {f"ci/{path.name}" for path in CHART.glob("ci/*")}


def test_nothing_is_in_it_that_nobody_reads(files: dict[str, bytes]) -> None:
    assert not {"README.md.gotmpl", ".helmignore"} & files.keys()
