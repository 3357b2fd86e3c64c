"""`make release VERSION=1.2.3`: all that is published of a version, in dist/1.2.3, and nothing is published.

    release/run.py VERSION [--draft] [--without=PART …] [--only=PART …] [--home=URL]

Exit codes: 0 complete, but for what --without names; 1 not ready; 69 a part cannot be made here, the rest is there.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from release import chart, checked, container, plugin, sbom
from release.source import LeftOut, NotReady, Release, exported

ROOT = Path(__file__).parents[2]
NOT_READY, NOT_THERE = 1, 69
SUMS = "SHA256SUMS"
NOWHERE = "https://example.invalid/wahealth"
# In this order: a later part may need an earlier one.
PARTS: dict[str, Callable[[Release], list[Path]]] = {
    "packages": checked.published,
    "chart": chart.packaged,
    "manifests": chart.manifests,
    "image": container.archived,
    "sbom": sbom.listed,
    "plugin": plugin.made,
}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="make release", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("version", help="as in pyproject.toml")
    parser.add_argument("--draft", action="store_true", help="HEAD, although it is not finished")
    parser.add_argument("--home", default=NOWHERE, help="URL of the repository, for the manifest of the plugin")
    parser.add_argument("--without", action="append", choices=PARTS, default=[], help="a part that is not wanted")
    parser.add_argument("--only", action="append", choices=PARTS, help="no part but this")
    given = parser.parse_args(arguments)
    into = ROOT / "dist" / given.version
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    try:
        with tempfile.TemporaryDirectory() as work:
            release = exported(ROOT, given.version, Path(work), into, home=given.home, draft=given.draft)
            return released(release, [name for name in given.only or PARTS if name not in given.without])
    except NotReady as error:
        print(f"make release: {error}", file=sys.stderr)
        return NOT_READY


def released(release: Release, wanted: Sequence[str]) -> int:
    """Makes these parts, says of each what it has become, and writes the sums of all files. Returns the exit code."""
    lacking = []
    for name in wanted:
        try:
            for path in PARTS[name](release):
                print(f"{name}: {path.name}, {path.stat().st_size / 1e6:.1f} MB", flush=True)
        except LeftOut as reason:
            print(f"{name}: left out: {reason}", file=sys.stderr, flush=True)
            lacking.append(name)
    write_sums(release.into)
    return NOT_THERE if lacking else 0


def write_sums(folder: Path) -> None:
    """As `sha256sum --check` reads them."""
    files = sorted(path for path in folder.iterdir() if path.name != SUMS)
    sums = (f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)
    (folder / SUMS).write_text("".join(sums))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
