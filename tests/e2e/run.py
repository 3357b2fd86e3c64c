"""`make e2e`: the tests on a real node, in namespaces of their own; or what this machine lacks for them.

With `--cluster current --image NAME` they run on the cluster of $KUBECONFIG, whose nodes have that image of the project
or can pull it; each test makes a namespace there, which is removed afterwards. With `--release FOLDER` only what `make
release` has put there is tried. With `--network-policy` kube-router is built, for the tests of policies; they run
anyway once it is there.

Network, mounts, processes and control groups of the node are its own: nothing of the machine is touched, not even
another node on it, and nothing is left behind.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from e2e import current, image
from support.gitops.tools import NoGo, program
from support.kinds import monitoring_crds
from wahealth.playground.cluster import cgroups, control_plane, real_node
from wahealth.playground.cluster.binaries import BinariesMissing, provide
from wahealth.playground.cluster.versions import UnknownVersion

NOT_THERE = 69
TESTS = Path(__file__).parent
INSIDE, CURRENT, CGROUP = "WAHEALTH_E2E_IMAGE", "WAHEALTH_E2E_CURRENT", "WAHEALTH_E2E_CGROUP"
RELEASE = "WAHEALTH_E2E_RELEASE"
_OF_TESTS, _OF_RELEASE = ("helm", "prometheus"), ("helm", "registry", "krew")
_PRIVATE = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make e2e")
    parser.add_argument("--cluster", choices=["own", "current"], default="own")
    parser.add_argument("--image", help="of the project, as the cluster's nodes know it; with --cluster current")
    parser.add_argument("--release", type=Path, help="the folder that make release has made")
    parser.add_argument("--network-policy", action="store_true", help="build kube-router where it is not there (8 min)")
    arguments, more = parser.parse_known_args()
    if arguments.release:
        return released(arguments.release.resolve(), more)
    if arguments.cluster == "own":
        return here(more, ["kube-router"] if arguments.network_policy else [])
    if not arguments.image:
        parser.error("--cluster current needs --image NAME, the project's image as the cluster's nodes know it")
    say(f"on the cluster of {current.named()}, with image {arguments.image}")
    return tests(more, [], {CURRENT: arguments.image})


def released(folder: Path, more: list[str]) -> int:
    """The tests of a release. Whoever asks for them wants to know: what they lack is an error."""
    why = unable() or ("" if shutil.which("skopeo") else "skopeo is needed")
    if why := why or ("" if folder.is_dir() else f"{folder} is not there: make release makes it"):
        say(f"the release cannot be tried: {why}.")
        return NOT_THERE
    return on_a_node_of_our_own([str(TESTS / "test_release.py"), *more], _OF_RELEASE, {RELEASE: str(folder)})


def here(more: list[str], programs: Sequence[str]) -> int:
    """All tests but those of a release, where this machine can have a node."""
    if why := unable():
        say(f"end-to-end tests skipped: {why}.")
        return 0
    monitoring_crds()
    with contextlib.suppress(NoGo):
        program()
    return on_a_node_of_our_own(more, [*_OF_TESTS, *programs], {})


def unable() -> str:
    """Why this machine can have no real node; empty if it can."""
    lacking = [*real_node.missing(), *image.missing()]
    if sys.platform != "linux" or lacking:
        return f"a real node needs Linux and {', '.join(lacking) or 'nothing else'}"
    made = subprocess.run([*_PRIVATE, "true"], capture_output=True, check=False)
    return "no namespaces can be made here" if made.returncode else ""


def on_a_node_of_our_own(more: list[str], programs: Sequence[str], environment: dict[str, str]) -> int:
    """First fetches what comes over a network: the node's namespaces have none."""
    try:
        provide((*control_plane.NEEDED, *real_node.NEEDED, *programs), say=say)
    except (BinariesMissing, UnknownVersion) as error:
        say(str(error))
        return NOT_THERE
    archive = str(image.provided(say))
    with cgroups.own(f"wahealth-e2e-{os.getpid()}") as cgroup:
        return tests(more, _PRIVATE, {INSIDE: archive, CGROUP: cgroup, **environment})


def tests(more: list[str], within: list[str], environment: dict[str, str]) -> int:
    named = any(Path(one.partition("::")[0]).exists() for one in more)
    pytest = [sys.executable, "-m", "pytest", *([] if named else [str(TESTS)]), *more]
    return subprocess.run([*within, *pytest], env={**os.environ, **environment}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
