"""The image that the Dockerfile makes: what it weighs, and what it says of itself."""

from __future__ import annotations

import json
import os
import re
import tarfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from e2e.conftest import INSIDE

MOST = 160 * 1024 * 1024  # bytes over its base; 22 of them are bytecode
UNCHECKED = (1).to_bytes(4, "little")  # PEP 552: by hash, without a look at the source
PACKAGE = Path(__file__).parents[2] / "operator/wahealth"
LABELS = "org.opencontainers.image"


@pytest.fixture(scope="module")
def archive() -> Iterator[tarfile.TarFile]:
    if INSIDE not in os.environ:
        pytest.skip("the image of another cluster is not at hand as an archive")
    with tarfile.open(Path(os.environ[INSIDE])) as opened:
        yield opened


def member(archive: tarfile.TarFile, name: str) -> Any:
    found = archive.extractfile(name)
    assert found is not None
    return found


def manifest(archive: tarfile.TarFile) -> Any:
    return json.load(member(archive, "manifest.json"))[0]


def test_it_is_small(archive: tarfile.TarFile) -> None:
    """All of the last stage is one layer over the base: buildah makes it so."""
    layer = manifest(archive)["Layers"][-1]
    with tarfile.open(fileobj=member(archive, layer)) as files:
        names = files.getnames()
    assert "opt/wahealth/bin/wahealth" in names
    size = archive.getmember(layer).size
    print(f"{size / 1024**2:.0f} MiB over its base")
    assert size <= MOST


def bytecode(archive: tarfile.TarFile, below: str = "") -> Iterator[tuple[str, bytes]]:
    """Of each module below this folder that is compiled, such as `asyncio/base_events`: the flags of PEP 552."""
    for layer in manifest(archive)["Layers"]:
        with tarfile.open(fileobj=member(archive, layer)) as files:
            for one in files:
                folder, _, name = one.name.rpartition("/__pycache__/")
                if one.isfile() and name.endswith(".pyc") and folder.startswith(below):
                    inside = re.sub(r".*/(site-packages|python3[.0-9]*)/", "", folder)
                    yield f"{inside}/{name.partition('.')[0]}", member(files, one.name).read(8)[4:]


def test_nothing_is_compiled_at_a_start(archive: tarfile.TarFile) -> None:
    """Of our own and of the libraries no source is ever looked at, either, and not at its time."""
    compiled = dict(bytecode(archive))
    ours = {path.relative_to(PACKAGE.parent).with_suffix("").as_posix() for path in PACKAGE.rglob("*.py")}
    assert ours <= compiled.keys()
    assert {flags for _, flags in bytecode(archive, "opt/wahealth/")} == {UNCHECKED}
    assert {"asyncio/base_events", "aiohttp/client", "kopf/__init__"} <= compiled.keys()


def test_it_says_what_it_is(archive: tarfile.TarFile) -> None:
    config = json.load(member(archive, manifest(archive)["Config"]))["config"]
    labels = {name.removeprefix(f"{LABELS}."): value for name, value in config["Labels"].items()}
    assert labels["title"] == "wahealth"
    assert labels["version"] == version("wahealth-operator")
    assert labels["licenses"] == "Apache-2.0"
    assert labels["base.name"]
    assert labels["description"]
    assert labels["revision"]
    assert config["User"] == "65532:65532"
    assert config["Entrypoint"] == ["wahealth"]
