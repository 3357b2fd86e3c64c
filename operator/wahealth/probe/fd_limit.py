"""File descriptors: a fleet needs one a web pod, and systems begin with 1,024."""

from __future__ import annotations

import contextlib
import resource


def raise_limit() -> None:
    """As many as this process may have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def at_most_half(most: int) -> int:
    """`most`, or half of the descriptors that there may be, where that is less."""
    return at_most_one_in(2, most)


def at_most_one_in(parts: int, most: int) -> int:
    """`most`, or so many of the descriptors that there may be, where that is less; at least one."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return most if soft == resource.RLIM_INFINITY else max(1, min(most, soft // parts))
