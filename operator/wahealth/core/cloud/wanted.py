"""What a resource wants of a phone number of the Cloud API."""

from __future__ import annotations

from dataclasses import dataclass, field

GRAPH_HOST = "graph.facebook.com"
GRAPH_ORIGIN = f"https://{GRAPH_HOST}"
GRAPH_VERSION = r"v[0-9]{1,3}\.[0-9]{1,2}"  # a pattern of the whole word
PHONE_NUMBER_ID = r"[0-9A-Za-z_-]+"  # a pattern of the whole word
LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class CloudDesired:
    """`graph_version`: the version asked, such as v26.0. `ignored_codes`: codes of entity errors that block nothing
    that matters to the owner of the number. `number`: its ID, by which one is told from another."""

    graph_version: str
    limited_accepted: bool = False
    ignored_codes: frozenset[int] = frozenset()
    rated: bool = True  # the quality rating is shown and warned of
    number: str = field(default="", repr=False)
