"""What the board costs with 10,000 clients on a real API server, and how soon a change is on the screen.

Needs Chromium. The clients are created without an operator; their statuses are written by this program, twenty a second
while it measures. Runs with `make bench`.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import yaml
from playwright.async_api import Page, async_playwright, expect

from support.boards import Board, board
from support.browsers import CHROMIUM, FLAGS
from support.fleets import fleet
from support.process import cpu, machine, peak
from wahealth.api.crd import custom_resource_definition
from wahealth.api.v1alpha1 import PLURAL
from wahealth.kube.apiserver.api import MERGE, ApiServer
from wahealth.kube.apiserver.session import signed_in
from wahealth.kube.cluster import RESOURCES
from wahealth.playground.cluster.control_plane import ControlPlane
from wahealth.playground.environment import until_kinds_are_served

SPACES = 40
RATE, SECONDS = 20, 30
SAMPLES = 20
AT_ONCE = 200
# Notes when all tiles have been painted, and when a tile has changed: frames are drawn after the callback.
WATCHES = """
window.painted = (count) => new Promise((done) => {
  const looks = () => {
    if (document.querySelectorAll("#map a").length < count) return requestAnimationFrame(looks);
    requestAnimationFrame(() => setTimeout(() => done(performance.now())));
  };
  looks();
});
window.changed = (href) => new Promise((done) => {
  const link = document.querySelector(`#map a[href="${href}"]`);
  new MutationObserver(() => requestAnimationFrame(() => setTimeout(() => done(Date.now() / 1000))))
    .observe(link, { attributes: true, attributeFilter: ["class"] });
});
"""


def say(what: str, found: str, goal: str = "") -> None:
    print(f"{what:<58}{found:>12}   {goal and f'goal {goal}'}", flush=True)


async def main(count: int) -> None:
    clients = list(fleet(count, SPACES))
    with ControlPlane(say=lambda text: print(text, file=sys.stderr)) as plane, tempfile.TemporaryDirectory() as folder:
        plane.kubectl("apply", "--server-side", "-f", "-", input=yaml.safe_dump(custom_resource_definition()))
        until_kinds_are_served(plane.read)
        async with ApiServer(await signed_in(plane.kubeconfig)) as api:
            await _created(api, clients)
            began = time.monotonic()
            with board(plane.kubeconfig, Path(folder), "-A") as running:
                say("the URL is printed after", f"{time.monotonic() - began:.2f} s", "1 s")
                await _measured(api, clients, running, began)


async def _created(api: ApiServer, clients: list[dict[str, Any]]) -> None:
    began = time.monotonic()
    for name in dict.fromkeys(each["metadata"]["namespace"] for each in clients):
        await api.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    for first in range(0, len(clients), AT_ONCE):
        await asyncio.gather(*(_one(api, each) for each in clients[first : first + AT_ONCE]))
    say(f"{len(clients):,} clients and their statuses written in", f"{time.monotonic() - began:.0f} s")


async def _one(api: ApiServer, client: dict[str, Any]) -> None:
    metadata = {name: client["metadata"][name] for name in ("name", "namespace")}
    await api.create(f"{RESOURCES}/namespaces/{metadata['namespace']}/{PLURAL}", {**client, "metadata": metadata})
    await _status(api, client, client["status"])


async def _status(api: ApiServer, client: dict[str, Any], status: dict[str, Any]) -> None:
    metadata = client["metadata"]
    path = f"{RESOURCES}/namespaces/{metadata['namespace']}/{PLURAL}/{metadata['name']}/status"
    await api.patch(path, {"status": status}, MERGE)


async def _measured(api: ApiServer, clients: list[dict[str, Any]], running: Board, began: float) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*FLAGS, "--enable-precise-memory-info"]
        )
        page = await browser.new_page(viewport={"width": 1600, "height": 1000})
        await page.add_init_script(WATCHES)
        await page.goto(running.url)
        await expect(page.locator("#live")).to_have_text("live", timeout=120_000)
        say("the whole list is on the screen, from the command", f"{time.monotonic() - began:.2f} s", "10 s")
        painted = []
        for _ in range(5):
            await page.reload()
            painted.append(await page.evaluate("painted", len(clients)))
        say(
            f"all {len(clients):,} tiles painted, from navigation, median of 5",
            f"{statistics.median(painted) / 1000:.2f} s",
            "2 s",
        )
        await _changes(api, clients, page)
        await _idle(api, clients, running.pid, page)
        say("peak memory of the program", f"{peak(running.pid):.0f} MB", "150 MB")
        session = await page.context.new_cdp_session(page)
        await session.send("HeapProfiler.collectGarbage")
        heap = (await session.send("Runtime.getHeapUsage"))["usedSize"]
        say("heap of the tab", f"{heap / 1e6:.0f} MB", "100 MB")
        await browser.close()


async def _changes(api: ApiServer, clients: list[dict[str, Any]], page: Page) -> None:
    well = [each for each in clients if each["status"]["gateway"] == "Connected" and "suspend" not in each["spec"]]
    took = []
    for client in well[100 : 100 + SAMPLES]:
        metadata = client["metadata"]
        seen: Awaitable[float] = page.evaluate("changed", f"#/client/{metadata['namespace']}/{metadata['name']}")
        seeing = asyncio.ensure_future(seen)
        await asyncio.sleep(0.3)
        await _status(api, client, _flipped(client))
        written = time.time()
        took.append(await seeing - written)
    say("a change is on the screen, after the API server has it", f"{statistics.median(took):.2f} s", "1 s")
    say("  the slowest", f"{max(took):.2f} s")


def _flipped(client: dict[str, Any]) -> dict[str, Any]:
    conditions = [
        {**each, "status": "False", "reason": "Disconnected"} if each["type"] in {"Ready", "Available"} else each
        for each in client["status"]["conditions"]
    ]
    return {"gateway": "Disconnected", "conditions": conditions}


async def _idle(api: ApiServer, clients: list[dict[str, Any]], pid: int, page: Page) -> None:
    async def change() -> None:
        for number in itertools.count():
            client = clients[number * 37 % len(clients)]
            status = client["status"] if number // len(clients) % 2 else _flipped(client)
            await _status(api, client, {**status, "clientVersion": f"v2.{number}"})
            await asyncio.sleep(1 / RATE)

    session = await page.context.new_cdp_session(page)
    await session.send("Performance.enable", {"timeDomain": "threadTicks"})
    for rate, work in ((0, asyncio.sleep(0)), (RATE, change())):
        changing = asyncio.ensure_future(work)
        await asyncio.sleep(3)
        before, busy = cpu(pid), await _busy(session)
        await asyncio.sleep(SECONDS)
        spent, drawn = (cpu(pid) - before) / SECONDS, (await _busy(session) - busy) / SECONDS
        changing.cancel()
        say(f"CPU of the program at {rate} changes a second", f"{spent:.1%}", "5 %" if rate else "")
        say("  of the tab's own thread", f"{drawn:.1%}")


async def _busy(session: Any) -> float:
    """Seconds of CPU that the tab's thread has taken."""
    found = (await session.send("Performance.getMetrics"))["metrics"]
    return next(float(each["value"]) for each in found if each["name"] == "TaskDuration")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    arguments = parser.parse_args()
    if not CHROMIUM:
        sys.exit("the board is measured in Chromium, which is not on this machine (Debian: chromium)")
    print(f"board, {machine()}")
    asyncio.run(main(arguments.count))
