"""A fleet of clients: what it costs to ask for all of them, again and again.

Without `--targets` on a real API server, with all that belongs to it (`clusterwide.py`); with `--targets` the product's
scheduler, transport, parser and verdict alone (`lone.py`), as one row beside other probers.
"""

from __future__ import annotations

import argparse
from pathlib import Path

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("targets", "key", "ca", "stats"):
        parser.add_argument(f"--{name}", type=Path)
    parser.add_argument("--period", type=float, default=30)
    parser.add_argument("--parked", type=int, help="with --targets: connections kept between two probes")
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000, 10_000])
    arguments = parser.parse_args()
    if arguments.targets:
        from bench import lone

        lone.run(arguments)
    else:
        from bench import clusterwide

        clusterwide.run(arguments.sizes)
