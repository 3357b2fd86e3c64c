"""A conversation with the core, carried out by waiting: each command is answered when its answer has come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from wahealth.core.signin.talk import Asked, Asking, Came, Command

K = TypeVar("K")


async def carried_out(talk: Asking[K], answer: Callable[[Command[K]], Awaitable[Came[K]]]) -> Asked[K]:
    """What came of it; raises what `answer` raises."""
    command = next(talk)
    while True:
        came = await answer(command)
        try:
            command = talk.send(came)
        except StopIteration as done:
            asked: Asked[K] = done.value
            return asked
