"""The live screen: looks once a second, draws what has changed, and takes the steps whose keys are pressed."""

from __future__ import annotations

import time
from collections.abc import Sequence

from wahealth.playground.cluster.control_plane import ControlPlaneFailed
from wahealth.playground.demo import cast
from wahealth.playground.demo.colours import drawn
from wahealth.playground.demo.keys import Keys
from wahealth.playground.demo.look import Look, harmless, look, missing_of
from wahealth.playground.demo.page import Line, Screen, command_page, page
from wahealth.playground.demo.steps import STEPS, commands
from wahealth.playground.environment import Environment, NeverCame, until_kinds_are_served
from wahealth.playground.manifests import Document

_LOOK_FOR_DELETED = 3.0  # seconds from one time to the next
_SAID_FOR = 15.0  # seconds for which a step is told


class Demo:
    """The screen and what it remembers from one second to the next. `flags`: those of the operator."""

    def __init__(self, environment: Environment, flags: Sequence[str]) -> None:
        self._environment = environment
        self._flags = flags
        self._gone: list[Document] = []
        self._looked = 0.0
        self._said, self._said_at = "", 0.0
        self._only_commands = False
        self.seen = Look()

    def look(self) -> None:
        now = time.monotonic()
        if now - self._looked >= _LOOK_FOR_DELETED:
            self._look_for_deleted()
            self._looked = now
        self.seen = look(self._environment, self._gone)
        if now - self._said_at >= _SAID_FOR:
            self._said = ""

    def _look_for_deleted(self) -> None:
        everything = [*cast.definition_and_rights(), *cast.objects(self._environment)]
        try:
            gone = missing_of(self._environment, everything)
        except ControlPlaneFailed:
            return  # `look` tells that the API server does not answer
        if len(gone) > len(self._gone):
            self._said = ""  # it was about a world that is no more
        self._gone = gone

    def lines(self, screen: Screen) -> list[Line]:
        """The page, or the commands alone if they were asked for."""
        offered = list(commands(self._environment, self.seen))
        if self._only_commands:
            return command_page(offered, screen)
        return page(self.seen, offered, screen, self._said)

    def press(self, key: str) -> bool:
        """Takes the step of the key; False if it ends the demo."""
        if self._only_commands:
            self._only_commands = False
        elif key == "q":
            return False
        elif key == "c":
            self._only_commands = True
        else:
            self._take(key)
        return True

    def _take(self, key: str) -> None:
        try:
            said = self._restored() if key == "n" else self._stepped(key)
        except (ControlPlaneFailed, NeverCame) as error:
            said = f"That did not work: {harmless(str(error))}"
        if said:
            self._said, self._said_at = said, time.monotonic()

    def _stepped(self, key: str) -> str:
        step = next((step for step in STEPS if step.key == key), None)
        return step.take(self._environment, self.seen) if step is not None else ""

    def _restored(self) -> str:
        """Creates what is missing, and starts the operator again if it has ended or its account is another one."""
        environment = self._environment
        needed, shown = list(cast.definition_and_rights()), list(cast.objects(environment))
        rights = missing_of(environment, needed)
        if rights:
            environment.apply(rights)
            until_kinds_are_served(environment.plane.read)
        objects = missing_of(environment, shown)
        if objects:
            environment.apply(objects)
        account = any(document["kind"] in {"ServiceAccount", "Namespace"} for document in rights)
        ended = environment.operator is None or not environment.operator.alive()
        if account or ended:
            environment.stop_operator()
            environment.start_operator(self._flags)
        self._looked = 0.0
        if missing_of(environment, (*needed, *shown)):
            return "Some of it is still being deleted: press n again in a moment."
        return "Everything is there again." if rights or objects or ended else "Nothing was missing."


def live(environment: Environment, flags: Sequence[str]) -> int:
    """Shows the demo until it is interrupted or `q` is pressed. Returns 0."""
    from rich.console import Console
    from rich.live import Live

    console, demo = Console(), Demo(environment, flags)
    drawn_last: tuple[list[Line], Screen] | None = None
    with Keys() as keys, Live(console=console, auto_refresh=False, screen=console.is_terminal) as view:
        while True:
            demo.look()
            screen = Screen(console.width, console.height, keys.there)
            now = demo.lines(screen), screen
            if now != drawn_last:
                view.update(drawn(now[0]), refresh=True)
                drawn_last = now
            if (key := keys.wait(1)) and not demo.press(key):
                return 0
