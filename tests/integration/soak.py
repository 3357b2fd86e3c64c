"""An hour of an API server that misbehaves, in random order, and all is as if nothing had been after each fault.

`soak.py SECONDS [SEED]`: prints each fault, how long it lasted, and what the operator used meanwhile.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

from integration import test_faults_of_all, test_faults_of_some, test_faults_of_watches
from support.storm import CLIENTS, Storm, weathered
from support.worlds import World

FAULTS = test_faults_of_all.FAULTS | test_faults_of_some.FAULTS | test_faults_of_watches.FAULTS
LONGEST = 600.0  # seconds of one fault
SHARE = 0.2  # of all the time that one fault takes at most


def main(seconds: float, seed: int) -> None:
    luck = random.Random(seed)
    with World() as world, weathered(world, *CLIENTS) as storm:
        storm.environment.apply([storm.twice()])
        storm.start()
        storm.learn()
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            name = luck.choice(list(FAULTS))
            lasts = min(left, luck.uniform(5, min(LONGEST, SHARE * seconds)))
            with storm.proxy.fault(FAULTS[name]):
                storm.flip()
                time.sleep(lasts)
                assert storm.operator.is_alive(), name
                assert storm.operator.get("/livez").status_code == 200, name
            began = time.monotonic()
            storm.settled(120)
            print(
                f"{name:<32} {lasts:6.0f} s, settled after {time.monotonic() - began:3.0f} s, {used(storm)}", flush=True
            )
        assert not storm.operator.metric("wahealth_internal_errors_total")


def used(storm: Storm) -> str:
    status = Path(f"/proc/{storm.operator.pid}/status").read_text()
    memory = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
    files = sum(1 for _ in Path(f"/proc/{storm.operator.pid}/fd").iterdir())
    return f"{int(memory) / 1024:.0f} MB, {files} descriptors"


if __name__ == "__main__":
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(10_000)
    print(f"seed {seed}")
    main(float(sys.argv[1]), seed)
