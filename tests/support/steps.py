"""A long story, told in steps: a failure says in which."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def step(what: str) -> Iterator[None]:
    """pytest shows these lines of a test that failed; the last one is where."""
    print(f"· {what}")
    yield
