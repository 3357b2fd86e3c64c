"""How often token, account and templates of a number are looked at: in every tenth round, in the number's own budget.

What is said of a token serves all its numbers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from weakref import WeakValueDictionary

from wahealth.core.cloud.number_checks import EVERY, NumberChecks, TokenReport
from wahealth.core.cloud.wanted import CloudDesired
from wahealth.kube.records import Cached
from wahealth.probe.cloud.graph_look import NumberLook, has_checks

_TOKEN_HELD = 1800.0  # seconds for which what is said of a token serves other numbers


def cost_of(wanted: CloudDesired) -> float:
    """Requests of one round of a number, on average, with what is looked at besides it."""
    return 1.0 + (1 + bool(wanted.account)) / EVERY if has_checks(wanted) else 1.0


class TokenReports:
    """What was said last of each token, by its digest, or that nothing was; shared by all numbers of the process."""

    def __init__(self) -> None:
        self._held: dict[str, Cached[TokenReport | None]] = {}  # in the order of expiry
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def looked(self, look: NumberLook, before: NumberChecks) -> NumberChecks:
        """What is found now, and where nothing is, what was known `before`. Raises `ObserverFault`."""
        token = await self._of(look.credential.digest + look.credential.proof, look.token)
        return await look.found(before, token)

    async def _of(self, digest: str, ask: Callable[[], Awaitable[TokenReport | None]]) -> TokenReport | None:
        """What is held, else what `ask` finds out; of many that want the same, one asks."""
        lock = self._asking.get(digest) or self._asking.setdefault(digest, asyncio.Lock())
        async with lock:
            held = self._held.get(digest)
            if held is not None and _now() < held.until:
                return held.value
            found = await ask()
            self._hold(digest, found)
            return found

    def _hold(self, digest: str, found: TokenReport | None) -> None:
        now = _now()
        self._held.pop(digest, None)
        self._held[digest] = Cached(found, now + _TOKEN_HELD)
        while now >= next(iter(self._held.values())).until:
            del self._held[next(iter(self._held))]


def _now() -> float:
    return asyncio.get_running_loop().time()
