"""The flags of `kubectl wa`: kubectl's own names and meanings, before or after the command's name."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from wahealth.wa.client import LEASE, NAMESPACE

TIMEOUT = 10.0  # seconds
_UNITS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|)")
_UNSET = (
    argparse.SUPPRESS
)  # so that a flag before the command's name is not overwritten by the default of that after it


def add_common(parser: argparse.ArgumentParser, defaults: bool) -> None:
    """The flags of every command. `defaults`: of the parser whose defaults hold; the others leave out what is not
    typed."""

    def add(*names: str, default: object = None, **more: object) -> None:
        group.add_argument(*names, default=default if defaults else _UNSET, **more)  # type: ignore[arg-type]

    group = parser.add_argument_group("flags, as those of kubectl")
    add("-n", "--namespace", metavar="N", default="", help="namespace (default: that of the context)")
    add("-A", "--all-namespaces", action="store_true", default=False, help="all namespaces (top, board)")
    add("--context", metavar="C", default="", help="context of the kubeconfig")
    add("--kubeconfig", metavar="F", type=Path, help="the kubeconfig (default: $KUBECONFIG, ~/.kube/config)")
    add("--as", metavar="USER", dest="user", default="", help="user to impersonate")
    add("--as-group", metavar="G", dest="groups", action="append", help="group to impersonate, with --as")
    add(
        "--request-timeout", metavar="T", type=seconds, default=TIMEOUT, help="for all of it, such as 5s (default: 10s)"
    )
    add("--no-color", action="store_true", default=False, help="no colours, as with $NO_COLOR")
    add("-o", "--output", metavar="F", choices=["table", "json", "yaml"], default="table", help="table, json or yaml")
    add("--operator-namespace", metavar="N", default=NAMESPACE, help=f"of its Lease (default: {NAMESPACE})")
    add("--lease-name", metavar="N", default=LEASE, help=f"as the operator's (default: {LEASE})")


def seconds(written: str) -> float | None:
    """Seconds of a duration such as 5s, 1m or 20, as kubectl reads it; 0 (None) bounds nothing."""
    match = _DURATION.fullmatch(written)
    if match is None:
        raise argparse.ArgumentTypeError("must be a duration such as 5s, 1m or 500ms")
    return float(match[1]) * _UNITS[match[2]] or None
