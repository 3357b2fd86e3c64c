"""`make upgrades`: from an earlier version to today's and back, by Helm and as GitOps tools apply, with a fleet.

    tests/upgrade/run.py [--from COMMIT] [--resources 500]      without a commit: today's version with another sentence

Ends with 1 unless each upgrade was as docs/upgrading.md promises.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from support.process import machine
from upgrade.rollout import Found, World, there_and_back
from upgrade.versions import Version, of_commit, reworded
from upgrade.ways import WITHOUT_CRD, Way, ways

SECONDS = 3.0  # of a handover
HEAD = (
    "| by | to | verdicts lost | events | statuses changed | written | most of one | a second | handover |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="commit", help="the commit of the earlier version")
    parser.add_argument("--resources", type=int, default=500)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, World() as world:
        place = Path(folder, "version")
        place.mkdir()
        earlier = of_commit(arguments.commit, place) if arguments.commit else reworded(place)
        print(f"{arguments.resources} resources, from {earlier.name} ({machine()})\n\n{HEAD}", flush=True)
        promised = True
        for number, way in enumerate(ways(world.plane, Path(folder))):
            flags = [WITHOUT_CRD] if number else []  # the CRD of today is there already, and an older one is refused
            for version, found in there_and_back(world, way, earlier, arguments.resources, *flags):
                print(row(way, version, found), flush=True)
                promised &= found.is_as_promised(SECONDS)
    return 0 if promised else 1


def row(way: Way, version: Version, found: Found) -> str:
    handover = f"{max(found.handovers):.1f} s" if found.handovers else "none"
    numbers = (found.lost, found.events, found.changed, found.written, found.most_writes, found.most_in_a_second)
    return f"| {way.name} | {version.name} | {' | '.join(map(str, numbers))} | {handover} |"


if __name__ == "__main__":
    sys.exit(main())
