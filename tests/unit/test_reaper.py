"""Nothing outlives the one who started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from wahealth.playground.cluster.processes import REAPER, ManagedProcess
from wahealth.playground.environment import until

SLEEP = [sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(600)"]
STUBBORN = [*SLEEP[:2], f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP[2]}"]


def child_of(log: Path) -> int:
    return int(until(lambda: log.exists() and log.read_text().strip(), "the child's pid", 90))


def lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def gone(pid: int, seconds: float = 10) -> bool:
    return bool(until(lambda: not lives(pid), f"the end of {pid}", seconds))


def test_it_hands_on_the_exit_code_and_the_output(tmp_path: Path) -> None:
    program = ManagedProcess.start("echo", ["sh", "-c", "echo out; echo err >&2; exit 7"], log=tmp_path / "log")
    assert program.wait(90) == 7
    assert program.log_tail() == "out\nerr"


def test_stop_ends_the_child(tmp_path: Path) -> None:
    program = ManagedProcess.start("sleep", SLEEP, log=tmp_path / "log")
    pid = child_of(tmp_path / "log")
    program.stop()
    assert not lives(pid)


def test_a_child_that_ignores_term_is_killed(tmp_path: Path) -> None:
    program = ManagedProcess.start("stubborn", STUBBORN, log=tmp_path / "log")
    pid = child_of(tmp_path / "log")
    started = time.monotonic()
    program.stop(timeout=15)
    assert not lives(pid)
    assert time.monotonic() - started > 4


def test_a_child_of_the_child_goes_too(tmp_path: Path) -> None:
    program = ManagedProcess.start("shell", ["sh", "-c", "sleep 600 & echo $!; wait"], log=tmp_path / "log")
    pid = child_of(tmp_path / "log")
    program.stop()
    assert gone(pid)


STARTER = """
import sys, time
from pathlib import Path
from wahealth.playground.cluster.processes import ManagedProcess
program = ManagedProcess.start("sleep", {argv!r}, log=Path({log!r}))
print(program.pid, flush=True)
time.sleep(600)
"""


def test_a_killed_starter_takes_everything_with_it(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = STARTER.format(argv=SLEEP, log=str(log))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        leash = int(starter.stdout.readline())
        pid = child_of(log)
        starter.kill()
    assert gone(pid)
    assert gone(leash)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_a_killed_leash_takes_its_child_with_it(tmp_path: Path) -> None:
    program = ManagedProcess.start("sleep", SLEEP, log=tmp_path / "log")
    pid = child_of(tmp_path / "log")
    os.kill(program.pid, signal.SIGKILL)
    program.wait(90)
    assert gone(pid)


def test_a_ctrl_c_is_the_starters_to_answer(tmp_path: Path) -> None:
    program = ManagedProcess.start("sleep", SLEEP, log=tmp_path / "log")
    pid = child_of(tmp_path / "log")
    os.kill(program.pid, signal.SIGINT)
    time.sleep(0.3)
    assert lives(pid)
    program.stop()


def test_wrong_usage_is_one_sentence() -> None:
    done = subprocess.run([sys.executable, "-I", str(REAPER), "log"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (64, "usage: reaper.py LOG -- COMMAND…\n")


def test_a_program_that_cannot_be_started_says_so_in_its_log(tmp_path: Path) -> None:
    program = ManagedProcess.start("nothing", ["/no/such/program"], log=tmp_path / "log")
    assert program.wait(90) == 127
    assert program.log_tail() == "/no/such/program: No such file or directory"


def test_the_child_itself_can_still_be_interrupted(tmp_path: Path) -> None:
    program = ManagedProcess.start("sleep", SLEEP, log=tmp_path / "log")
    os.kill(child_of(tmp_path / "log"), signal.SIGINT)
    assert program.wait(90) == 130


def test_term_to_the_leash_stops_the_child(tmp_path: Path) -> None:
    program = ManagedProcess.start("sleep", SLEEP, log=tmp_path / "log")
    pid = child_of(tmp_path / "log")
    os.kill(program.pid, signal.SIGTERM)
    assert program.wait(90) == 143
    assert not lives(pid)
