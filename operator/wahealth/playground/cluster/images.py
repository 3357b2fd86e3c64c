"""Makes container images from folders, without a daemon or a registry."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path

_MACHINE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
_LIBRARY = re.compile(r"(?:=> )?(/\S+) \(0x")


def archive(name: str, root: Path, entrypoint: Sequence[str], into: Path, *, user: str = "65532:65532") -> None:
    """Writes an image with the folder `root` as its only layer to the archive `into`, in the format of `docker
    save`."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        tar.add(root, ".")
    content = layer.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    config = {
        "architecture": _MACHINE,
        "os": "linux",
        "config": {"Entrypoint": list(entrypoint), "User": user},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
    }
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": [f"{digest}/layer.tar"]}]
    parts = {"config.json": config, "manifest.json": manifest}
    with tarfile.open(into, "w") as tar:
        for member, part in ((name, json.dumps(document).encode()) for name, document in parts.items()):
            _add(tar, member, part)
        _add(tar, f"{digest}/layer.tar", content)


def _add(tar: tarfile.TarFile, member: str, content: bytes) -> None:
    info = tarfile.TarInfo(member)
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))


def pause_image(name: str, work: Path) -> Path:
    """Writes the image that holds a pod's namespaces, made of this machine's `sleep` and its libraries; returns its
    path."""
    root, into = work / "pause", work / "pause.tar"
    program = shutil.which("sleep") or "/bin/sleep"
    for path in (program, *_libraries(program)):
        target = root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    archive(name, root, [program, "infinity"], into)
    return into


def _libraries(program: str) -> Iterator[str]:
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    return (found[1] for line in listed.splitlines() if (found := _LIBRARY.search(line)))
