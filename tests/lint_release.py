"""What tools that nobody here wrote say of the chart, of the manifests and of the workflows: `make lint-release`.

Each is built once from its Go module. Whatever one of them finds fails, but for the exceptions below, each of which
says why; an exception that nothing is found for any more fails, too. What kubeconform says of the same objects is in
`integration/test_manifests.py`: it needs the schemas of a real API server.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from support.rendered import ROOT
from wahealth.playground.cluster.binaries import BinariesMissing, provide
from wahealth.playground.cluster.versions import chosen

NOT_THERE = 69
BEST = 10  # kube-score's grade of what it has nothing against
OPTIONAL = ("container-seccomp-profile",)
GOLDEN = sorted((ROOT / "tests" / "chart" / "golden").glob("*.yaml"))
INSTALLED = (*GOLDEN, ROOT / "manifests" / "install.yaml")
# By what kube-score says: why it may stay.
EXCEPTED = {
    "CPU limit is not set": "who is throttled is late, and a round that was late counts for nothing",
    "ImagePullPolicy is not set to Always": "a tag is a version, and a registry that is away must stop no restart; "
    "image.pullPolicy is a value",
    "Ephemeral Storage limit is not set": "only the log is written, which kubelet rotates; a limit evicts for that",
    "Ephemeral Storage request is not set": "the same",
    "The container is running with a low user ID": "the image's own is 65532; OpenShift gives each namespace "
    "another one, so the manifest names none",
    "The container running with a low group ID": "the same",
    "The pod does not have a matching NetworkPolicy": "off by default, because it must know the cluster's networks; "
    "the pod of `helm test` lives for seconds",
    "Deployment few replicas": "one is enough to try it; two are a value",
}


class Finding(NamedTuple):
    file: Path
    what: str  # the object
    said: str


def findings(program: Path, file: Path) -> Iterator[Finding]:
    """What kube-score has against the objects of a file."""
    optional = [f"--enable-optional-test={name}" for name in OPTIONAL]
    version = f"--kubernetes-version=v{chosen().minor}"
    asked = [str(program), "score", "--output-format=json", version, *optional, str(file)]
    printed = subprocess.run(asked, capture_output=True, text=True, check=False)  # 1 where it has found something
    try:
        scored = json.loads(printed.stdout)
    except ValueError:
        raise SystemExit(f"kube-score {file}: {printed.stderr}") from None
    for one in scored:
        for check in one["checks"]:
            if not check["skipped"] and check["grade"] < BEST:
                yield from (Finding(file, one["object_name"], said["summary"]) for said in check["comments"] or ())


def scored(program: Path) -> list[str]:
    """Whatever kube-score finds that is no exception, and exceptions that are none any more."""
    found = [finding for file in INSTALLED for finding in findings(program, file)]
    new = [
        f"{finding.file.relative_to(ROOT)}: {finding.what}: {finding.said}"
        for finding in found
        if finding.said not in EXCEPTED
    ]
    needless = EXCEPTED.keys() - {finding.said for finding in found}
    return new + [f"{Path(__file__).relative_to(ROOT)}: nothing is found any more for: {said}" for said in needless]


def linted(program: Path) -> list[str]:
    """What actionlint has against the workflows; with ShellCheck where this machine has it."""
    done = subprocess.run([str(program), "-no-color"], cwd=ROOT, capture_output=True, text=True, check=False)
    return [done.stdout + done.stderr] if done.returncode else []


def main() -> int:
    tools = {"kube-score": scored, "actionlint": linted}
    try:
        programs = provide(list(tools), say=lambda said: print(said, file=sys.stderr))
    except BinariesMissing as error:
        print(error, file=sys.stderr)
        return NOT_THERE
    failed = [f"{name}: {said}" for name, look in tools.items() for said in look(programs[name])]
    for said in failed:
        print(said, file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
