"""One call of a command: what was typed, and where it prints."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable
from typing import NamedTuple

import yaml

from wahealth.kubeconfig.login import Choice, login_by
from wahealth.wa.cluster import Cluster
from wahealth.wa.freshness import Where
from wahealth.wa.screen import Line, Screen


class Call(NamedTuple):
    """What was typed, and the screen."""

    arguments: argparse.Namespace
    screen: Screen

    @classmethod
    def of(cls, arguments: argparse.Namespace) -> Call:
        return cls(arguments, Screen.of(sys.stdout, os.environ, not arguments.no_color))

    @property
    def width(self) -> int:
        """Columns of the screen."""
        return self.screen.width

    @property
    def is_interactive(self) -> bool:
        """Whether somebody sits at a terminal and wants more than a list once."""
        typed = self.arguments
        wanted = typed.output == "table" and not typed.once and os.environ.get("TERM") != "dumb"
        return wanted and sys.stdin is not None and sys.stdin.isatty() and self.screen.stream.isatty()

    async def cluster(self) -> Cluster:
        """The API server, signed in. Raises `NotUsable`."""
        typed = self.arguments
        choice = Choice(typed.kubeconfig, typed.context, typed.user, tuple(typed.groups or ()))
        return Cluster(await login_by(choice, os.environ), os.environ)

    def namespace(self, cluster: Cluster) -> str:
        """The namespace that the command is about."""
        return str(self.arguments.namespace or cluster.namespace)

    def where(self) -> Where:
        """Where the operator's Leases are."""
        return Where(self.arguments.operator_namespace, self.arguments.lease_name)

    def give(self, lines: Callable[[], Iterable[Line]], document: Callable[[], object]) -> None:
        """Prints lines, or the document as -o wants it. Neither form lets an escape sequence through."""
        match self.arguments.output:
            case "json":
                print(json.dumps(document(), indent=2))
            case "yaml":
                print(yaml.safe_dump(document(), sort_keys=False).rstrip())
            case _:
                self.screen.write(lines())
