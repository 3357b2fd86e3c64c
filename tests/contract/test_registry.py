"""A release in a registry of its own on loopback: what is pushed is what is pulled, and what is installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from release import chart
from release.source import Release
from support.registry import serving
from support.rendered import CHART, ROOT, helm
from wahealth.playground.cluster.binaries import BinariesMissing

VERSION = str(yaml.safe_load((CHART / "Chart.yaml").read_text())["version"])


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its host and port."""
    try:
        with serving(tmp_path_factory.mktemp("registry")) as address:
            yield address
    except BinariesMissing as error:
        pytest.skip(str(error))


def test_the_chart_is_installed_from_where_it_was_pushed(registry: str, tmp_path: Path) -> None:
    release = Release(VERSION, ROOT, tmp_path, "0" * 40, 1_790_000_000, "")
    (archive,) = chart.packaged(release)
    helm("push", str(archive), f"oci://{registry}/charts", "--plain-http")
    pulled = tmp_path / "pulled"
    pulled.mkdir()
    where = [f"oci://{registry}/charts/wahealth", "--plain-http", f"--version={VERSION}"]
    helm("pull", *where, f"--destination={pulled}")
    assert [one.read_bytes() for one in pulled.iterdir()] == [archive.read_bytes()]
    here = ["--kube-version=1.37.0", f"--set=image.registry={registry}"]
    rendered = helm("template", "wahealth", *where, *here)
    assert f'image: "{registry}/wahealth:{VERSION}"' in rendered
    assert documents(rendered) == documents(helm("template", "wahealth", str(CHART), *here))


def documents(rendered: str) -> list[object]:
    return [one for one in yaml.safe_load_all(rendered) if one]
