"""The image, for this machine's architecture, as an OCI archive."""

from __future__ import annotations

import platform
import sys
import tempfile
from pathlib import Path

from e2e import image
from release.archives import copied
from release.source import LeftOut, Release

# In full, as a container runtime has it: under this name it finds `wahealth`, of the manifests, on a node.
NAME = "docker.io/library/wahealth"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def archived(release: Release) -> list[Path]:
    """Raises `LeftOut` where it cannot be built."""
    if lacking := image.missing():
        raise LeftOut(f"{' and '.join(lacking)} must be on PATH (Debian: apt-get install {' '.join(lacking)})")
    architecture = ARCHITECTURES.get(platform.machine(), platform.machine())
    path = release.into / f"wahealth-{release.version}-linux-{architecture}.oci.tar"
    about = {"VERSION": release.version, "REVISION": release.revision}
    flags = [f"--timestamp={release.epoch}", *(f"--build-arg={name}={value}" for name, value in about.items())]
    with tempfile.TemporaryDirectory() as work:
        built = Path(work, "image.tar")
        try:
            base = image.base(lambda said: print(said, file=sys.stderr))
            image.build(base, f"oci-archive:{built}:{NAME}:{release.version}", *flags, context=release.tree)
        except SystemExit as error:  # which is how the end-to-end tests end
            raise LeftOut(str(error)) from None
        copied(built, path, release.epoch)
    return [path]
