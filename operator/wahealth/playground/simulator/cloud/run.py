"""`wahealth simulator --cloud`: the process, put together."""

from __future__ import annotations

import argparse
import asyncio
import json

from wahealth.playground.simulator.cloud.cloud_control import cloud_application
from wahealth.playground.simulator.cloud.cloud_server import CloudServer
from wahealth.playground.simulator.cloud.world import Cloud
from wahealth.playground.simulator.files import NotAClient
from wahealth.playground.simulator.serving import certificate, control_interface, stopped

HOSTS = ("graph.facebook.com", "waba-v2.360dialog.io")


def serve(cloud: Cloud, arguments: argparse.Namespace) -> None:
    """Until the process is ended. Raises `NotAClient` where there is no port."""
    asyncio.run(_serve(cloud, arguments))


async def _serve(cloud: Cloud, arguments: argparse.Namespace) -> None:
    ended = stopped()
    ca, context = "", None
    if not arguments.plain_http:
        names = (*HOSTS, "localhost", arguments.address)
        ca, context = certificate(arguments.certificate, arguments.certificate_key, *names)
    server = CloudServer(cloud, arguments.address, arguments.port, context)
    try:
        await server.start()
    except OSError as error:
        raise NotAClient(f"{arguments.address}:{arguments.port} cannot be listened on: {error.strerror}") from None
    async with control_interface(cloud_application(cloud, server.listen), arguments.control_port) as control:
        print(json.dumps({"control": control, "url": server.url, "ca": ca}), flush=True)
        await ended.wait()
    await server.stop()
