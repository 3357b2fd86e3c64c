"""`make e2e`: the tests on a real node, in namespaces of their own; or what this machine lacks for them.

Network, mounts and processes of the node are private: nothing of the machine is touched, and nothing is left behind.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import image

from wahealth.playground.cluster import control_plane, real_node
from wahealth.playground.cluster.binaries import provide

INSIDE = "WAHEALTH_E2E_IMAGE"
_PRIVATE = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    lacking = [*real_node.missing(), *image.missing()]
    if sys.platform != "linux" or lacking:
        say(f"end-to-end tests skipped: a real node needs Linux and {', '.join(lacking) or 'nothing else'}.")
        return 0
    if subprocess.run([*_PRIVATE, "true"], capture_output=True, check=False).returncode:
        say("end-to-end tests skipped: no namespaces can be made here.")
        return 0
    provide((*control_plane.NEEDED, *real_node.NEEDED), say=say)
    environment = {**os.environ, INSIDE: str(image.provided(say))}
    pytest = [sys.executable, "-m", "pytest", str(Path(__file__).parent), *sys.argv[1:]]
    return subprocess.run([*_PRIVATE, *pytest], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
