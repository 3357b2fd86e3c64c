"""The pictures of `kubectl wa`, from a real API server with a fleet of 200: `make pictures` draws them.

Each says which code drew it, by a hash that a test compares with the code as it is.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import io
import sys
from datetime import UTC, datetime
from pathlib import Path

import yaml
from rich.console import Console
from rich.text import Text

from picture import WEB_FONT
from support import night
from wahealth.api.crd import custom_resource_definition
from wahealth.cli import Parser
from wahealth.playground.cluster.control_plane import ControlPlane
from wahealth.playground.environment import until_kinds_are_served
from wahealth.wa import run, status
from wahealth.wa.call import Call
from wahealth.wa.live.app import Top
from wahealth.wa.live.feed import Feed
from wahealth.wa.looking import look
from wahealth.wa.screen import Screen

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "pictures"
SIZE, WIDTH, HEIGHT = 200, 110, 24
WA = ROOT / "operator" / "wahealth" / "wa"
SOURCES = {
    "kubectl-wa-status.svg": (WA / "status.py", WA / "rows.py", WA / "history.py", WA / "screen.py"),
    "kubectl-wa-top.svg": (WA / "fleet.py", WA / "screen.py", *sorted((WA / "live").glob("*.py"))),
}


def source(name: str) -> str:
    """The hash of the code that lays out what a picture shows."""
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in SOURCES[name])).hexdigest()[:16]


def signed(name: str, svg: str) -> str:
    """The picture with the hash of its source, and without the font that it would load."""
    return f"{WEB_FONT.sub('', svg).rstrip()}\n<!-- source {source(name)} -->\n"


def typed(kubeconfig: Path, *words: str) -> argparse.Namespace:
    parser = Parser(prog="kubectl wa")
    run.add_arguments(parser)
    return parser.parse_args([*words, f"--kubeconfig={kubeconfig}"])


async def of_status(kubeconfig: Path) -> str:
    stream = io.StringIO()
    call = Call(typed(kubeconfig, "status", "support", "-n", "acme"), Screen(stream, WIDTH, coloured=True))
    cluster = await call.cluster()
    call.screen.write(status.lines(await look(cluster, "acme", "support", call.where()), WIDTH, UTC))
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(
        Text("$ kubectl wa status support -n acme", style="bold"), Text.from_ansi(stream.getvalue()), sep="\n"
    )
    return console.export_svg(title="kubectl wa status", unique_id="status")


async def of_top(kubeconfig: Path) -> str:
    call = Call(typed(kubeconfig, "top", "-A"), Screen(io.StringIO(), WIDTH, coloured=True))
    cluster = await call.cluster()
    feed = Feed(cluster, "", call.where(), 30.0)
    await feed.begin()
    top = Top(call, cluster, feed)
    async with top.run_test(size=(WIDTH, HEIGHT)) as pilot:
        while not feed.complete:
            await pilot.pause(0.1)
        await pilot.pause(2)
        return top.export_screenshot(title="kubectl wa top", simplify=True)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with ControlPlane(say=lambda text: print(text, file=sys.stderr)) as plane:
        plane.kubectl("apply", "--server-side", "-f", "-", input=yaml.safe_dump(custom_resource_definition()))
        until_kinds_are_served(plane.read)
        with night.watched(plane.kubeconfig):
            asyncio.run(night.write(plane.kubeconfig, night.fleet(SIZE, datetime.now(UTC))))
            for name, drawn in (("kubectl-wa-status.svg", of_status), ("kubectl-wa-top.svg", of_top)):
                (FOLDER / name).write_text(signed(name, asyncio.run(drawn(plane.kubeconfig))))


if __name__ == "__main__":
    main()
