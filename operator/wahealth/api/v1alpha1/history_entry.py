"""An entry of `.status.history`, and the words that it shares with the status itself."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from wahealth.api.schema import Model

Mode = Literal["Single", "HighAvailability", "Multiconnect", "CloudAPI"]
Gateway = Literal[
    "Unknown",
    "Connected",
    "PartiallyConnected",
    "Connecting",
    "Disconnected",
    "Uninitialized",
    "Unregistered",
]


class HistoryEntry(Model):
    """A state of the client and its beginning; it lasted until the entry before it in the list begins."""

    time: AwareDatetime = Field(description="When it began.")
    ready: Literal["True", "False", "Unknown"] = Field(description="The condition Ready; Unknown while suspended.")
    reason: Annotated[str, Field(min_length=1, max_length=128)] = Field(
        description="The reason of Ready, or Suspended.", examples=["Disconnected"]
    )
    gateway: Gateway = Field(description="As in status; Unknown until something is confirmed.")
    mode: Mode | None = Field(None, description="As in status.")
    connected: Annotated[str, Field(max_length=32)] | None = Field(
        None, description="Coreapps that are connected, and that should be.", examples=["3/4"]
    )
    primary_master: Annotated[str, Field(max_length=253)] | None = Field(
        None, description="Name of the primary master.", examples=["support-master-0"]
    )
    connected_coreapps: Annotated[list[Annotated[str, Field(max_length=253)]], Field(max_length=8)] | None = Field(
        None,
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
        description="Names of the coreapps that are connected; absent if there are more than 8, or the names are long.",
        examples=[["support-coreapp-0"]],
    )
    key_in_use: Literal["Current", "Previous"] | None = Field(None, description="As in status.credentials.")
    note: Annotated[str, Field(max_length=128)] | None = Field(
        None,
        description="Says that the client flaps: the entry then stands for all its states meanwhile, and shows the "
        "last.",
        examples=["Flapping: Available changed 9 times."],
    )
