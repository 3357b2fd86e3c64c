"""Archives of which the same content gives the same bytes, whoever makes them and when."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

FILE, PROGRAM = 0o644, 0o755


def packed(files: dict[str, bytes], into: Path, epoch: int, programs: frozenset[str] = frozenset()) -> None:
    """Writes a .tar.gz of these contents by path, all of one time, of nobody, in the order of their paths."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path, content in sorted(files.items()):
            archive.addfile(_entry(path, len(content), epoch, path in programs), io.BytesIO(content))
    with into.open("wb") as written, gzip.GzipFile("", "wb", fileobj=written, mtime=epoch) as packing:
        packing.write(plain.getvalue())


def copied(archive: Path, into: Path, epoch: int) -> None:
    """Writes the files of a .tar once more, to a .tar that `packed` might have written. It may be large."""
    with tarfile.open(archive) as old, tarfile.open(into, "w", format=tarfile.USTAR_FORMAT) as new:
        for one in sorted((one for one in old if one.isfile()), key=lambda one: one.name):
            new.addfile(_entry(one.name, one.size, epoch, program=False), old.extractfile(one))


def _entry(path: str, size: int, epoch: int, program: bool) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(path)
    entry.size, entry.mtime, entry.mode = size, epoch, PROGRAM if program else FILE
    return entry


def unpacked(path: Path) -> dict[str, bytes]:
    """The contents of the files of a .tar.gz, by path."""
    contents = {}
    with tarfile.open(path) as archive:
        for one in archive:
            if content := archive.extractfile(one):
                contents[one.name] = content.read()
    return contents
