"""`wahealth check URL`: one probe from here, with the full verdict, by the same rules as the operator's.

With `--ready` one line and an exit code for an exec probe; what the verdict in full needs is not imported then.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from wahealth.core.answer import PodOutcome
from wahealth.core.credentials import api_key_problem
from wahealth.core.facts import ALLOWED_SHARDS, Expectation, Facts
from wahealth.core.origin import NotAnOrigin, origin_of
from wahealth.core.readiness.depth import Depth
from wahealth.core.readiness.node import PodRole
from wahealth.core.reasons.row import Surface
from wahealth.core.round import at_once
from wahealth.core.status import ConditionType, Finding, Mode, Status, Truth
from wahealth.probe.client import Place, Prober, Question
from wahealth.probe.credential import Credential, api_key
from wahealth.probe.stage import ObserverFault
from wahealth.probe.trust import (
    NotAFingerprint,
    Trust,
    UntrustedCA,
    fingerprint,
    full,
    pinned,
    skip_hostname,
    unverified,
)

HEALTHY, NOT_HEALTHY, UNKNOWN = 0, 1, 2
USAGE, NOT_THERE = 64, 69
EXIT_CODES = {Truth.TRUE: HEALTHY, Truth.FALSE: NOT_HEALTHY, Truth.UNKNOWN: UNKNOWN}
KEY_VARIABLE = "WA_API_KEY"
MOST_BYTES = 1024 * 1024  # of a key, or of certificates
LONGEST_TIMEOUT = 60  # seconds, as in the resource


class Unusable(Exception):
    """What cannot be used, in one sentence, and the exit code for it."""

    def __init__(self, sentence: str, code: int) -> None:
        super().__init__(sentence)
        self.code = code


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help="where waweb answers, such as https://10.1.2.3")
    key = parser.add_mutually_exclusive_group()
    key.add_argument("--key-file", type=Path, metavar="F", help=f"the API key; by default ${KEY_VARIABLE}")
    key.add_argument("--key-from", metavar="secret/NAME[:ENTRY]", help="the API key, from a Secret of the cluster")
    parser.add_argument("-n", "--namespace", metavar="N", help="of that Secret (default: that of the context)")
    parser.add_argument(
        "--mode", choices=[mode.value for mode in Mode], help="what the client should be (default: detect)"
    )
    parser.add_argument("--shards", type=int, choices=ALLOWED_SHARDS, help="of Multiconnect")
    trust = parser.add_mutually_exclusive_group()
    trust.add_argument("--ca", type=Path, metavar="F", help="trust these certificates (PEM), whatever name they carry")
    trust.add_argument("--pin", metavar="SHA256", help="trust the certificate with this fingerprint, and no other")
    trust.add_argument("--insecure", action="store_true", help="do not verify the certificate; the key goes to anybody")
    parser.add_argument(
        "--timeout", type=_seconds, default=15, metavar="S", help="seconds for the answer, at most 60 (default: 15)"
    )
    parser.add_argument("-o", "--output", choices=["table", "json", "yaml"], default="table")
    probe = parser.add_argument_group("for an exec probe")
    probe.add_argument(
        "--ready", action="store_true", help="only whether this pod is ready: exit code 0 or 1, one line"
    )
    probe.add_argument("--depth", choices=list(Depth), default=Depth.REACHABLE, help="how deep (default: reachable)")
    probe.add_argument("--pod-role", choices=list(PodRole), default=PodRole.WEB, help="what this pod is (default: web)")
    probe.add_argument("--pod-name", metavar="N", help="by which it finds itself (default: $POD_NAME, the host name)")
    probe.add_argument("--pod-ip", metavar="IP", help="by which it finds itself (default: $POD_IP)")


def run(arguments: argparse.Namespace) -> int:
    try:
        facts = asyncio.run(_facts(arguments))
    except Unusable as error:
        print(f"wahealth check: {error}.", file=sys.stderr)
        return error.code
    except ObserverFault:
        print("wahealth check: no connection could be opened from this machine.", file=sys.stderr)
        return HEALTHY if arguments.ready else UNKNOWN  # trouble of our own takes no pod away
    if arguments.ready:
        return _ready(arguments, facts)
    status = at_once(facts)
    print(_written(status, arguments.output))
    return EXIT_CODES[status.truth(ConditionType.READY) or Truth.UNKNOWN]


def _ready(arguments: argparse.Namespace, facts: Facts) -> int:
    """A fault of the key is no fault of the pod."""
    from wahealth.sidecar.identity import identity_of
    from wahealth.sidecar.once import ready_once

    identity = identity_of(PodRole(arguments.pod_role), arguments.pod_name, arguments.pod_ip, os.environ)
    readiness = ready_once(identity, facts)
    good = readiness.at(Depth(arguments.depth))
    print(f"{'ready' if good else 'not ready'} at depth {arguments.depth}: {readiness.reason}")
    return HEALTHY if good else NOT_HEALTHY


async def _facts(arguments: argparse.Namespace) -> Facts:
    host, port = _origin(arguments.url)
    trust = _trust(arguments)
    mode = Mode(arguments.mode) if arguments.mode else None
    expected = Expectation(mode, arguments.shards, surface=Surface.DESK)
    credential = await _credential(arguments)
    if isinstance(credential, Finding):
        return Facts(expected, 0, key=credential)
    async with Prober() as prober:
        heard = await prober.ask(Question(Place(host, (), port, trust), credential, arguments.timeout))
    return Facts(expected, 0, (PodOutcome(arguments.url, host, heard.outcome),))


def _origin(url: str) -> tuple[str, int]:
    try:
        origin = origin_of(url)
    except NotAnOrigin:
        raise Unusable(_ORIGIN, USAGE) from None
    if origin.scheme != "https":
        raise Unusable(_ORIGIN, USAGE)
    return origin.host, origin.port


_ORIGIN = "URL is to be an origin such as https://10.1.2.3:443, without path, query and user"


def _seconds(written: str) -> float:
    seconds = float(written)
    if not 0 < seconds <= LONGEST_TIMEOUT:
        raise argparse.ArgumentTypeError(f"is to be more than 0 and at most {LONGEST_TIMEOUT} seconds")
    return seconds


async def _credential(arguments: argparse.Namespace) -> Credential | Finding | None:
    """For an exec probe without a usable key None: without one waweb says no more than that it is there."""
    try:
        key = await _key(arguments)
    except Unusable:
        if arguments.ready:
            return None
        raise
    problem = api_key_problem(key, Surface.DESK)
    if problem is None:
        return api_key(key)
    return None if arguments.ready else problem


async def _key(arguments: argparse.Namespace) -> bytes:
    if arguments.key_file is not None:
        return _read(arguments.key_file)
    if arguments.key_from is not None:
        return await _key_from_cluster(arguments.key_from, arguments.namespace)
    if KEY_VARIABLE not in os.environ:
        raise Unusable(f"name the API key with --key-file or --key-from, or set ${KEY_VARIABLE}", USAGE)
    return os.environb[KEY_VARIABLE.encode()]


async def _key_from_cluster(reference: str, namespace: str | None) -> bytes:
    from wahealth.kube.desk import NoSuchKey, key_from

    try:
        return await key_from(reference, namespace)
    except NoSuchKey as error:
        raise Unusable(str(error), USAGE if str(error).startswith("--key-from") else NOT_THERE) from None


def _trust(arguments: argparse.Namespace) -> Trust:
    if arguments.insecure:
        return unverified()
    if arguments.pin is not None:
        return _pinned(arguments.pin)
    if arguments.ca is None:
        return full()
    try:
        return skip_hostname(_read(arguments.ca))
    except UntrustedCA:
        raise Unusable(f"{arguments.ca} holds no certificate in PEM", NOT_THERE) from None


def _pinned(written: str) -> Trust:
    try:
        return pinned(frozenset({fingerprint(written)}))
    except NotAFingerprint as error:
        raise Unusable(f"--pin is to be {error}", USAGE) from None


def _read(path: Path) -> bytes:
    """No more than any of these files has; a pipe of the shell's, `<(…)`, is as good as a file."""
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES)
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}", NOT_THERE) from None


def _written(status: Status, form: str) -> str:
    match form:
        case "json":
            return json.dumps(_document(status))
        case "yaml":
            import yaml

            return yaml.safe_dump(_document(status), sort_keys=False).rstrip()
        case _:
            return "\n".join(_lines(status))


def _document(status: Status) -> dict[str, Any]:
    """The words of the resource's status; one `endpoint` instead of many."""
    from wahealth.api.convert import status_document

    document = status_document(status)
    endpoints = document.pop("endpoints", [])
    return {**document, "endpoint": {k: v for k, v in endpoints[0].items() if k != "pod"} if endpoints else None}


def _lines(status: Status) -> list[str]:
    connected = status.connected.summary if status.connected else "-"
    head = f"{status.mode or 'mode unknown'}  gateway {status.gateway}  connected {connected}"
    conditions = [f"{c.type:<21} {c.status:<8} {c.reason:<24} {c.message}" for c in status.conditions]
    nodes = [f"  {n.name:<40} {n.role or '-':<16} {n.gateway_status or '-':<14} {n.verdict}" for n in status.nodes]
    return [head, "", *conditions, *([""] if nodes else []), *nodes]
