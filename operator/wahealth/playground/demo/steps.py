"""What a newcomer may try: a key for each step, and the same as commands for a second terminal."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from itertools import count
from typing import NamedTuple

from wahealth.playground.demo.look import Look
from wahealth.playground.environment import Environment

_TRIES = count(2)  # each new key differs from the one before


class Step(NamedTuple):
    """A step and its key. `take` returns what was done, as a sentence; raises `ControlPlaneFailed`."""

    key: str
    words: str
    take: Callable[[Environment, Look], str]


class Command(NamedTuple):
    """A command to copy; `why`: what it shows."""

    text: str
    why: str = ""


def kill_active(environment: Environment, seen: Look) -> str:
    if not seen.active:
        return "acme/support has no active coreapp at the moment: wait for the next one."
    environment.plane.kubectl("delete", "pod", seen.active, "-n", "acme", "--wait=false")
    return f"Killed the active coreapp {seen.active} of acme/support: watch a standby take over."


def kill_primary(environment: Environment, seen: Look) -> str:
    if not seen.primary:
        return "acme/marketing has no primary master at the moment: wait for the next one."
    environment.plane.kubectl("delete", "pod", seen.primary, "-n", "acme", "--wait=false")
    return f"Killed the primary master {seen.primary} of acme/marketing: watch another one take the lease."


def rotate(environment: Environment, _: Look) -> str:
    environment.plane.kubectl("patch", "secret", "-n", "acme", "marketing-api-key", "-p", rotated(next(_TRIES)))
    return "Changed the API key of acme/marketing: no alarm; the operator restarts waweb once it has seen the change."


def mend(environment: Environment, _: Look) -> str:
    environment.plane.kubectl("patch", "secret", "-n", "gamma", "sales-api-key", "-p", _GOOD_KEY)
    environment.plane.kubectl("rollout", "restart", "-n", "gamma", "deployment/sales-web")
    return "Gave gamma/sales a key that is long enough, and restarted its waweb: watch it become ready."


STEPS = (
    Step("k", "kill the active coreapp", kill_active),
    Step("p", "kill the primary master", kill_primary),
    Step("r", "rotate a key", rotate),
    Step("m", "mend gamma/sales", mend),
)

_GOOD_KEY = '{"stringData":{"WA_API_KEY":"a-key-that-is-long-enough"}}'
ROTATED = '{"stringData":{"WA_API_KEY":"the-next-api-key-of-marketing"}}'


def rotated(number: int) -> str:
    """A patch with a key of its own for each number."""
    return f'{{"stringData":{{"WA_API_KEY":"api-key-{number}-of-marketing"}}}}'


def commands(environment: Environment, seen: Look) -> Iterator[Command]:
    """The commands, in the order in which they make sense."""
    kubectl = environment.plane.binaries["kubectl"]
    yield Command(f"export KUBECONFIG={environment.plane.kubeconfig}")
    if shutil.which("kubectl") != os.fspath(kubectl):
        yield Command(f"alias kubectl={kubectl}")
    yield Command("kubectl get wac -A -w")
    if seen.active:
        yield Command(f"kubectl delete pod -n acme {seen.active}", "the active coreapp: a standby takes over")
    if seen.primary:
        yield Command(f"kubectl delete pod -n acme {seen.primary}", "the primary master: another takes the lease")
    yield Command(f"kubectl patch secret -n gamma sales-api-key -p '{_GOOD_KEY}'", "a key that is long enough")
    yield Command("kubectl rollout restart -n gamma deployment/sales-web", "waweb takes it when it starts")
    yield Command(
        f"kubectl patch secret -n acme marketing-api-key -p '{ROTATED}'", "no alarm: the operator restarts waweb"
    )
    yield Command("kubectl describe wac -n acme support", "the whole status, and the events")
