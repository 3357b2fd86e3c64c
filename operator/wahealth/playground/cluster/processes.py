"""Starts programs that cannot outlive this process: each runs under a reaper of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

REAPER = Path(__file__).with_name("reaper.py")
_TAIL_BYTES = 64 * 1024


@dataclass(eq=False)
class ManagedProcess:
    """A running program; the file `log` has its stdout and stderr."""

    name: str
    log: Path
    _leash: subprocess.Popen[bytes]

    @classmethod
    def start(cls, name: str, argv: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None) -> Self:
        """Starts a program. `env` is its whole environment; None means ours."""
        leash = subprocess.Popen(
            [sys.executable, "-I", str(REAPER), str(log), "--", *argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env=None if env is None else dict(env),
            start_new_session=True,  # out of reach of the terminal's Ctrl-C
        )
        return cls(name, log, leash)

    @property
    def pid(self) -> int:
        """The process ID of the program's reaper."""
        return self._leash.pid

    def alive(self) -> bool:
        return self._leash.poll() is None

    def wait(self, timeout: float | None = None) -> int:
        """Waits for the end and returns the exit code. Raises `subprocess.TimeoutExpired` after `timeout` seconds."""
        code = self._leash.wait(timeout)
        self.request_stop()
        return code

    def request_stop(self) -> None:
        """Asks the program to stop, without waiting."""
        if self._leash.stdin is not None:
            self._leash.stdin.close()

    def stop(self, timeout: float = 10) -> int:
        """Stops the program with TERM, then KILL after 5 s, and returns its exit code. A reaper that does not end
        within `timeout` seconds is killed together with its program."""
        self.request_stop()
        try:
            return self.wait(timeout)
        except subprocess.TimeoutExpired:
            self._leash.kill()
            return self.wait()

    def log_tail(self, lines: int = 15) -> str:
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - _TAIL_BYTES))
            return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])
