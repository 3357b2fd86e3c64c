"""Downloads official releases over HTTPS and verifies their checksums before anything is kept."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import httpx

from wahealth.playground.cluster.programs import Download

# Variables that replace an origin by a mirror.
MIRRORS = {
    "https://dl.k8s.io": "WAHEALTH_KUBERNETES_RELEASES",
    "https://github.com": "WAHEALTH_GITHUB_RELEASES",
    "https://api.github.com": "WAHEALTH_GITHUB_API",
}
_TIMEOUT = httpx.Timeout(60, connect=5)


class DownloadFailed(Exception):
    """Why a download failed, in a few words."""


class Downloader:
    """Fetches releases. A host that could not be reached once is not tried again."""

    def __init__(self) -> None:
        self._unreachable: set[str] = set()

    def fetch(self, download: Download, into: Path) -> None:
        """Writes the program to `into`, executable. Raises `DownloadFailed`; then `into` does not exist."""
        expected = self._expected_sum(download)
        with tempfile.TemporaryFile(dir=into.parent) as content:
            if self._sum_of(download.url, content) != expected:
                raise DownloadFailed(f"{download.url} has another checksum than the one published for it")
            content.seek(0)
            _write(content, download.member, into)

    def _expected_sum(self, download: Download) -> str:
        file = download.url.rpartition("/")[2]
        with self._opened(download.sums) as response:
            published = response.read().decode(errors="replace")
        sum_ = _from_github(published, file) if download.form == "github" else _from_lines(published, file)
        if sum_ is None:
            raise DownloadFailed(f"{download.sums} has no checksum of {file}")
        return sum_.lower()

    def _sum_of(self, url: str, into: IO[bytes]) -> str:
        digest = hashlib.sha256()
        with self._opened(url) as response:
            for piece in response.iter_bytes(1 << 20):
                digest.update(piece)
                into.write(piece)
        return digest.hexdigest()

    @contextmanager
    def _opened(self, url: str) -> Iterator[httpx.Response]:
        url = _mirrored(url)
        host = urlsplit(url).netloc
        if host in self._unreachable:
            raise DownloadFailed(f"{host} cannot be reached")
        try:
            with httpx.stream("GET", url, timeout=_TIMEOUT, follow_redirects=True) as response:
                if response.status_code != httpx.codes.OK:
                    raise DownloadFailed(f"{url} answers HTTP {response.status_code}")
                yield response
        except httpx.TransportError:
            self._unreachable.add(host)
            raise DownloadFailed(f"{host} cannot be reached") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise DownloadFailed(f"{url}: {error}") from None


def _mirrored(url: str) -> str:
    for origin, variable in MIRRORS.items():
        if url.startswith(f"{origin}/"):
            return os.environ.get(variable, origin).rstrip("/") + url.removeprefix(origin)
    return url


def _from_lines(published: str, file: str) -> str | None:
    for line in published.splitlines():
        sum_, _, name = line.strip().partition(" ")
        if not name or name.strip().lstrip("*") == file:
            return sum_
    return None


def _from_github(published: str, file: str) -> str | None:
    """The SHA-256 that GitHub computed when the file was uploaded, from its answer about a release; None if there is
    none."""
    try:
        digests = {asset["name"]: asset["digest"] or "" for asset in json.loads(published)["assets"]}
    except (ValueError, KeyError, TypeError):
        return None
    kind, _, sum_ = str(digests.get(file, "")).partition(":")
    return sum_ if kind == "sha256" else None


def _write(content: IO[bytes], member: str | None, into: Path) -> None:
    if member is None:
        with into.open("wb") as program:
            shutil.copyfileobj(content, program)
    else:
        _unpack(content, member, into)
    into.chmod(0o755)


def _unpack(archive: IO[bytes], member: str, into: Path) -> None:
    try:
        with tarfile.open(fileobj=archive) as opened, into.open("wb") as program:
            source = opened.extractfile(member)
            assert source is not None, "a directory"
            shutil.copyfileobj(source, program)
    except (tarfile.TarError, KeyError, AssertionError):
        into.unlink(missing_ok=True)
        raise DownloadFailed(f"the archive has no {member}") from None
