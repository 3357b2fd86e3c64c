"""The chart as an archive, and the manifests for those who use no Helm."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from release.archives import packed, unpacked
from release.source import Release
from support.rendered import helm


def packaged(release: Release) -> list[Path]:
    """As `helm package` makes it, but of the commit's time: Helm's own archive has that of the moment."""
    into = release.into / f"wahealth-{release.version}.tgz"
    with tempfile.TemporaryDirectory() as work:
        helm("package", str(release.tree / "charts/wahealth"), "--destination", work)
        (archive,) = Path(work).iterdir()
        packed(unpacked(archive), into, release.epoch)
    return [into]


def manifests(release: Release) -> list[Path]:
    """What is applied as it stands, and the folder that kustomizations refer to."""
    folder = release.tree / "manifests"
    contents = {
        path.relative_to(release.tree).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
    archive = release.into / f"wahealth-manifests-{release.version}.tar.gz"
    packed(contents, archive, release.epoch)
    return [Path(shutil.copy(folder / name, release.into)) for name in ("install.yaml", "crd.yaml")] + [archive]
