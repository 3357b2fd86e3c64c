"""The simulated Cloud API as a process of its own, asked over HTTP, and read as the operator reads the real one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from wahealth.core.cloud.errors import GraphError
from wahealth.core.cloud.report import EntityType, Messaging, NumberReport
from wahealth.playground.simulator.cloud.settings import ACCOUNT, APP, NUMBER, TOKEN
from wahealth.probe.cloud.graph_payload import NumberOutcome, number_outcome_of

FIELDS = "health_status,status,quality_rating,platform_type"
THINGS = ("server", f"numbers/{NUMBER}", f"accounts/{ACCOUNT}", f"apps/{APP}")


@dataclass
class SimulatedCloud:
    url: str
    control: httpx.Client = field(repr=False)
    graph: httpx.Client = field(repr=False)

    def set(self, thing: str, **settings: Any) -> None:
        """`thing`: such as `apps/1`."""
        answer = self.control.patch(f"/{thing}", json=settings)
        assert answer.status_code == 200, answer.text

    def set_number(self, **settings: Any) -> None:
        self.set(f"numbers/{NUMBER}", **settings)

    def set_account(self, **settings: Any) -> None:
        self.set(f"accounts/{ACCOUNT}", **settings)

    def set_app(self, **settings: Any) -> None:
        self.set(f"apps/{APP}", **settings)

    def set_token(self, **settings: Any) -> None:
        self.set("tokens/default", **settings)

    def reset(self) -> None:
        for thing in (*THINGS, "tokens/default"):
            assert self.control.delete(f"/{thing}").status_code == 200
        self.set_token(secret=TOKEN)

    def ask(self, path: str = NUMBER, version: str = "v26.0", token: str = TOKEN, **query: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.graph.get(f"/{version}/{path}", params=query, headers=headers)

    def outcome(self, **query: str) -> NumberOutcome:
        return read(self.ask(fields=FIELDS, **query))

    def report(self) -> NumberReport:
        outcome = self.outcome()
        assert isinstance(outcome, NumberReport)
        return outcome

    def error(self, **asked: str) -> GraphError:
        outcome = read(self.ask(**asked))
        assert isinstance(outcome, GraphError)
        return outcome

    def verdicts(self) -> tuple[Messaging | None, list[tuple[EntityType, Messaging | None, list[int]]]]:
        health = self.report().health
        assert health is not None
        return health.messaging, [(one.type, one.messaging, [e.code for e in one.errors]) for one in health.entities]


def read(answer: httpx.Response) -> NumberOutcome:
    return number_outcome_of(answer.status_code, answer.content, answer.headers.get("facebook-api-version", ""))


@contextmanager
def simulated_cloud(*flags: str) -> Iterator[dict[str, str]]:
    """What the process prints once it is ready: `control`, `url` and `ca`. `flags`: behind `--cloud`."""
    argv = [sys.executable, "-m", "wahealth", "simulator", "--cloud", *flags]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()
        assert process.wait(90) == 0
