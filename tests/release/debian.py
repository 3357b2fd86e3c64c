"""What an image holds that no Python package is: Debian's packages, and a Python that is of none."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

STATUS = "var/lib/dpkg/status"
DISTRIBUTION = ("usr/lib/os-release", "etc/os-release")
INSTALLED = "install ok installed"


class Image(NamedTuple):
    """Of an OCI archive."""

    digest: str  # of its manifest
    architecture: str
    environment: dict[str, str]
    files: dict[str, str]  # those of interest, as the last layer has them


def opened(path: Path) -> Image:
    with tarfile.open(path) as archive:
        described = json.loads(_read(archive, "index.json"))["manifests"][0]
        manifest = json.loads(_read(archive, _place(described)))
        config = json.loads(_read(archive, _place(manifest["config"])))
        files: dict[str, str] = {}
        for layer in manifest["layers"]:
            with tarfile.open(fileobj=archive.extractfile(_place(layer)), mode="r|*") as members:
                files |= dict(_of_interest(members))
    environment = dict(one.split("=", 1) for one in config["config"].get("Env", ()))
    return Image(described["digest"], config["architecture"], environment, files)


def _read(archive: tarfile.TarFile, one: str | tarfile.TarInfo) -> bytes:
    found = archive.extractfile(one)
    assert found is not None
    return found.read()


def _place(described: dict[str, Any]) -> str:
    return f"blobs/{described['digest'].replace(':', '/')}"


def _of_interest(layer: tarfile.TarFile) -> Iterator[tuple[str, str]]:
    for one in layer:
        if one.isfile() and (name := one.name.removeprefix("./")) in {STATUS, *DISTRIBUTION}:
            yield name, _read(layer, one).decode()


def _release(image: Image) -> str:
    return next((image.files[name] for name in DISTRIBUTION if name in image.files), "")


def components(image: Image) -> list[dict[str, str]]:
    """As CycloneDX has them, in the order of their names."""
    named = dict(re.findall(r'^(ID|VERSION_ID)="?([^"\n]*)', _release(image), re.MULTILINE))
    distribution, version = named.get("ID", "debian"), named.get("VERSION_ID", "")
    found = []
    for paragraph in image.files.get(STATUS, "").split("\n\n"):
        field = dict(re.findall(r"^(\S+): (.*)$", paragraph, re.MULTILINE))
        if field.get("Status") == INSTALLED:
            of = f"arch={field['Architecture']}&distro={distribution}-{version}"
            package = f"pkg:deb/{distribution}/{quote(field['Package'])}@{quote(field['Version'])}?{of}"
            found.append(_component(field["Package"], field["Version"], package))
    if python := image.environment.get("PYTHON_VERSION"):  # official images build it from its source
        found.append(_component("python", python, f"pkg:generic/python@{python}"))
    return sorted(found, key=lambda one: one["bom-ref"])


def _component(name: str, version: str, package: str) -> dict[str, str]:
    return {"type": "library", "bom-ref": package, "name": name, "version": version, "purl": package}
