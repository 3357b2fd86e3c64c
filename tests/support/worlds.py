"""Control planes for tests: one at a time in a process, shared by the tests that break nothing in it."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from support.clients import CANARY, forms_of
from wahealth.api.crd import custom_resource_definition
from wahealth.kube import access
from wahealth.playground.cluster.control_plane import ControlPlane
from wahealth.playground.environment import SYSTEM, Environment, until_kinds_are_served
from wahealth.playground.manifests import SERVER_NAME

OUTSIDE = "127.64.255.254"  # a host that is no pod's
FLAGS = (
    *("--secret-refresh", "2", "--log-level", "debug", "--max-probes-in-flight", "128"),
    *("--own-deployment", f"{SYSTEM}/{access.NAME}"),
    *("--allow-url-hosts", f"waweb.example.com,{SERVER_NAME},{OUTSIDE}", "--allow-url-networks", f"{OUTSIDE}/32"),
)


def say(text: str) -> None:
    print(text, file=sys.stderr)


class World(Environment):
    """The playground, whose resources may be asked for each second."""

    def __init__(self) -> None:
        super().__init__(say)

    def _build_up(self) -> None:
        super()._build_up()
        self.apply([impatient_kind()])


def impatient_kind() -> dict[str, Any]:
    """The real CustomResourceDefinition, but for the shortest period, which it alone bounds."""
    document = custom_resource_definition()
    for version in document["spec"]["versions"]:
        spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
        period = spec["properties"]["probe"]["properties"]["periodSeconds"]
        assert period["minimum"] == 5
        period["minimum"] = 1
    return document


class Worlds:
    """A context manager; what it gave last goes when something else is asked for."""

    def __init__(self) -> None:
        self._shared: World | None = None
        self._bare: ControlPlane | None = None
        self._flags: Sequence[str] = ()
        self._leaving = contextlib.ExitStack()

    def __enter__(self) -> Worlds:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._shared = self._bare = None
        self._leaving.pop_all().close()

    def shared(self, flags: Sequence[str] = FLAGS) -> World:
        """With one operator that was started with these flags."""
        if self._shared is None:
            self.close()
            self._shared = self._leaving.enter_context(World())
            self._shared.apply([own_deployment()])
        if self._shared.operator is None or not self._shared.operator.alive() or self._flags != flags:
            self._shared.stop_operator()
            self._shared.start_operator(flags)
            self._flags = flags
        return self._shared

    @contextlib.contextmanager
    def own(self) -> Iterator[World]:
        """Without an operator, and for nobody else."""
        self.close()
        with World() as world:
            yield world

    def bare(self) -> ControlPlane:
        """With the real CustomResourceDefinition, and nobody who looks at it."""
        if self._bare is None:
            self.close()
            self._bare = self._leaving.enter_context(ControlPlane(say=say))
            self._bare.kubectl("apply", "--server-side", "-f", "-", input=yaml.safe_dump(custom_resource_definition()))
            until_kinds_are_served(self._bare.read)
        return self._bare


def own_deployment() -> dict[str, Any]:
    """The operator's own, for its events; the process itself is the world's."""
    labels = {"app": access.NAME}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "operator", "image": "none"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": access.NAME, "namespace": SYSTEM},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template},
    }


def the_key_is_shown_nowhere(world: Environment) -> None:
    """The beginning of every canary stands in no log of an operator of this world (at debug), no status, no event, no
    argument of such a process."""
    told = [*world.clients(), *world.plane.read("/api/v1/events")["items"]]
    logs = list(world.plane.directory.glob("operator*.log"))
    assert logs
    said = [
        json.dumps(told, ensure_ascii=False),
        *(log.read_text() for log in logs),
        *_arguments(world.plane.directory),
    ]
    assert not [form for form in forms_of(CANARY[:11]) for text in said if form in text]


def _arguments(directory: Path) -> Iterator[str]:
    """Of every process that is told of this directory."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            arguments = path.read_bytes().decode(errors="replace")
            if str(directory) in arguments and "kubectl" not in arguments:
                yield arguments
