"""What may be typed."""

from __future__ import annotations

import argparse
from pathlib import Path

from wahealth.core.facts import ALLOWED_SHARDS, AUTO
from wahealth.core.readiness.depth import Depth
from wahealth.core.readiness.node import PodRole
from wahealth.core.status import Mode
from wahealth.core.word import Word

KEY_VARIABLE = "WA_API_KEY"
LONGEST_TIMEOUT = 60  # seconds, as in the resource


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help="where waweb answers, such as https://10.1.2.3")
    key = parser.add_mutually_exclusive_group()
    key.add_argument("--key-file", type=Path, metavar="F", help=f"the API key; by default ${KEY_VARIABLE}")
    key.add_argument("--key-from", metavar="secret/NAME[:ENTRY]", help="the API key, from a Secret of the cluster")
    parser.add_argument("-n", "--namespace", metavar="N", help="of that Secret (default: that of the context)")
    parser.add_argument(
        "--mode", choices=[AUTO, *_words(Mode)], default=AUTO, help="what the client should be (default: Auto)"
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
    probe.add_argument("--depth", choices=_words(Depth), default=Depth.REACHABLE, help="how deep (default: reachable)")
    roles = _words(PodRole)
    probe.add_argument("--pod-role", choices=roles, default=PodRole.WEB, help="what this pod is (default: web)")
    probe.add_argument("--pod-name", metavar="N", help="by which it finds itself (default: $POD_NAME, the host name)")
    probe.add_argument("--pod-ip", metavar="IP", help="by which it finds itself (default: $POD_IP)")


def _words(of: type[Word]) -> list[str]:
    """As they are typed: argparse would print those of an enum as Python does."""
    return [word.value for word in of]


def _seconds(written: str) -> float:
    try:
        seconds = float(written)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds <= LONGEST_TIMEOUT:
        raise argparse.ArgumentTypeError(f"is to be more than 0 and at most {LONGEST_TIMEOUT} seconds")
    return seconds
