"""Metrics as Prometheus reads them, a family at a time: nobody waits for all of them, and no more than one is in
memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client import Metric
from prometheus_client.exposition import choose_encoder

_END = b"# EOF\n"


def table(families: Iterable[Metric]) -> str:
    """A row of Markdown for each, by name."""
    rows = {f"| `{_shown(family)}` | {family.type} | {family.documentation} |" for family in families}
    return "\n".join(["| metric | type | |", "|---|---|---|", *sorted(rows)]) + "\n"


def _shown(family: Metric) -> str:
    return f"{family.name}_total" if family.type == "counter" else family.name


class _One:
    def __init__(self, family: Metric) -> None:
        self._family = family

    def collect(self) -> Iterator[Metric]:
        yield self._family


def exposition(families: Iterable[Metric], accept: str) -> tuple[str, Iterator[bytes]]:
    """The media type, as the header `Accept` wants it, and the pieces."""
    encode, media_type = choose_encoder(accept)
    return media_type, _pieces(families, encode, "openmetrics" in media_type)


def _pieces(families: Iterable[Metric], encode: object, ends: bool) -> Iterator[bytes]:
    for family in families:
        yield bytes(encode(_One(family))).removesuffix(_END)  # type: ignore[operator]
    if ends:
        yield _END
