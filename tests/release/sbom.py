"""What is in it: the wheel and all that its lock pins, as CycloneDX. The image holds just that over its base."""

from __future__ import annotations

import tempfile
from pathlib import Path

from release.source import LeftOut, Release
from release.tools import HERE, extra, run


def listed(release: Release) -> list[Path]:
    """Of an environment into which the wheel and its lock were installed, from a package index."""
    into = release.into / f"wahealth-{release.version}.cdx.json"
    with tempfile.TemporaryDirectory() as work:
        python = installed(release, Path(work, "environment"))
        asked = ["--output-format=JSON", "--output-reproducible", f"--pyproject={release.tree / 'pyproject.toml'}"]
        run(extra("cyclonedx-py"), "environment", *asked, f"--output-file={into}", python)
    return [into]


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
