"""The demo's screen on a real API server: each key does what it says, and whatever is deleted is told and put back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.worlds import World, Worlds
from wahealth.playground.demo.cast import OPERATOR_FLAGS, VERDICTS
from wahealth.playground.demo.live import Demo
from wahealth.playground.demo.once import ready_reason
from wahealth.playground.demo.page import Screen
from wahealth.playground.environment import until
from wahealth.playground.numbers import cloud_file

SCREEN = Screen(80, 24)
pytestmark = pytest.mark.alone  # how long the demo takes to recover depends on whoever runs beside it
PATIENCE = 180  # seconds; the operator waits between two tries while its kind is not served
BACK = "Everything is there again."


class Running:
    """A demo, and the world that it shows."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.flags = [*OPERATOR_FLAGS, *world.start_cloud(cloud_file())]
        self.demo = Demo(world, self.flags)
        self.plane = world.plane

    def screen(self) -> str:
        self.demo.look()
        lines = self.demo.lines(SCREEN)
        assert max(len(line.text) for line in lines) <= SCREEN.width
        return "\n".join(line.text for line in lines)

    def shows(self, *words: str, seconds: float = 60) -> None:
        """What is shown may be folded anywhere."""
        until(
            lambda: all(word in " ".join(self.screen().split()) for word in words), f"the screen shows {words}", seconds
        )

    def put_back(self) -> None:
        """Some of it may still be on its way out when the key is pressed for the first time."""

        def pressed() -> bool:
            self.demo.press("n")
            return BACK in self.screen() or "Nothing was missing." in self.screen()

        until(pressed, "everything is there again", PATIENCE)
        until(self.has_all_clients, "the eight clients", PATIENCE)

    def has_all_clients(self) -> bool:
        return VERDICTS.keys() <= {(c["metadata"]["namespace"], c["metadata"]["name"]) for c in self.world.clients()}

    def has_all_verdicts(self) -> bool:
        there = {(c["metadata"]["namespace"], c["metadata"]["name"]): c for c in self.world.clients()}
        return all(who in there and ready_reason(there[who]) == wanted for who, wanted in VERDICTS.items())


@pytest.fixture(scope="module")
def running(worlds: Worlds) -> Iterator[Running]:
    with worlds.own() as world:
        started = Running(world)
        started.put_back()  # nothing is there yet, not even the operator
        until(started.has_all_verdicts, "the eight verdicts", PATIENCE)
        yield started


def test_all_verdicts_are_shown(running: Running) -> None:
    running.shows("acme support HighAvailability True", "gamma archive False", "delta newsletter CloudAPI False")


def test_a_key_kills_the_active_coreapp(running: Running) -> None:
    running.shows("support HighAvailability True")
    active = running.demo.seen.active
    assert active
    running.demo.press("k")
    running.shows(f"Killed the active coreapp {active} of acme/support")
    until(lambda: running.screen() and running.demo.seen.active not in {"", active}, "a successor", 60)


def test_a_key_rotates_a_key_each_time(running: Running) -> None:
    def key() -> str:
        return str(running.plane.kubectl("get", "secret", "-n", "acme", "marketing-api-key", "-o", "jsonpath={.data}"))

    keys = [key()]
    for _ in range(2):
        running.demo.press("r")
        running.shows("Changed the API key of acme/marketing")
        keys.append(key())
    assert len(set(keys)) == 3


def test_commands_are_a_page_that_any_key_leaves(running: Running) -> None:
    running.demo.press("c")
    assert f"export KUBECONFIG={running.plane.kubeconfig}" in running.screen().splitlines()
    assert running.demo.press("q")
    assert "NAMESPACE" in running.screen()
    assert not running.demo.press("q")


@pytest.mark.parametrize(
    ("deleted", "told"),
    [
        (("wac", "support", "-n", "acme"), "Deleted: WhatsAppClient acme/support."),
        (("crd", "whatsappclients.wahealth.io"), "Deleted: CustomResourceDefinition whatsappclients.wahealth.io"),
        (("namespace", "beta", "--wait=false"), "Namespace beta"),
        (("secret", "sales-api-key", "-n", "gamma"), "Deleted: Secret gamma/sales-api-key."),
        (("serviceaccount", "wahealth-operator", "-n", "wahealth-system"), "ServiceAccount wahealth-system/"),
        (("clusterrole", "wahealth-operator"), "Deleted: ClusterRole wahealth-operator."),
    ],
    ids=lambda words: words[0] if isinstance(words, tuple) else "",
)
def test_what_is_deleted_is_told_and_put_back(running: Running, deleted: tuple[str, ...], told: str) -> None:
    running.plane.kubectl("delete", *deleted)
    running.shows(told, "Press n")
    running.put_back()
    assert "Deleted" not in running.screen()


def test_an_operator_that_has_ended_is_told_and_started_again(running: Running) -> None:
    assert running.world.operator is not None
    running.world.operator.stop()
    running.shows("The operator has ended.", "Press n")
    running.put_back()
    assert running.world.operator.alive()
