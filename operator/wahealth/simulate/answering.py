"""Requests without a connection: each is answered as a scenario says, and read by whoever reads a real response."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from wahealth.core.answer import FailureReason, Unreachable
from wahealth.probe.client import Prober, ProbeResponse
from wahealth.probe.errors import ProbeError, probe_error
from wahealth.probe.message import Headers, Reader, Request, Response
from wahealth.probe.strict_json import MOST_BYTES, TOO_LARGE
from wahealth.simulate.answers import Answer

T = TypeVar("T")


class AnsweringProber(Prober):
    """Asks nobody: `answer_to` has what comes of a request."""

    def __init__(self, answer_to: Callable[[Request], Answer | Unreachable]) -> None:
        super().__init__()
        self._answer_to = answer_to

    async def exchange(self, request: Request, read: Reader[T]) -> ProbeResponse[T | Unreachable]:
        said = self._answer_to(request)
        if isinstance(said, Unreachable):
            return ProbeResponse(said)
        headers = Headers([(name.encode(), value.encode()) for name, value in said.headers.items()])
        try:
            return ProbeResponse(await read(Response(said.status, headers, _Body(said.body))))
        except ProbeError as failed:
            return ProbeResponse(failed.outcome)


class _Body:
    """The bytes of a body, which are read up to the same bound as those of a connection."""

    def __init__(self, said: bytes) -> None:
        self._said = said

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if len(self._said) > MOST_BYTES:
            raise probe_error(FailureReason.BODY_TOO_LARGE, TOO_LARGE)
        yield self._said

    async def aclose(self) -> None:
        """Nothing is open."""
