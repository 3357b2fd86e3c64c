"""Both ways to list a collection give the same on a real API server."""

from __future__ import annotations

import asyncio

import pytest
import yaml

from wahealth.kube.apiserver.api import ApiServer
from wahealth.kube.apiserver.lists import Collection, everything, stream
from wahealth.kube.apiserver.session import signed_in
from wahealth.playground.cluster.control_plane import ControlPlane

SPACE = "lists"
MANY = 620  # more than a page
CLOSING = 1.0  # seconds until the connection of a stream that was left is closed


@pytest.fixture(scope="module")
def path(plane: ControlPlane) -> str:
    plane.kubectl("create", "namespace", SPACE)
    maps = [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": f"map-{number}", "namespace": SPACE, "labels": {"odd": str(number % 2)}},
        }
        for number in range(MANY)
    ]
    plane.kubectl("create", "-f", "-", input=yaml.safe_dump_all(maps))
    return f"/api/v1/namespaces/{SPACE}/configmaps"


@pytest.mark.parametrize(
    ("label", "metadata_only", "most"), [("", False, MANY), ("", True, MANY), ("odd=1", False, 310)]
)
def test_a_streamed_list_has_what_pages_have(
    plane: ControlPlane, path: str, label: str, metadata_only: bool, most: int
) -> None:
    collection = Collection(path, label, metadata_only, kept=lambda found: {"metadata": found["metadata"]})

    async def both() -> tuple[list[str], list[str]]:
        async with ApiServer(await signed_in(plane.kubeconfig)) as api:
            in_pages, streamed = await everything(api, collection), await stream(api, collection)
        await asyncio.sleep(CLOSING)
        assert streamed is not None
        assert int(streamed[1]) >= max(int(one["metadata"]["resourceVersion"]) for one in streamed[0])
        first, second = (sorted(one["metadata"]["uid"] for one in found) for found, _ in (in_pages, streamed))
        return first, second

    in_pages, streamed = asyncio.run(both())
    assert in_pages == streamed
    assert len(streamed) in {most, most + 1}  # kube-root-ca.crt


def test_an_empty_collection_is_a_list_too(plane: ControlPlane) -> None:
    async def streamed() -> object:
        async with ApiServer(await signed_in(plane.kubeconfig)) as api:
            found = await stream(api, Collection("/api/v1/namespaces/nowhere/pods"))
        await asyncio.sleep(CLOSING)
        return found

    found = asyncio.run(streamed())
    assert isinstance(found, tuple)
    assert found[0] == []
