"""Metrics as Prometheus reads them, some hundred series at a time: whoever writes them can do other things in between.

The library writes what it counts; series of many resources are written here, because it needs 40 µs for each and a
fleet of 10,000 has 140,000 of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Literal, NamedTuple

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

_END = b"# EOF\n"
_AT_ONCE = 500  # series: a millisecond or two
_ESCAPED = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})

Sample = tuple[tuple[str, ...], float]


class Family(NamedTuple):
    """Series of one name; that of a counter is without `_total`."""

    name: str
    text: str
    labels: tuple[str, ...]
    samples: Iterable[Sample]
    kind: Literal["gauge", "counter"] = "gauge"


def exposition(
    registry: CollectorRegistry, families: Iterable[Family], accept: str = "", names: Collection[str] = ()
) -> tuple[str, Iterator[bytes]]:
    """The media type, as the header `Accept` wants it, and the pieces. `names`: these families alone, where any are
    named, as `name[]` of Prometheus' client libraries has it."""
    encode, media_type = choose_encoder(accept)
    opened = "openmetrics" in media_type
    wanted = registry.restricted_registry(names) if names else registry

    def pieces() -> Iterator[bytes]:
        yield bytes(encode(wanted)).removesuffix(_END)
        for family in families:
            if not names or {family.name, _full_name(family.name, family.kind)} & set(names):
                lines = _lines(family, opened)
                while piece := "".join(islice(lines, _AT_ONCE)):
                    yield piece.encode()
        if opened:
            yield _END

    return media_type, pieces()


def table(registry: CollectorRegistry, families: Iterable[Family]) -> Iterator[str]:
    """Rows of Markdown: of what the library counts, and of the families."""
    yield _rows({(_full_name(one.name, one.type), one.type, one.documentation) for one in registry.collect()})
    yield _rows({(_full_name(one.name, one.kind), one.kind, one.text) for one in families})


def _rows(rows: Iterable[tuple[str, str, str]]) -> str:
    head = "| metric | type | |\n|---|---|---|\n"
    return head + "".join(f"| `{name}` | {kind} | {text} |\n" for name, kind, text in sorted(rows))


def _full_name(name: str, kind: str) -> str:
    return f"{name}_total" if kind == "counter" else name


def _lines(family: Family, opened: bool) -> Iterator[str]:
    full = _full_name(family.name, family.kind)
    name = family.name if opened else full
    yield f"# HELP {name} {family.text}\n# TYPE {name} {family.kind}\n"
    labels = ",".join(f'{label}="%s"' for label in family.labels)
    form = f"{full}{{{labels}}} %r\n"
    for values, value in family.samples:
        yield form % (*map(_escaped, values), value)


def _escaped(value: str) -> str:
    return value if value.isalnum() else value.translate(_ESCAPED)
