"""What is in it, as CycloneDX: the wheel and all that its lock pins; and the image, which holds just that over its
base."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from release import debian
from release.source import LeftOut, Release
from release.tools import HERE, extra, run


def listed(release: Release) -> list[Path]:
    """A list of the wheel, of an environment into which it and its lock were installed, from a package index; and one
    of each image that is there."""
    into = release.into / f"wahealth-{release.version}.cdx.json"
    with tempfile.TemporaryDirectory() as work:
        python = installed(release, Path(work, "environment"))
        asked = ["--output-format=JSON", "--output-reproducible", f"--pyproject={release.tree / 'pyproject.toml'}"]
        run(extra("cyclonedx-py"), "environment", *asked, f"--output-file={into}", python)
    return [into, *(of_image(release, into, image) for image in sorted(release.into.glob("*.oci.tar")))]


def of_image(release: Release, of_wheel: Path, archive: Path) -> Path:
    """The same list with what Debian's packages add, said of the image."""
    said, image = json.loads(of_wheel.read_text()), debian.opened(archive)
    program = said["metadata"]["component"]
    package = f"pkg:oci/wahealth@{image.digest.replace(':', '%3A')}?arch={image.architecture}"
    name = {"bom-ref": package, "name": "wahealth", "version": release.version, "purl": package}
    said["metadata"]["component"] = {"type": "container", **name}
    said["components"] += [program, *debian.components(image)]
    said["dependencies"] = [
        *said.get("dependencies", ()),
        {"ref": package, "dependsOn": sorted(one["bom-ref"] for one in said["components"])},
    ]
    into = archive.with_name(f"{archive.name.removesuffix('.oci.tar')}.cdx.json")
    into.write_text(json.dumps(said, indent=2, sort_keys=True) + "\n")
    return into


def installed(release: Release, folder: Path) -> Path:
    """The Python of an environment with the release's wheel and what the image has beside it."""
    python = folder / "bin" / "python"
    run(HERE / "uv", "venv", "--quiet", "--python", HERE / "python", folder)
    lock = release.tree / "requirements.lock"
    run(HERE / "uv", "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", lock)
    run(HERE / "uv", "pip", "install", "--quiet", "--python", python, "--no-deps", wheel(release))
    return python


def wheel(release: Release) -> Path:
    """That of the release. Raises `LeftOut`."""
    for found in release.into.glob("*.whl"):
        return found
    raise LeftOut("it needs the wheel, which was left out")
