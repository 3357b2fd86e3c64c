"""What a release is made of: the files of one commit, and nothing that lies beside them."""

from __future__ import annotations

import re
import subprocess
import tarfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?")


class NotReady(Exception):
    """Why nothing can be released, in one sentence."""


class LeftOut(Exception):
    """Why one part cannot be made here, in one sentence."""


@dataclass(frozen=True)
class Release:
    version: str  # as in pyproject.toml
    tree: Path  # the commit's files
    into: Path  # the folder of all that is published
    revision: str  # the commit
    epoch: int  # its time, in seconds: the time of every file that is published
    home: str  # the URL of the repository on its code host

    @property
    def project(self) -> dict[str, Any]:
        """pyproject.toml."""
        return tomllib.loads((self.tree / "pyproject.toml").read_text())


def exported(repository: Path, version: str, work: Path, into: Path, *, home: str, draft: bool) -> Release:
    """The release of HEAD, whose files go to a folder below `work`. Raises `NotReady`; a draft may have changes that
    are not committed, which are left out, and a changelog that is not finished."""
    if not draft and (changed := _git(repository, "diff", "--name-only", "HEAD")):
        raise NotReady(f"not everything is committed: {', '.join(changed.splitlines())}")
    tree, archive = work / "tree", work / "tree.tar"
    _git(repository, "archive", f"--output={archive}", "HEAD")
    with tarfile.open(archive) as files:
        files.extractall(tree, filter="data")
    if wrong := disagreeing(tree, version, draft=draft):
        raise NotReady("; ".join(wrong))
    revision, seconds = _git(repository, "log", "-1", "--format=%H %ct").split()
    return Release(version, tree, into, revision, int(seconds), home)


def disagreeing(tree: Path, version: str, *, draft: bool) -> list[str]:
    """What is of another version than this one, a sentence each."""
    if not _VERSION.fullmatch(version):
        return [f"{version!r} is no version: name it as in VERSION=1.2.3"]
    chart = yaml.safe_load((tree / "charts/wahealth/Chart.yaml").read_text())
    image = re.search(r"^ARG VERSION=(.*)$", (tree / "Dockerfile").read_text(), re.MULTILINE)
    installed = re.findall(r"image: \"wahealth:(.*)\"", (tree / "manifests/install.yaml").read_text())
    named = {
        "pyproject.toml": tomllib.loads((tree / "pyproject.toml").read_text())["project"]["version"],
        "version of charts/wahealth/Chart.yaml": chart["version"],
        "appVersion of charts/wahealth/Chart.yaml": chart["appVersion"],
        "Dockerfile": image[1] if image else "none",
        "manifests/install.yaml": ", ".join(sorted(set(installed))) or "none",
    }
    wrong = [f"{place} says {found}, not {version}" for place, found in named.items() if found != version]
    return wrong + ([] if draft else _unfinished(tree, version))


def _unfinished(tree: Path, version: str) -> list[str]:
    heading = re.search(rf"^## {re.escape(version)} \((.*)\)$", (tree / "docs/changelog.md").read_text(), re.MULTILINE)
    if heading is None:
        return [f"docs/changelog.md has no section {version} with a date"]
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", heading[1]):
        return [f"docs/changelog.md calls {version} {heading[1]}: write its date"]
    return []


def _git(repository: Path, *arguments: str) -> str:
    asked = ["git", "-C", str(repository), *arguments]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotReady(f"git {arguments[0]}: {done.stderr.strip() or 'failed'}")
    return done.stdout.strip()
