"""`make e2e`: the tests on a real node, in namespaces of their own; or what this machine lacks for them.

With `--cluster current --image NAME` they run on the cluster of $KUBECONFIG, whose nodes have that image of the project
or can pull it; each test makes a namespace there, which is removed afterwards.

Network, mounts, processes and control groups of the node are its own: nothing of the machine is touched, not even
another node on it, and nothing is left behind.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
from pathlib import Path

from e2e import current, image
from support.gitops.tools import NoGo, program
from support.kinds import monitoring_crds
from wahealth.playground.cluster import cgroups, control_plane, real_node
from wahealth.playground.cluster.binaries import BinariesMissing, provide
from wahealth.playground.cluster.versions import UnknownVersion

NOT_THERE = 69
INSIDE, CURRENT, CGROUP = "WAHEALTH_E2E_IMAGE", "WAHEALTH_E2E_CURRENT", "WAHEALTH_E2E_CGROUP"
_OF_TESTS = ("helm", "prometheus")
_PRIVATE = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make e2e")
    parser.add_argument("--cluster", choices=["own", "current"], default="own")
    parser.add_argument("--image", help="of the project, as the cluster's nodes know it; with --cluster current")
    arguments, more = parser.parse_known_args()
    if arguments.cluster == "own":
        return on_a_node_of_our_own(more)
    if not arguments.image:
        parser.error("--cluster current needs --image NAME, the project's image as the cluster's nodes know it")
    say(f"on the cluster of {current.named()}, with image {arguments.image}")
    return tests(more, [], {CURRENT: arguments.image})


def on_a_node_of_our_own(more: list[str]) -> int:
    lacking = [*real_node.missing(), *image.missing()]
    if sys.platform != "linux" or lacking:
        say(f"end-to-end tests skipped: a real node needs Linux and {', '.join(lacking) or 'nothing else'}.")
        return 0
    if subprocess.run([*_PRIVATE, "true"], capture_output=True, check=False).returncode:
        say("end-to-end tests skipped: no namespaces can be made here.")
        return 0
    try:
        fetch()
    except (BinariesMissing, UnknownVersion) as error:
        say(str(error))
        return NOT_THERE
    archive = str(image.provided(say))
    with cgroups.own(f"wahealth-e2e-{os.getpid()}") as cgroup:
        return tests(more, _PRIVATE, {INSIDE: archive, CGROUP: cgroup})


def fetch() -> None:
    """What comes over a network, as long as there is one: the node's namespaces have none."""
    provide((*control_plane.NEEDED, *real_node.NEEDED, *_OF_TESTS), say=say)
    monitoring_crds()
    with contextlib.suppress(NoGo):
        program()


def tests(more: list[str], within: list[str], environment: dict[str, str]) -> int:
    named = any(Path(one.partition("::")[0]).exists() for one in more)
    pytest = [sys.executable, "-m", "pytest", *([] if named else [str(Path(__file__).parent)]), *more]
    return subprocess.run([*within, *pytest], env={**os.environ, **environment}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
