"""A network namespace of its own in which no port is left to connect from; needs root on Linux."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

TESTS = Path(__file__).parents[1]
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_INSIDE = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
_OURS = "our own fault"


def is_possible() -> bool:
    """Not in a container without the right to such a namespace."""
    if os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "ip"))):
        return False
    narrow = [*_INSIDE, "sh", "-c", f"echo 32768 60999 >{_RANGE}"]
    tried = subprocess.run(narrow, check=False, capture_output=True, timeout=120)
    return tried.returncode == 0


def said() -> list[str]:
    """With two ports: what is said by two hosts, which take them, by a third, and by one of two addresses to one of
    which no way leads; and by the third with more ports."""
    argv = [*_INSIDE, sys.executable, "-m", "support.portless"]
    return subprocess.run(argv, cwd=TESTS, check=True, capture_output=True, text=True, timeout=240).stdout.splitlines()


def _ports(number: int) -> None:
    _RANGE.write_text(f"41000 {41000 + number - 1}")


async def _run() -> None:
    from support.scripted import GOOD, answer, reason, says, serving
    from wahealth.probe.client import Prober
    from wahealth.probe.errors import ObserverFault

    async with serving(says(answer(GOOD), keep=True)) as served, Prober() as prober:

        async def ask(host: str, *more: str) -> None:
            probe_request = served.question()
            place = replace(probe_request.endpoint, host=host, addresses=(*probe_request.endpoint.addresses, *more))
            try:
                heard = await prober.ask(replace(probe_request, endpoint=place))
                print(reason(heard.outcome))
            except ObserverFault:
                print(_OURS)

        _ports(2)
        for host in ("one", "two", "three"):
            await ask(host)
        await ask("four", "203.0.113.1")
        _ports(1000)
        await ask("three")


if __name__ == "__main__":
    asyncio.run(_run())
