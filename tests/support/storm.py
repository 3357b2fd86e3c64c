"""A small world for tests in which the API server misbehaves: clients, the operator behind a faulty proxy, what it
says.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from support.clients import PERIOD, simulated
from support.faulty import FaultyApiServer
from support.process import child_of
from wahealth.api.v1alpha1 import API_VERSION, KIND
from wahealth.kube import access
from wahealth.playground.cluster.processes import ManagedProcess
from wahealth.playground.environment import SYSTEM, Environment, until
from wahealth.playground.manifests import GOOD_KEY, ClientManifests

SPACE = "storm"
IMPATIENT = {"periodSeconds": PERIOD, "failureThreshold": 1}
SETTINGS = {"failover_seconds": 1, "startup_seconds": 0.2}
CLIENTS = (
    simulated(SPACE, "single", 1, 0, 1, GOOD_KEY, SETTINGS, {"probe": IMPATIENT}),
    simulated(SPACE, "ha", 2, 2, 2, GOOD_KEY, {"shards": 1, **SETTINGS}, {"probe": IMPATIENT}),
)
VERSIONS = {False: "v2.45.1", True: "v2.45.9"}  # of the client, when it is calm and when it is rough
FLAGS = ("--secret-refresh", "2", "--resync", "10", "--log-level", "debug")
STATUS = "whatsappclients/status"


@dataclass(frozen=True)
class Replica:
    """A process of the operator; `listen`: where its own endpoints are."""

    name: str
    process: ManagedProcess
    listen: str

    @property
    def pid(self) -> int:
        """Of the operator itself, not of its leash."""
        return child_of(self.process.pid)

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def is_alive(self) -> bool:
        return self.process.alive()

    def ended(self, seconds: float = 10) -> int:
        """Its exit code."""
        return self.process.wait(seconds)

    def is_up(self) -> bool:
        """It answers at all."""
        try:
            return self.get("/livez").status_code > 0
        except httpx.HTTPError:
            return False

    def get(self, page: str, **headers: str) -> httpx.Response:
        try:
            return httpx.get(f"http://{self.listen}{page}", trust_env=False, timeout=60, headers=headers)
        except httpx.ConnectError as error:
            if not self.is_alive():
                error.add_note(f"{self.name} has ended with {self.ended()}; it said last:\n{self.process.log_tail()}")
            raise

    def metric(self, name: str, **labels: str) -> float:
        """The sum of all series of this name with these labels."""
        families = text_string_to_metric_families(self.get("/metrics").text)
        samples = [one for family in families for one in family.samples if one.name == name]
        return sum(one.value for one in samples if labels.items() <= one.labels.items())

    def log(self) -> list[str]:
        return self.process.log.read_text().splitlines()


class Storm:
    """Two states of the world, calm and rough, between which `flip` goes; `settled` waits for what is to be said
    then."""

    def __init__(self, environment: Environment, proxy: FaultyApiServer) -> None:
        self.environment = environment
        self.proxy = proxy
        self.token = environment.plane.directory / "operator.token"
        self.renew_token()
        self.rough = False
        self.expected: dict[bool, dict[str, Any]] = {}
        self.flags: tuple[str, ...] = FLAGS

    def renew_token(self) -> str:
        self.token.write_text(self.kubectl("create", "token", access.NAME, "-n", SYSTEM, "--duration=1h"))
        return self.token.read_text().strip()

    def start(self, *flags: str) -> None:
        self.environment.start_operator((*self.flags, *flags), kubeconfig=self.proxy.kubeconfig(self.token))

    def kubectl(self, *arguments: str, **more: Any) -> str:
        return self.environment.plane.kubectl(*arguments, **more).strip()

    def flip(self) -> None:
        """A client is upgraded or rolled back, a resource is deleted and made anew, a pod is replaced: nothing that
        would count as flapping, were it done again and again."""
        self.rough = not self.rough
        self.environment.set_client(SPACE, "single", version=VERSIONS[self.rough])
        self.kubectl("delete", "wac", "twice", "-n", SPACE, "--ignore-not-found")
        self.environment.apply([self.twice()])
        pod = self.pods("ha-web")[0]
        self.kubectl("delete", "pod", pod, "-n", SPACE, "--wait=false")

    def twice(self) -> dict[str, Any]:
        """A resource of one name and two lives."""
        spec = {
            "target": {"workload": {"name": "rough" if self.rough else "calm"}},
            "auth": {"apiKey": {"secretKeyRef": {"name": "single-api-key"}}},
            "probe": IMPATIENT,
        }
        return {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "metadata": {"name": "twice", "namespace": SPACE},
            "spec": spec,
        }

    def begin_anew(self, *names: str) -> None:
        """Resources of the same names and specs, without a history."""
        kept = [self.environment.client(SPACE, name) for name in names]
        self.kubectl("delete", "wac", *names, "-n", SPACE)
        fields = ("apiVersion", "kind", "spec")
        named = zip(names, kept, strict=True)
        self.environment.apply(
            {**{field: one[field] for field in fields}, "metadata": {"name": name, "namespace": SPACE}}
            for name, one in named
        )

    def learn(self) -> None:
        """What the resources say in both states, undisturbed, once the beginning is over."""
        until(lambda: self._steady(3 * PERIOD), "the beginning is over", 120)
        for _ in range(3):
            self.flip()
            until(self._has_flipped, "the other state is seen", 60)
            self.expected[self.rough] = until(lambda: self._steady(2 * PERIOD), "all is said", 60)
        assert self.expected[True] != self.expected[False]

    def _has_flipped(self) -> bool:
        version = self.environment.client(SPACE, "single")["status"].get("clientVersion")
        looked_for = self.twice()["spec"]["target"]["workload"]["name"]
        return version == VERSIONS[self.rough] and looked_for in str(self.environment.client(SPACE, "twice")["status"])

    def _steady(self, seconds: float) -> dict[str, Any]:
        """What all say, if it stays so for as long; else nothing."""
        before = self._said_all()
        time.sleep(seconds)
        return before if before == self._said_all() else {}

    def until_quiet(self, seconds: float = 3 * PERIOD) -> None:
        """Nothing was written for as long, but Leases."""

        def quiet() -> bool:
            since = self.proxy.since(time.monotonic() - seconds)
            return self.operator.is_up() and not [one for one in since if one.writes and one.resource != "leases"]

        until(quiet, "it stops to write", 120)

    def settled(self, seconds: float = 120) -> None:
        """Until all resources say what they said undisturbed, and name the pods that there are."""

        def seen() -> bool:
            return self._said_all() == self.expected[self.rough]

        try:
            until(seen, "the end state of an undisturbed run", seconds)
        except Exception:
            print(json.dumps(self.said(), indent=1), json.dumps(self.expected[self.rough], indent=1))
            print(self.operator.is_alive(), self.operator.process.log_tail(40))
            raise

    def _said_all(self) -> dict[str, Any]:
        """Nothing while the endpoints are not the pods that there are."""
        documents = {name: self.environment.client(SPACE, name) for name in ("single", "ha", "twice")}
        endpoints = {one["pod"] for one in documents["ha"]["status"].get("endpoints", ())}
        return self.said(documents) if endpoints == set(self.pods("ha-web")) else {}

    def said(self, documents: dict[str, Any] | None = None) -> dict[str, Any]:
        documents = documents or {name: self.environment.client(SPACE, name) for name in ("single", "ha", "twice")}
        return {name: _timeless(document["status"]) for name, document in documents.items()}

    def pods(self, workload: str) -> list[str]:
        names = [str(pod["metadata"]["name"]) for pod in self.environment.pods(SPACE)]
        return sorted(name for name in names if name.startswith(f"{workload}-"))

    # --- the operator ---------------------------------------------------------------------------------------------

    def replica(self, name: str, *flags: str) -> Replica:
        """One more, straight to the API server."""
        environment = {**os.environ, "POD_NAME": name}
        process = self.environment.start_operator((*self.flags, *flags), env=environment)
        return Replica(name, process, self.environment.listen)

    @property
    def operator(self) -> Replica:
        """The one that was started last."""
        assert self.environment.operator is not None
        return Replica("operator", self.environment.operator, self.environment.listen)

    def probes(self) -> float:
        return self.operator.metric("wahealth_probes_total")

    def log(self) -> list[str]:
        return self.operator.log()

    def complaints(self, lines: list[str]) -> Counter[str]:
        """Lines that are more than news, by what they say."""
        loud = [line.split(maxsplit=3) for line in lines if " WARNING " in line or " ERROR " in line]
        return Counter(words[3].partition("=")[0].rpartition(" ")[0] or words[3] for words in loud)

    def writes_of_each(self, since: float) -> Counter[str]:
        """Writes of a status since then that were taken, by resource."""
        taken = [one for one in tuple(self.proxy.taken) if one.second >= since]
        return Counter(one.path for one in taken if one.resource == STATUS)


@contextmanager
def weathered(environment: Environment, *clients: ClientManifests) -> Iterator[Storm]:
    """These clients, and a proxy before the API server; no operator yet."""
    with FaultyApiServer(environment.plane) as proxy:
        storm = Storm(environment, proxy)
        environment.add(*clients)
        yield storm


def _timeless(document: Any) -> Any:
    """Without what another run says otherwise: times, names of pods, addresses, numbers of a generation, what was
    believed before."""
    if isinstance(document, dict):
        kept = {k: v for k, v in document.items() if not k.endswith("Time") and k not in _OTHERWISE}
        return {name: _timeless(value) for name, value in kept.items()}
    if isinstance(document, list):
        return [_timeless(one) for one in document if not isinstance(one, dict) or one.get("type") not in _PATIENCE]
    return document


_PATIENCE = {"Reconciling", "Stalled"}  # go by time
_OTHERWISE = {
    *("endpoints", "observedGeneration", "nodes", "connectedCoreapps", "primaryMaster", "lastFailover", "history"),
}
