"""Provides the programs of a playground. The first source that works is used: this machine, the cache, a release, a
build from Go modules."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from wahealth.playground.cluster.download import Downloader, DownloadFailed
from wahealth.playground.cluster.gomodules import PARTIAL, BuildFailed, build
from wahealth.playground.cluster.programs import Program, programs

Say = Callable[[str], None]
_VERSION = re.compile(r"\bv?(\d+)\.(\d+)\.\d+")


class BinariesMissing(Exception):
    """Why a program could not be provided: each source with its failure, and what to do."""


class Unusable(Exception):
    """Why the program on this machine cannot be used."""


def provide(names: Sequence[str], *, say: Say) -> dict[str, Path]:
    """The paths of these programs by their names, all of the right version. Raises `BinariesMissing`."""
    found: dict[str, Path] = {}
    refused: dict[str, str] = {}
    for name in names:
        try:
            found[name] = _on_this_machine(programs()[name])
        except Unusable as reason:
            refused[name] = str(reason)
    missing = [name for name in refused if not cached(programs()[name]).exists()]
    if missing:
        _fill_cache({name: refused[name] for name in missing}, say)
    return {name: found.get(name) or cached(programs()[name]) for name in names}


def cache() -> Path:
    """The folder in which programs are kept from run to run."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wahealth"


def cached(program: Program) -> Path:
    """The program's path in the cache, whether it exists or not."""
    return cache() / "bin" / program.version / program.name


# --- this machine -------------------------------------------------------------------------------------------------


def _on_this_machine(program: Program) -> Path:
    """The program in KUBEBUILDER_ASSETS, of any version, or on PATH, if its version fits. Raises `Unusable`."""
    folder = os.environ.get("KUBEBUILDER_ASSETS")
    if folder and (asset := shutil.which(program.name, path=folder)):
        return Path(asset)
    not_asset = f"not in KUBEBUILDER_ASSETS ({folder})" if folder else "KUBEBUILDER_ASSETS is not set"
    on_path = shutil.which(program.name)
    if on_path is None:
        raise Unusable(f"{not_asset}; not on PATH")
    _check_version(on_path, program)
    return Path(on_path)


def _check_version(path: str, program: Program) -> None:
    printed = _version_output(path, program)
    if (seen := _VERSION.search(printed)) is None:
        raise Unusable(f"{path} does not print its version (but: {printed.splitlines()[:1]})")
    if not _fits(program, (int(seen[1]), int(seen[2]))):
        raise Unusable(f"{path} is of version {seen[0]}, not {_wanted(program)}")


def _fits(program: Program, found: tuple[int, int]) -> bool:
    if program.oldest is not None:
        return found >= program.oldest
    (major, minor), wanted = found, program.minor
    return major == wanted[0] and abs(minor - wanted[1]) <= program.skew


def _wanted(program: Program) -> str:
    if program.oldest is not None:
        return "{}.{} or newer".format(*program.oldest)
    return "{}.{}".format(*program.minor) + (f" ±{program.skew}" if program.skew else "")


def _version_output(path: str, program: Program) -> str:
    argv = [path, *program.version_flag.split()]
    try:
        return subprocess.run(argv, capture_output=True, text=True, timeout=10, check=False).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unusable(f"{path} cannot be run: {error}") from None


# --- the cache ----------------------------------------------------------------------------------------------------


def _fill_cache(refused: dict[str, str], say: Say) -> None:
    """Makes the missing programs, one process at a time. However it ends, the cache holds only complete programs."""
    cache().mkdir(parents=True, exist_ok=True)
    downloader = Downloader()
    with _locked(cache() / "lock", say):
        for leftover in (cache() / "bin").rglob(f"*{PARTIAL}"):
            leftover.unlink()
        for name, not_here in refused.items():
            if not cached(programs()[name]).exists():  # another process may have made it meanwhile
                _Making(programs()[name], not_here, downloader, say).into_cache()


@contextlib.contextmanager
def _locked(path: Path, say: Say) -> Iterator[None]:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another process is filling the cache; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True)
class _Making:
    """Makes one program for the cache. `not_here` is why this machine's own is not used."""

    program: Program
    not_here: str
    downloader: Downloader
    say: Say

    def into_cache(self) -> None:
        place = cached(self.program)
        place.parent.mkdir(parents=True, exist_ok=True)
        partial = place.with_name(place.name + PARTIAL)
        try:
            self._make(partial)
            partial.rename(place)
        finally:
            partial.unlink(missing_ok=True)

    def _make(self, into: Path) -> None:
        started = time.monotonic()
        if self.program.download is not None:
            self._tell(f"downloading it ({self.not_here})")
        how, failure = "downloaded", self._download(into)
        if failure:
            self._tell(f"no download ({failure}); building it, {_about(self.program.minutes)} the first time")
            how = "built"
            self._build(into, failure)
        self._tell(f"{how} in {time.monotonic() - started:.0f} s")

    def _download(self, into: Path) -> str | None:
        """Downloads the program. Returns None, or why it failed."""
        if self.program.download is None:
            return "it has no release to download"
        try:
            self.downloader.fetch(self.program.download, into)
        except DownloadFailed as error:
            return str(error)
        return None

    def _build(self, into: Path, no_download: str) -> None:
        try:
            build(self.program, cache() / "build", into)
        except BuildFailed as error:
            raise BinariesMissing(self._nothing_worked(no_download, str(error))) from None

    def _tell(self, what: str) -> None:
        self.say(f"{self.program.name} {self.program.version}: {what}")

    def _nothing_worked(self, no_download: str, no_build: str) -> str:
        return (
            f"{self.program.name} {self.program.version} is needed, but no source has it:\n"
            f"  on this machine: {self.not_here}\n"
            f"  cache:           nothing at {cached(self.program)}\n"
            f"  download:        {no_download}\n"
            f"  build:           {no_build.replace(chr(10), chr(10) + ' ' * 19)}\n"
            "Name a folder with the programs of Kubernetes in KUBEBUILDER_ASSETS, install Go, or connect to a network."
        )


def _about(minutes: float) -> str:
    return "some seconds" if minutes < 0.4 else f"about {minutes:g} min"
