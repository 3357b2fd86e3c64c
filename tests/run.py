"""`make test`: everything, from what is quick to what is slow, with the end-to-end tests beside the integration tests.

    tests/run.py [ARGUMENT…]      arguments go to pytest, and then nothing but pytest runs

Ends with the first stage that fails. Nothing that it started outlives it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from wahealth.playground.cluster.processes import ManagedProcess

TESTS = Path(__file__).parent
WORKERS = 2 * len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2 * (os.cpu_count() or 1)
PYTEST = [sys.executable, "-m", "pytest", "--hypothesis-profile=ci"]
SHARED_OUT = [f"--numprocesses={WORKERS}", "--dist=loadfile", "--no-loadscope-reorder"]
QUICK = ["unit", "property"]
SLOW = ["chart", "contract", "integration"]
_PR_SET_PDEATHSIG = 1


class Failed(Exception):
    """A stage; what it was has been said."""


def main(arguments: Sequence[str]) -> int:
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        if arguments:
            stage("pytest", [*PYTEST, *arguments])
        else:
            everything()
    except (Failed, KeyboardInterrupt):
        return 1
    return 0


def everything() -> None:
    with beside("the programs of the control plane", [sys.executable, str(TESTS / "programs.py")]):
        stage("checks", ["make", "check"])
        stage("unit tests", [*PYTEST, *SHARED_OUT, *folders(QUICK)])
    with beside("the end-to-end tests", [sys.executable, str(TESTS / "e2e" / "run.py")]):
        stage("other tests", [*PYTEST, *SHARED_OUT, "--durations=20", "-m", "not alone", *folders(SLOW)])
    stage("tests that need the machine for themselves", [*PYTEST, "-m", "alone", *folders(SLOW)])


def folders(names: Sequence[str]) -> list[str]:
    return [str(TESTS / name) for name in names]


def stage(what: str, argv: Sequence[str]) -> None:
    began = time.monotonic()
    print(f"=== {what}", flush=True)
    with subprocess.Popen(argv, preexec_fn=_die_with_parent) as process:  # noqa: PLW1509 - this process has one thread
        try:
            code = process.wait()
        except BaseException:
            process.send_signal(signal.SIGINT)
            raise
    tell_end(what, code, began)
    if code != 0:
        raise Failed


@contextmanager
def beside(what: str, argv: Sequence[str]) -> Iterator[None]:
    """Runs it meanwhile and waits for its end; what it says comes then, in one piece."""
    began = time.monotonic()
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        running = ManagedProcess.start(what, argv, log=Path(folder, "log"))
        try:
            with contextlib.suppress(Failed):  # what runs beside is of interest still
                failed = True
                yield
                failed = False
            code = running.wait()
        finally:
            running.stop()
        print(f"=== {what}, beside", flush=True)
        with running.log.open() as log:
            shutil.copyfileobj(log, sys.stdout)
        tell_end(what, code, began)
    if failed or code != 0:
        raise Failed


def tell_end(what: str, code: int, began: float) -> None:
    how = "passed" if code == 0 else f"failed with {code}"
    print(f"=== {what}: {how} in {time.monotonic() - began:.0f} s", flush=True)


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
