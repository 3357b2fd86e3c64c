"""Every program that the tests need, made ready: from this machine, the cache, a release or a build.

What cannot be had but for the control plane is said; the tests that need it say what that means for them.
"""

from __future__ import annotations

import sys

from e2e import image
from support.gitops.tools import NoGo, program
from wahealth.playground.cluster import control_plane, real_node
from wahealth.playground.cluster.binaries import BinariesMissing, provide
from wahealth.playground.cluster.versions import UnknownVersion

NOT_THERE = 69
OF_TESTS = ("helm", "helm-docs", "kubeconform", "kube-state-metrics", "promtool", "prometheus", "registry")


def main() -> int:
    try:
        provide(control_plane.NEEDED, say=say)
    except (BinariesMissing, UnknownVersion) as error:
        say(str(error))
        return NOT_THERE
    of_node = () if real_node.missing() or image.missing() else real_node.NEEDED
    for name in (*of_node, *OF_TESTS):
        try:
            provide([name], say=say)
        except BinariesMissing as error:
            say(str(error))
    try:
        program()
    except NoGo as error:
        say(str(error))
    return 0


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
