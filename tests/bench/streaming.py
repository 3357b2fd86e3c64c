"""Two ways to fill a store (`wahealth.kube.apiserver.lists`): a list in pages, or one that is streamed.

    tests/bench/streaming.py [--objects 10000] [--rounds 5]

Each round is a process of its own, and the ways take turns. What the API server uses is asked of the kernel: its CPU
meanwhile, and how far its memory rose above what it held before.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from support.process import cpu, machine, peak
from wahealth.kube.apiserver.api import ApiServer
from wahealth.kube.apiserver.lists import Collection, everything, stream
from wahealth.kube.apiserver.session import signed_in
from wahealth.kube.inventory.lean import lean
from wahealth.playground.cluster.control_plane import ControlPlane

SPACE = "bench"
PATH = f"/api/v1/namespaces/{SPACE}/pods"
AT_ONCE = 200
PAD = "a" * 60

PODS = Collection(PATH, kept=lean)


class Cost(NamedTuple):
    seconds: float
    client_cpu: float
    client_peak: float  # MB
    server_cpu: float
    server_peak: float  # MB above what it held before


WAYS = {"in pages": everything, "streamed": stream}


async def fill(kubeconfig: Path, way: str) -> int:
    """Holds all, as an inventory does, and returns how many they are."""
    async with ApiServer(await signed_in(kubeconfig)) as api:
        found = await WAYS[way](api, PODS)
        assert found is not None, "the API server does not stream lists"
        return len(found[0])


def pod(number: int) -> dict[str, Any]:
    """About as long as one that kubelet has started; nothing runs it."""
    environment = [{"name": f"VARIABLE_{n}", "value": PAD} for n in range(12)]
    container = {"name": "web", "image": f"registry.example.com/{PAD}:1", "env": environment}
    metadata = {
        "name": f"pod-{number:05}",
        "namespace": SPACE,
        "labels": {f"label-{n}": "value" for n in range(6)},
        "annotations": {f"annotation-{n}": PAD for n in range(6)},
    }
    spec = {"nodeSelector": {"none": "here"}, "containers": [container, container | {"name": "sidecar"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


async def create(kubeconfig: Path, count: int) -> None:
    async with ApiServer(await signed_in(kubeconfig)) as api:
        for first in range(0, count, AT_ONCE):
            some = range(first, min(count, first + AT_ONCE))
            await asyncio.gather(*(api.create(PATH, pod(number)) for number in some))


def cost(plane: ControlPlane, server: int, way: str, count: int) -> Cost:
    """Of one process that fills a store. `server`: the API server's process ID."""
    Path(f"/proc/{server}/clear_refs").write_text("5")  # its peak begins anew
    held, used = peak(server), cpu(server)
    asked = [sys.executable, __file__, "--fill", way, str(plane.kubeconfig)]
    printed = json.loads(subprocess.run(asked, stdout=subprocess.PIPE, text=True, check=True).stdout)
    assert printed["objects"] == count, printed
    return Cost(
        seconds=printed["seconds"],
        client_cpu=printed["cpu"],
        client_peak=printed["peak"],
        server_cpu=cpu(server) - used,
        server_peak=peak(server) - held,
    )


def filled(way: str, kubeconfig: Path) -> None:
    """In a process of its own: prints what it cost here."""
    used, began = time.process_time(), time.monotonic()
    objects = asyncio.run(fill(kubeconfig, way))
    took, used = time.monotonic() - began, time.process_time() - used
    print(
        json.dumps(
            {"objects": objects, "seconds": took, "cpu": used, "peak": peak(int(Path("/proc/self").resolve().name))}
        )
    )


def api_server_of(plane: ControlPlane) -> int:
    """Its process ID."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            program, *arguments = path.read_text().split("\0")
            if Path(program).name == "kube-apiserver" and str(plane.directory) in str(arguments):
                return int(path.parent.name)
    raise LookupError("no API server of this control plane runs")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--fill", nargs=2, metavar=("WAY", "KUBECONFIG"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.fill:
        way, kubeconfig = arguments.fill
        filled(way, Path(kubeconfig))
    else:
        compare(arguments.objects, arguments.rounds)


def compare(count: int, rounds: int) -> None:
    print(f"{count:,} pods, medians of {rounds} rounds ({machine()})\n")
    print("| way | time | CPU of the client | its peak | CPU of the API server | its memory above |")
    print("|---|---|---|---|---|---|", flush=True)
    with ControlPlane(say=lambda text: print(text, file=sys.stderr)) as plane:
        plane.kubectl("create", "namespace", SPACE)
        asyncio.run(create(plane.kubeconfig, count))
        time.sleep(20)  # the scheduler has said of each that no node fits
        server = api_server_of(plane)
        found: dict[str, list[Cost]] = {way: [] for way in WAYS}
        for way in [*WAYS] * rounds:
            found[way].append(cost(plane, server, way, count))
            time.sleep(3)
    for way, costs in found.items():
        middle = Cost(*map(statistics.median, zip(*costs, strict=True)))
        print(
            f"| {way} | {middle.seconds:.1f} s | {middle.client_cpu:.1f} s | {middle.client_peak:.0f} MB"
            f" | {middle.server_cpu:.1f} s | {middle.server_peak:.0f} MB |"
        )


if __name__ == "__main__":
    main()
