"""`wahealth demo`: shows simulated clients and phone numbers on a real API server, and the operator's verdicts on them.

With `--once` it also shows a failover and a change of an API key. Only the live table needs rich, which is an extra.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, NoReturn

from wahealth.playground.cluster.binaries import BinariesMissing, provide
from wahealth.playground.cluster.control_plane import NEEDED, ControlPlaneFailed
from wahealth.playground.cluster.versions import UnknownVersion
from wahealth.playground.environment import Environment, NeverCame, last_seen, until
from wahealth.playground.manifests import ClientManifests, Document
from wahealth.playground.numbers import NAMESPACE, cloud_file, number_objects

if TYPE_CHECKING:
    from rich.console import Group
    from rich.text import Text

NOT_THERE = 69
FAST = {"failover_seconds": 4, "startup_seconds": 1}

CLIENTS = (
    ClientManifests("acme", "support", settings={"shards": 1, **FAST, "failover_seconds": 8}),
    ClientManifests(
        *("acme", "marketing"),
        coreapps=5,
        settings={"shards": 4, "multiconnect": True, **FAST},
        spec={"apiKeyRotation": {"restartPolicy": "OnChange", "minPeriodSeconds": 60}},
    ),
    ClientManifests("beta", "helpdesk", coreapps=1, masters=0, webs=1, settings=FAST),
    ClientManifests("beta", "pilot", coreapps=1, masters=0, webs=1, settings={"registered": False, **FAST}),
    ClientManifests("gamma", "sales", coreapps=1, masters=0, webs=1, key="too-short", settings=FAST),
    ClientManifests("gamma", "archive", coreapps=1, masters=0, webs=1, settings={"refuse": True, **FAST}),
)
# The reason of the Ready condition that each client demonstrates.
VERDICTS = {
    ("acme", "support"): "Available",
    ("acme", "marketing"): "Available",
    ("beta", "helpdesk"): "Available",
    ("beta", "pilot"): "Unregistered",
    ("gamma", "sales"): "APIKeyTooShort",
    ("gamma", "archive"): "ConnectionRefused",
    (NAMESPACE, "orders"): "Available",
    (NAMESPACE, "newsletter"): "PaymentMethod",
}
OPERATOR_FLAGS = ("--secret-refresh", "5")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="run once without a terminal, then exit")
    parser.add_argument(
        "--prepare", action="store_true", help="only fetch the programs of the control plane, then exit"
    )


def run(arguments: argparse.Namespace) -> int:
    """Runs the demo and returns its exit code; 69 if a program or a library is missing."""
    if not (arguments.once or arguments.prepare) and find_spec("rich") is None:
        report("wahealth demo: needs rich: pip install 'wahealth-operator[playground]'")
        return NOT_THERE
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        if arguments.prepare:
            provide(NEEDED, say=report)
            return 0
        with Environment(report) as environment:
            environment.start_operator([*OPERATOR_FLAGS, *environment.start_cloud(cloud_file())])
            environment.add(*CLIENTS)
            environment.apply(number_objects())
            return once(environment) if arguments.once else live(environment)
    except KeyboardInterrupt:
        return 0
    except (BinariesMissing, ControlPlaneFailed, UnknownVersion) as error:
        report(str(error))
        return NOT_THERE


def report(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _interrupted(*_: object) -> NoReturn:
    raise KeyboardInterrupt


# --- once ------------------------------------------------------------------------------------------------------------


def once(environment: Environment) -> int:
    """Shows all verdicts, a failover and a change of a key. Returns 0, or 1 if a verdict did not come."""
    try:
        report("waiting for the eight verdicts")
        until(lambda: not missing(environment), "eight verdicts", 90)
        show(environment, "Six clients, two phone numbers, eight verdicts")
        fail_over(environment)
        show(environment, "After the failover of acme/support")
        rotate(environment)
        show(environment, "After the new API key of acme/marketing")
    except NeverCame as error:
        report(f"{error}\n" + "\n".join(missing(environment)))
        return 1
    return 0


def missing(environment: Environment) -> list[str]:
    """One line for each client that does not have the verdict it demonstrates."""
    lines = []
    for (namespace, name), wanted in VERDICTS.items():
        seen = ready_reason(environment.client(namespace, name))
        if seen != wanted:
            lines.append(f"{namespace}/{name}: Ready says {seen}, not {wanted}")
    return lines


def ready_reason(client: Document) -> str:
    return next((str(c["reason"]) for c in client["status"]["conditions"] if c["type"] == "Ready"), "nothing")


def fail_over(environment: Environment) -> None:
    (active,) = connected(environment)
    report(f"deleting the active coreapp {active}")
    environment.plane.kubectl("delete", "pod", active, "-n", "acme", "--wait=false")
    until(lambda: connected(environment) not in ([], [active]), "a new active coreapp", 60)
    until(lambda: not missing(environment), "all verdicts as before", 60)


def rotate(environment: Environment) -> None:
    """Changes the Secret. waweb uses the new key once it is restarted, and nothing becomes unhealthy in between."""
    report("changing the API key of acme/marketing")
    environment.plane.kubectl("patch", "secret", "-n", "acme", "marketing-api-key", "-p", ROTATED)
    until(lambda: "RestartRequired" in conditions(environment), "RestartRequired", 60)
    report("RestartRequired: waweb still runs the previous key; the operator restarts its web workload")
    until(lambda: "RestartRequired" not in conditions(environment), "the new key in use", 60)
    unhealthy = [
        event for event in environment.events("acme") if event["reason"] in {"APIKeyRejected", "GatewayDisconnected"}
    ]
    if conditions(environment)["Ready"] != "True" or unhealthy:
        raise NeverCame("a change of the key without a false alarm")


def conditions(environment: Environment) -> dict[str, str]:
    found = environment.client("acme", "marketing")["status"]["conditions"]
    return {condition["type"]: condition["status"] for condition in found}


def connected(environment: Environment) -> list[str]:
    found: list[str] = environment.client("acme", "support")["status"].get("connectedCoreapps", [])
    return found


def show(environment: Environment, title: str) -> None:
    print(f"\n{title}\n\n{table(environment)}\nEvents\n")
    print("\n".join(event_lines(environment, 40)), flush=True)


# --- live ------------------------------------------------------------------------------------------------------------


def live(environment: Environment) -> int:
    from rich.console import Console
    from rich.live import Live

    console = Console()
    with Live(console=console, auto_refresh=False, screen=console.is_terminal) as view:
        while True:
            view.update(page(environment, console.height), refresh=True)
            time.sleep(1)


def page(environment: Environment, height: int) -> Group:
    from rich.console import Group
    from rich.text import Text

    clients, hints = (
        coloured(table(environment)),
        Text(next_steps(environment), style="dim", no_wrap=True, overflow="fold"),
    )
    room = height - len(clients.plain.splitlines()) - len(hints.plain.splitlines()) - 4
    events = coloured("\n".join(event_lines(environment, max(3, room))))
    return Group(clients, Text("Last events", style="bold"), events, Text(), hints)


def table(environment: Environment) -> str:
    """The table of clients, exactly as kubectl prints it."""
    return environment.plane.kubectl("get", "whatsappclients", "-A")


def event_lines(environment: Environment, most: int) -> list[str]:
    return [_event_line(event) for event in environment.events()[-most:]]


def _event_line(event: Document) -> str:
    times = event["count"]
    again = f" (x{times})" if times > 1 else ""
    client = f"{event['metadata']['namespace']}/{event['involvedObject']['name']}"
    return f"{last_seen(event)[11:19]}  {event['type']:<7}  {client:<14}  {event['reason']}{again}: {event['message']}"


COLOURS = {
    "green": r"\b(True|Connected)\b",
    "red": r"\b(False|Disconnected|Unregistered)\b",
    "yellow": r"\b(Unknown|Warning|PartiallyConnected|Connecting)\b",
    "bold": r"^NAMESPACE.*$",
}


def coloured(text: str) -> Text:
    from rich.text import Text

    shown = Text(text, no_wrap=True, overflow="ellipsis")
    for style, words in COLOURS.items():
        shown.highlight_regex(re.compile(words, re.MULTILINE), style)
    return shown


NEW_KEY = (
    'kubectl patch secret -n gamma sales-api-key -p \'{"stringData":{"WA_API_KEY":"a-key-that-is-long-enough"}}\''
    " && kubectl rollout restart -n gamma deployment/sales-web"
)


ROTATED = '{"stringData":{"WA_API_KEY":"the-next-api-key-of-marketing"}}'


def next_steps(environment: Environment) -> str:
    return "\n".join(_next_steps(environment))


def _next_steps(environment: Environment) -> Iterator[str]:
    active = (connected(environment) or ["POD"])[0]
    primary = environment.client("acme", "marketing")["status"].get("primaryMaster", "POD")
    kubectl = environment.plane.binaries["kubectl"]
    yield "To try in a second terminal (Ctrl-C here ends everything):"
    yield f"  export KUBECONFIG={environment.plane.kubeconfig}"
    if shutil.which("kubectl") != os.fspath(kubectl):
        yield f"  alias kubectl={kubectl}"
    yield "  kubectl get wac -A -w"
    yield f"  kubectl delete pod -n acme {active}      # the active coreapp: a standby takes over"
    yield f"  kubectl delete pod -n acme {primary}  # the primary master: another takes the lease"
    yield f"  {NEW_KEY}"
    yield f"  kubectl patch secret -n acme marketing-api-key -p '{ROTATED}'  # no alarm: the operator restarts waweb"
    yield "  kubectl describe wac -n acme support"
