"""`wahealth simulator`: the process, put together."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path

from wahealth.kube.apiserver.api import ApiServer
from wahealth.kube.apiserver.lists import Collection
from wahealth.kube.apiserver.reflector import FirstList, reflect
from wahealth.kube.apiserver.session import signed_in
from wahealth.kube.inventory import pods
from wahealth.playground.simulator import files
from wahealth.playground.simulator.cloud import run as cloud
from wahealth.playground.simulator.cloud.settings import CloudFile
from wahealth.playground.simulator.cloud.world import Cloud
from wahealth.playground.simulator.control import application
from wahealth.playground.simulator.fleet import Fleet
from wahealth.playground.simulator.membership import Membership
from wahealth.playground.simulator.serving import certificate, control_interface, stopped
from wahealth.playground.simulator.waweb import Waweb

USAGE = 64


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--kubeconfig", type=Path, help="simulate the labelled pods of this cluster")
    parser.add_argument("--in-pod", metavar="IP", help="be the web pod at this address, of the cluster this runs in")
    parser.add_argument("--client", type=Path, action="append", default=[], metavar="FILE", help="simulate this client")
    parser.add_argument(
        "--cloud",
        nargs="?",
        type=Path,
        const=True,
        metavar="FILE",
        help="simulate the Cloud API instead, with what FILE names",
    )
    parser.add_argument("--address", default="127.0.0.1", metavar="IP", help="of the Cloud API (default: 127.0.0.1)")
    parser.add_argument("--plain-http", action="store_true", help="the Cloud API without TLS")
    parser.add_argument("--port", type=int, default=8443, help="of every web pod, or the Cloud API (default: 8443)")
    parser.add_argument("--control-port", type=int, default=0, help="of the control interface (default: a free one)")
    parser.add_argument("--certificate", type=Path, metavar="FILE", help="PEM; by default one that signs itself")
    parser.add_argument("--certificate-key", type=Path, metavar="FILE", help="PEM")


def run(arguments: argparse.Namespace) -> int:
    try:
        if arguments.cloud is not None:
            cloud.serve(_cloud(arguments), arguments)
        else:
            asyncio.run(_serve(_fleet(arguments), arguments))
    except files.NotAClient as error:
        print(f"wahealth simulator: {error}.", file=sys.stderr)
        return USAGE
    return 0


def _fleet(arguments: argparse.Namespace) -> Fleet:
    fleet = Fleet()
    for path in arguments.client:
        files.add(fleet, path)
    if not arguments.client and not arguments.kubeconfig and not arguments.in_pod:
        raise files.NotAClient("name what to simulate: --kubeconfig FILE, --in-pod IP, --client FILE or --cloud")
    return fleet


def _cloud(arguments: argparse.Namespace) -> Cloud:
    if arguments.client or arguments.kubeconfig or arguments.in_pod:
        raise files.NotAClient("--cloud stands alone: a simulated client is a process of its own")
    return Cloud() if arguments.cloud is True else Cloud(files.read_model(arguments.cloud, CloudFile))


async def _serve(fleet: Fleet, arguments: argparse.Namespace) -> None:
    ended = stopped()
    ca, context = certificate(arguments.certificate, arguments.certificate_key, "whatsapp-web")
    waweb = Waweb(fleet, arguments.port, context, ca, only=arguments.in_pod)
    await waweb.start()
    await waweb.listen()
    async with control_interface(application(fleet, waweb.listen), arguments.control_port) as control:
        watches = arguments.kubeconfig or arguments.in_pod
        watching = asyncio.create_task(_watch(fleet, waweb, arguments.kubeconfig)) if watches else None
        print(json.dumps({"control": control, "port": arguments.port, "ca": ca}), flush=True)
        await ended.wait()
        if watching is not None:
            watching.cancel()
    await waweb.stop()


async def _watch(fleet: Fleet, waweb: Waweb, kubeconfig: Path | None) -> None:
    async with ApiServer(await signed_in(kubeconfig)) as api:
        await reflect(api, Collection(pods.PATH), Membership(fleet, api, waweb.listen), FirstList())
