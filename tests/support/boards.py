"""`kubectl wa board` as a process, and what is asked of it over the wire."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from support.plugin import PROGRAM
from support.process import child_of
from wahealth.playground.cluster.processes import ManagedProcess
from wahealth.playground.environment import until

_URL = re.compile(r"^http://127\.0\.0\.1:\d+/\?token=[0-9a-f]{32}$", re.MULTILINE)


class Board:
    """A board that runs."""

    def __init__(self, process: ManagedProcess) -> None:
        self.process = process

    @property
    def urls(self) -> list[str]:
        """All that were printed so far."""
        return _URL.findall(self.process.log.read_text())

    @property
    def url(self) -> str:
        """The one that leads in."""
        return self.urls[-1]

    @property
    def origin(self) -> str:
        return f"http://{self.address}"

    @property
    def address(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def pid(self) -> int:
        return child_of(self.process.pid)

    def get(self, path: str, method: str = "GET", **headers: str) -> httpx.Response:
        """Of somebody without a cookie, unless the headers have one."""
        return httpx.request(method, f"{self.origin}{path}", headers=headers, trust_env=False, timeout=30)

    def cookie(self) -> str:
        """As a browser gets it for the token, and sends it."""
        path = self.url.removeprefix(self.origin)
        return self.get(path).headers["set-cookie"].partition(";")[0]


@contextlib.contextmanager
def board(kubeconfig: Path, folder: Path, *words: str) -> Iterator[Board]:
    """Until the end of the block; `words` are typed behind the command."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": ":".join(sys.path),
        "KUBECONFIG": str(kubeconfig),
        "TZ": "UTC",
    }
    with started([sys.executable, "-c", PROGRAM, "board", "--no-open", *words], environ, folder) as running:
        yield running


@contextlib.contextmanager
def started(argv: Sequence[str], environ: Mapping[str, str], folder: Path) -> Iterator[Board]:
    """The same by a command as it is typed."""
    running = Board(ManagedProcess.start("board", argv, log=folder / "board.log", env=environ))
    try:
        until(lambda: running.process.log.exists() and running.urls, "the board has said where it is", 60)
        yield running
    finally:
        running.process.stop()
