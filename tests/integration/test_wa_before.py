"""`kubectl wa` against the CustomResourceDefinition and a status of an earlier version: no history, no numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from support.resources import crd_before_cloud
from support.worlds import Worlds, say
from wahealth import cli
from wahealth.playground.cluster.control_plane import ControlPlane
from wahealth.playground.environment import until_kinds_are_served

OLDER = Path(__file__).parents[1] / "fixtures" / "client-before-cloud.yaml"
IN = ("-n", "older")


@pytest.fixture(scope="module")
def older(worlds: Worlds) -> Iterator[ControlPlane]:
    """A cluster of its own with the older definition, and one resource that is down."""
    worlds.close()
    with ControlPlane(say=say) as plane:
        plane.kubectl("apply", "--server-side", "-f", "-", input=yaml.safe_dump(crd_before_cloud()))
        until_kinds_are_served(plane.read)
        plane.kubectl("create", "namespace", "older")
        resource = yaml.safe_load(OLDER.read_text())
        plane.kubectl("apply", "-f", "-", input=yaml.safe_dump(resource))
        status = json.dumps({"status": resource["status"]})
        plane.kubectl("patch", "wac", "support", *IN, "--subresource=status", "--type=merge", "-p", status)
        yield plane


@pytest.fixture(autouse=True)
def kubeconfig(older: ControlPlane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(older.kubeconfig))
    monkeypatch.setenv("TZ", "UTC")


WHY = "0 of 1 coreapp is connected to the WhatsApp servers."


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (
            ["status", "support", *IN],
            1,
            ["support · older   DOWN for ", WHY, "  Next: Look at the coreapps."],
        ),
        (["top", "-A"], 0, ["1 client   1 DOWN", "older      support  DOWN", "Disconnected"]),
        (["history", "support", *IN], 0, ["the operator or the CRD is of a version before status.history."]),
        (["explain", "support", *IN], 1, ["✓ resource", "✗ target    Deployment whatsapp-web does not exist."]),
        (["check-key", "secret/web-api-key", *IN], 69, ["there is no Secret web-api-key in older"]),
        (["drain", "n1"], 69, ["there is no node n1"]),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_each_command_is_one_clear_screen(
    words: list[str], code: int, told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.kubectl_wa(words) == code
    said = capsys.readouterr()
    shown = said.out + said.err
    for each in told:
        assert each in shown
    assert "None" not in shown


def test_a_report_is_replayed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.kubectl_wa(["report", "support", *IN]) == 0
    path = tmp_path / "report.yaml"
    path.write_text(capsys.readouterr().out)
    assert cli.main(["simulate", str(path)]) == 1
