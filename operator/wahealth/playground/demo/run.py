"""`wahealth demo`: shows simulated clients and phone numbers on a real API server, and the operator's verdicts on them.

With `--once` it also shows a failover and a change of an API key. Only the live screen needs rich, which is an extra.
"""

from __future__ import annotations

import argparse
import signal
import sys
from importlib.util import find_spec
from typing import NoReturn

from wahealth.playground.cluster.binaries import BinariesMissing, provide
from wahealth.playground.cluster.control_plane import NEEDED, ControlPlaneFailed
from wahealth.playground.cluster.versions import UnknownVersion
from wahealth.playground.demo.cast import CLIENTS, OPERATOR_FLAGS
from wahealth.playground.demo.live import live
from wahealth.playground.demo.once import once
from wahealth.playground.environment import Environment
from wahealth.playground.numbers import cloud_file, number_objects

NOT_THERE = 69


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="run once without a terminal, then exit")
    parser.add_argument(
        "--prepare", action="store_true", help="only fetch the programs of the control plane, then exit"
    )


def run(arguments: argparse.Namespace) -> int:
    """Runs the demo and returns its exit code; 69 if a program or a library is missing."""
    if not (arguments.once or arguments.prepare) and find_spec("rich") is None:
        report("wahealth demo: needs rich: pip install 'wahealth-operator[playground]'")
        return NOT_THERE
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        if arguments.prepare:
            provide(NEEDED, say=report)
            return 0
        with Environment(report) as environment:
            flags = [*OPERATOR_FLAGS, *environment.start_cloud(cloud_file())]
            environment.start_operator(flags)
            environment.add(*CLIENTS)
            environment.apply(number_objects())
            return once(environment, report) if arguments.once else live(environment, flags)
    except KeyboardInterrupt:
        return 0
    except (BinariesMissing, ControlPlaneFailed, UnknownVersion) as error:
        report(str(error))
        return NOT_THERE


def report(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _interrupted(*_: object) -> NoReturn:
    raise KeyboardInterrupt
