"""The real Helm between two versions of the chart: a plain rollback is refused, and the documented way back works."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from support.helmed import NAMESPACE, RELEASE, Helm, earlier_chart
from support.older_crd import Document, refused, restore, revised, run, send, until_refused
from support.pages import commands
from support.rendered import CHART
from support.resources import crd_before_cloud, numbered
from wahealth.api.admission import crd_revision
from wahealth.api.crd import NAME
from wahealth.playground.cluster.control_plane import ControlPlane, ControlPlaneFailed
from wahealth.playground.environment import until, until_kinds_are_served

CRD_PATH = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{NAME}"
NUMBER_PATH = "/apis/wahealth.io/v1alpha1/namespaces/default/whatsappclients/number"
KINDS = "crd,validatingadmissionpolicy,validatingadmissionpolicybinding"
TODAY = (RELEASE, str(CHART))


class Upgraded:
    """A release whose revision 1 is by an earlier chart, and the next one by today's; and a number of the Cloud API."""

    def __init__(self, plane: ControlPlane, folder: Path) -> None:
        self.plane = plane
        self.helm = Helm(plane, folder)
        self.earlier = earlier_chart(folder, crd_before_cloud())
        plane.kubectl("delete", "crd", NAME)
        self.helm("install", RELEASE, str(self.earlier), "--create-namespace")
        self.helm("upgrade", *TODAY, "--reset-values")
        until_kinds_are_served(plane.read)
        until_refused(plane)
        until(self._number_is_made, "the schema is in force", 60)

    def _number_is_made(self) -> bool:
        given = yaml.safe_dump(numbered() | {"metadata": {"name": "number", "namespace": "default"}})
        return run(self.plane, "create", "-f", "-", given=given).returncode == 0

    def number(self) -> Document:
        return dict(self.plane.read(NUMBER_PATH)["spec"])

    def crd(self) -> Document:
        return dict(self.plane.read(CRD_PATH)["spec"])

    def protected(self) -> list[Document]:
        """The CRD and its policy, as they are stored."""
        return list(json.loads(self.plane.kubectl("get", KINDS, "-o", "json"))["items"])

    def a_status_is_written(self) -> None:
        patch = '{"status": {"gateway": "Connected"}}'
        self.plane.kubectl("patch", "wac", "number", "--type=merge", "--subresource=status", "-p", patch)


@pytest.fixture(scope="module")
def upgraded(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgraded]:
    upgraded = Upgraded(plane, tmp_path_factory.mktemp("helm"))
    yield upgraded
    upgraded.helm("uninstall", RELEASE)
    plane.kubectl("delete", "wac", "number")
    plane.kubectl("delete", "namespace", NAMESPACE)
    restore(plane)


def test_a_plain_rollback_is_refused_and_changes_neither_crd_nor_resource(upgraded: Upgraded) -> None:
    """Helm goes on with what is left of the release, and says in the end that it has failed."""
    before, number = upgraded.protected(), upgraded.number()
    with pytest.raises(ControlPlaneFailed) as failed:
        upgraded.helm("rollback", RELEASE, "1")
    assert crd_revision.MESSAGE in str(failed.value)
    assert upgraded.protected() == before
    upgraded.a_status_is_written()
    assert upgraded.number() == number
    assert "failed" in upgraded.helm("list", "--failed")
    upgraded.helm("upgrade", *TODAY, "--reset-values")  # nothing stands in the way of what comes next


def test_the_documented_way_back_keeps_what_the_older_version_does_not_know(upgraded: Upgraded, tmp_path: Path) -> None:
    (line,) = commands(__file__, "docs/upgrading.md")
    assert line == crd_revision.WAY_BACK
    values = tmp_path / "values.yaml"
    values.write_text("image: {registry: registry.example.com}\n")
    number, crd = upgraded.number(), upgraded.crd()
    given = {"NAME": RELEASE, "OLDCHART": str(upgraded.earlier), "VALUES-OF-THEN": str(values)}
    _, *typed = (given.get(word, word) for word in shlex.split(line))
    upgraded.helm(*typed)
    assert "wahealth-0.0.9" in upgraded.helm("list")
    upgraded.a_status_is_written()
    assert upgraded.number() == number
    assert upgraded.crd() == crd
    assert refused(send(upgraded.plane, revised(0)))  # the policy stays as the CRD does
    with pytest.raises(ControlPlaneFailed, match="this CRD is older"):
        upgraded.helm("rollback", RELEASE, "1")
    upgraded.helm("upgrade", *TODAY, "--reset-values")
    assert upgraded.number() == number
