"""The project's own image, built by its Dockerfile and kept by what it is made of."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from wahealth.playground.cluster.binaries import cache
from wahealth.playground.cluster.images import archive

ROOT = Path(__file__).parents[2]
NAME = "localhost/wahealth:e2e"
BASE = "localhost/wahealth-base:bookworm"
_PACKAGES = "python3,python3-venv,ca-certificates"
_MADE_OF = ("Dockerfile", "requirements.lock", "requirements-build.lock", "pyproject.toml", "operator/README.md")

Say = Callable[[str], None]


def provided(say: Say) -> Path:
    """The image as an archive that `ctr` takes."""
    path = cache() / "images" / f"wahealth-{_digest()}.tar"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        for old in path.parent.glob("wahealth-*.tar"):
            old.unlink()
        say("building the image (20 s; a minute more the first time)")
        partial = path.with_suffix(".partial")
        build(base(say), f"docker-archive:{partial}:{NAME}")
        partial.rename(path)
    return path


def _digest() -> str:
    digest = hashlib.sha256()
    for file in _files():
        digest.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _files() -> Iterator[Path]:
    yield from (ROOT / name for name in _MADE_OF)
    yield from sorted((ROOT / "operator").rglob("*.py"))


def base(say: Say) -> str:
    """What WAHEALTH_BASE names, the Dockerfile's own where a registry can be reached, else one made of packages."""
    if named := os.environ.get("WAHEALTH_BASE"):
        return named
    official = next(line for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("ARG BASE="))
    name = official.removeprefix("ARG BASE=")
    if _run("buildah", "pull", "-q", "--retry", "0", name, check=False, seconds=60):
        return name
    kept = cache() / "images" / "debian-bookworm.tar"
    if not kept.exists():
        say(f"no registry has {name}: making a base of Debian's packages (80 s)")
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder, "root")
            _run("debootstrap", "--variant=minbase", f"--include={_PACKAGES}", "bookworm", str(root), seconds=900)
            for folder_of_apt in ("cache/apt", "lib/apt/lists"):  # what was downloaded, 100 MB
                shutil.rmtree(root / "var" / folder_of_apt)
            partial = kept.with_suffix(".partial")
            archive(BASE, root, [], partial, user="0:0")
            partial.rename(kept)
    _run("buildah", "pull", "-q", f"docker-archive:{kept}")
    return BASE


def build(of: str, into: str, *flags: str, context: Path = ROOT) -> None:
    """Builds the project in `context` on the base `of` and copies it to where buildah's transport `into` leads, such as
    `oci-archive:PATH:NAME`."""
    certificates = "/etc/ssl/certs"
    mounted = ["-v", f"{certificates}:{certificates}:ro"]
    asked = ["--network", "host", "--build-arg", f"BASE={of}", *mounted, "-t", NAME, *flags]
    environment = {**os.environ, "BUILDAH_ISOLATION": "chroot"}
    _run("buildah", "bud", "-q", *asked, str(context), environment=environment, seconds=900)
    _run("buildah", "push", "-q", NAME, into, seconds=300)


def _run(*argv: str, check: bool = True, seconds: float = 120, environment: dict[str, str] | None = None) -> bool:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=seconds, env=environment, check=False)
    if check and done.returncode:
        raise SystemExit(f"{' '.join(argv)} failed:\n{done.stderr[-2000:]}")
    return done.returncode == 0


def missing() -> list[str]:
    return [program for program in ("buildah", "debootstrap") if shutil.which(program) is None]
