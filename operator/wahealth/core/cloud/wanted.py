"""What a resource wants of a phone number of the Cloud API, and who serves it."""

from __future__ import annotations

from dataclasses import dataclass, field

from wahealth.core.strenum import FastStrEnum


class Provider(FastStrEnum):
    """Who answers for the Cloud API: the vendor itself, or a partner in front of it."""

    GRAPH = "Graph"
    DIALOG360 = "Dialog360"


HOSTS = {Provider.GRAPH: "graph.facebook.com", Provider.DIALOG360: "waba-v2.360dialog.io"}
ORIGINS = {provider: f"https://{host}" for provider, host in HOSTS.items()}
GRAPH_VERSION = r"v[0-9]{1,3}\.[0-9]{1,2}"  # a pattern of the whole word
OPAQUE_ID = r"[0-9A-Za-z_-]+"  # of a phone number or an account; a pattern of the whole word
LONGEST_ID = 64
TEMPLATE_NAME = r"[a-z0-9_]+"  # a pattern of the whole word
LONGEST_TEMPLATE_NAME = 512
MOST_TEMPLATES = 20


@dataclass(frozen=True, slots=True)
class CloudDesired:
    """`graph_version`: the version asked, such as v26.0; empty at a provider that has none. `ignored_codes`: codes of
    entity errors that block nothing that matters to the owner of the number. `number` and `account`: opaque IDs, empty
    where they are not named. `templates`: names, in order."""

    graph_version: str
    limited_accepted: bool = False
    ignored_codes: frozenset[int] = frozenset()
    rated: bool = True  # the quality rating is shown and warned of
    number: str = field(default="", repr=False)
    provider: Provider = Provider.GRAPH
    account: str = field(default="", repr=False)
    templates: tuple[str, ...] = ()

    @property
    def whom(self) -> tuple[Provider, str]:
        """The number, by which one is told from another."""
        return self.provider, self.number
