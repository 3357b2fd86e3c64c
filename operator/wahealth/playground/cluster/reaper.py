"""Runs one child that cannot outlive the process which started it: `python -I reaper.py LOG -- ARGV…`

The starter holds the only write end of the reaper's standard input. However the starter ends, even by SIGKILL, the
reaper reads end of file and stops the child's process group. On Linux the kernel also kills the child if the reaper is
killed. It runs isolated and imports only the standard library.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
from types import FrameType
from typing import IO

PATIENCE = 5.0  # seconds between TERM and KILL
_PR_SET_PDEATHSIG = 1
_NOT_STARTED = 127  # as in a shell


def main(argv: list[str]) -> int:
    log, separator, *command = argv if len(argv) > 2 else ("", "")
    if separator != "--":
        print("usage: reaper.py LOG -- COMMAND…", file=sys.stderr)
        return 64
    news = _signals_as_bytes()
    with open(log, "ab", buffering=0) as output:  # noqa: PTH123 - avoids an import
        try:
            child = _started(command, output)
        except OSError as error:
            output.write(f"{command[0]}: {error.strerror}\n".encode())
            return _NOT_STARTED
        while child.poll() is None and not _told_to_stop(news):
            pass
        return _stopped(child)


def _signals_as_bytes() -> int:
    """A descriptor from which each signal can be read as a byte, so that one select waits for everything and misses
    none.

    The handler does nothing. SIG_IGN would be inherited by the child. Only the starter reacts to Ctrl-C.
    """
    news, told = os.pipe()
    os.set_blocking(told, False)
    signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _noted)
    return news


def _noted(_signal: int, _frame: FrameType | None) -> None:
    pass


def _started(command: list[str], output: IO[bytes]) -> subprocess.Popen[bytes]:
    leash = os.getpid()

    def die_with_leash() -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != leash:  # the reaper was killed before prctl
                os._exit(_NOT_STARTED)

    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        preexec_fn=die_with_leash,  # noqa: PLW1509 - this process has one thread
    )


def _told_to_stop(news: int) -> bool:
    """Waits until something happens. True if that is a request to stop, False if it is the child's end or a Ctrl-C."""
    readable, _, _ = select.select([0, news], [], [])
    if news in readable and signal.SIGTERM in os.read(news, 4096):
        return True
    return 0 in readable and os.read(0, 4096) == b""


def _stopped(child: subprocess.Popen[bytes]) -> int:
    """Stops the child's whole process group and returns the exit code."""
    _signal_group(child, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(PATIENCE)
    _signal_group(child, signal.SIGKILL)
    code = child.wait()
    return code if code >= 0 else 128 - code


def _signal_group(child: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
