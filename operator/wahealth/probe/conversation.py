"""A conversation with the core, carried out by waiting: the result of each effect is sent back once it has come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from wahealth.core.signin.flow import AuthResult, Effect, EffectResult, ProbeFlow

K = TypeVar("K")


async def carried_out(flow: ProbeFlow[K], answer: Callable[[Effect[K]], Awaitable[EffectResult[K]]]) -> AuthResult[K]:
    """What came of it; raises what `answer` raises."""
    effect = next(flow)
    while True:
        came = await answer(effect)
        try:
            effect = flow.send(came)
        except StopIteration as done:
            asked: AuthResult[K] = done.value
            return asked
