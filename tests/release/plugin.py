"""The plugin of kubectl as one file that Python runs, and its manifest for krew."""

from __future__ import annotations

import hashlib
import platform
import shutil
import sys
import tempfile
from pathlib import Path

import yaml

from release.archives import packed
from release.container import ARCHITECTURES
from release.sbom import wheel
from release.source import LeftOut, Release
from release.tools import HERE, extra, run

PROGRAM = "kubectl-wa"
NOTES = ("RECORD", "direct_url.json", "uv_cache.json")


def made(release: Release) -> list[Path]:
    """The archive for this machine's system, architecture and version of Python, and the manifest. Raises `LeftOut` as
    long as the project has no such program."""
    if PROGRAM not in release.project["project"]["scripts"]:
        raise LeftOut(f"the project has no program {PROGRAM} yet")
    system, machine = platform.system().lower(), ARCHITECTURES.get(platform.machine(), platform.machine())
    archive = release.into / f"{PROGRAM}-{release.version}-{system}-{machine}.tar.gz"
    contents = {PROGRAM: _one_file(release), "LICENSE": (release.tree / "LICENSE").read_bytes()}
    packed(contents, archive, release.epoch, frozenset({PROGRAM}))
    written = release.into / "wa.yaml"
    written.write_text(yaml.safe_dump(manifest(release, archive), sort_keys=False))
    return [archive, written]


def _one_file(release: Release) -> bytes:
    """Runs with the version of Python that it was made by, as the wheels in it are of that version."""
    python = f"/usr/bin/env python{sys.version_info.major}.{sys.version_info.minor}"
    pinned = ["--require-hashes", "-r", str(release.tree / "requirements.lock")]
    with tempfile.TemporaryDirectory() as work:
        into, site = Path(work, PROGRAM), Path(work, "site")
        target = ["install", "--quiet", "--target", str(site), "--python", sys.executable]
        run(HERE / "uv", "pip", *target, *pinned)
        run(HERE / "uv", "pip", *target, "--no-deps", wheel(release))
        _forget_where(site)
        asked: list[str | Path] = [
            "--site-packages",
            site,
            "--console-script",
            PROGRAM,
            "--python",
            python,
            "--reproducible",
        ]
        run(extra("shiv"), *asked, "--output-file", into, SOURCE_DATE_EPOCH=str(release.epoch))
        return into.read_bytes()


def _forget_where(site: Path) -> None:
    """Removes what an installer notes of the folder and the time, and the programs, whose first line names that folder:
    nobody reads it in an archive, and it would differ each time."""
    shutil.rmtree(site / "bin", ignore_errors=True)
    for note in NOTES:
        for path in site.glob(f"*.dist-info/{note}"):
            path.unlink()


def manifest(release: Release, archive: Path) -> dict[str, object]:
    """As krew's index has it; its name is the name of the plugin."""
    system, machine = archive.name.removesuffix(".tar.gz").rsplit("-", 2)[1:]
    return {
        "apiVersion": "krew.googlecontainertools.github.com/v1alpha2",
        "kind": "Plugin",
        "metadata": {"name": "wa"},
        "spec": {
            "version": f"v{release.version}",
            "homepage": release.home,
            "shortDescription": "Show the health of WhatsApp clients",
            "description": "Shows the WhatsAppClients of a cluster: verdicts, history, and what to do next.\n",
            "caveats": f"Needs Python {sys.version_info.major}.{sys.version_info.minor}.\n",
            "platforms": [
                {
                    "selector": {"matchLabels": {"os": system, "arch": machine}},
                    "uri": f"{release.home}/releases/download/v{release.version}/{archive.name}",
                    "sha256": hashlib.sha256(archive.read_bytes()).hexdigest(),
                    "bin": PROGRAM,
                }
            ],
        },
    }
