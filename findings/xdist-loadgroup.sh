#!/usr/bin/env bash
# pytest-xdist 3.8.0 under pytest 9.2.0: --dist=loadgroup shares the tests of one group out to all workers.
#
# Believed: tests that carry the same `xdist_group` mark run in one worker, as xdist's documentation says, so that a
#           fixture of a module or a session is made once for all of them.
# So it is: with pytest 9.1.1 they do; with pytest 9.2.0 each test goes to whichever worker is free. No warning, no
#           error, and the scheduler still calls itself LoadGroupScheduling: dear fixtures are made once a worker, and
#           tests that must not run side by side do.
# Why:      a worker writes the group into the item's private `_nodeid`; pytest 9.2.0 builds the id anew from another
#           field, so the controller never sees the group. `--dist=loadfile`, which goes by the file in the id, holds.
# Seen:     2026-11-28. Source: pytest-dev/pytest-xdist, issue 1386 (there of an unreleased pytest).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
cat > "$work/test_group.py" <<'PYTHON'
import os
import time
from pathlib import Path

import pytest


@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("number", range(12))
def test_of_the_group(number):
    time.sleep(0.3)
    Path(os.environ["WORKERS"], os.environ["PYTEST_XDIST_WORKER"]).touch()
PYTHON

workers() {  # pytest's version, how xdist is to share out: prints how many workers ran tests of the group
  "$work/venv/bin/pip" install --quiet --disable-pip-version-check "pytest==$1" pytest-xdist==3.8.0
  rm -rf "$work/seen" && mkdir "$work/seen"
  (cd "$work" && WORKERS=$work/seen "$work/venv/bin/python" -m pytest -q -n 4 --dist="$2" -p no:cacheprovider >&2)
  find "$work/seen" -type f | wc -l
}

before=$(workers 9.1.1 loadgroup)
now=$(workers 9.2.0 loadgroup)
by_file=$(workers 9.2.0 loadfile)
echo "workers that ran tests of one group: $before with pytest 9.1.1, $now with 9.2.0; by loadfile with 9.2.0: $by_file"
[ "$before" = 1 ] && [ "$now" -gt 1 ] && [ "$by_file" = 1 ]
