"""One call of a command: what was typed, and where it prints."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, NamedTuple

import yaml

from wahealth.kubeconfig.login import login_by
from wahealth.wa import flags
from wahealth.wa.cluster import Cluster
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

    async def cluster(self) -> Cluster:
        """The API server, signed in. Raises `NotUsable`."""
        return Cluster(await login_by(flags.choice(self.arguments), os.environ), os.environ)

    def namespace(self, cluster: Cluster) -> str:
        """The namespace that the command is about."""
        return str(self.arguments.namespace or cluster.namespace)

    def give(self, lines: Callable[[], Iterable[Line]], document: Callable[[], object]) -> None:
        """Prints lines, or the document as -o wants it. Neither form lets an escape sequence through."""
        match self.arguments.output:
            case "json":
                print(json.dumps(document(), indent=2))
            case "yaml":
                print(yaml.safe_dump(document(), sort_keys=False).rstrip())
            case _:
                self.screen.write(lines())


Ask = Callable[[Call], Awaitable[int]]


class Command(NamedTuple):
    """A command: what it is for, its own flags, and what it does; that returns the exit code."""

    text: str
    add: Callable[[argparse.ArgumentParser], Any]
    ask: Ask
