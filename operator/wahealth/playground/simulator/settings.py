"""What can be set of a simulated client and of one pod of it, by annotation, file or the control interface."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class AnswerFaults(BaseModel):
    """What goes wrong on the way from a request to its answer."""

    model_config = ConfigDict(extra="forbid")

    delay: float = Field(0, ge=0, description="Seconds until the answer begins.")
    reset: bool = Field(False, description="Reset the connection when the request has come.")
    hang: bool = Field(False, description="Take the request and never answer.")
    drip: float = Field(0, ge=0, description="Seconds between one byte of the body and the next; 0: all at once.")
    status: int | None = Field(None, ge=200, le=599, description="HTTP status to answer instead.")
    body: str | None = Field(None, description="Body to answer instead, whatever it is.")
    headers: dict[str, str] = Field(default_factory=dict, description="Headers to add.")


class Faults(AnswerFaults):
    """The same, and no connection at all. All may be set for a client or for one of its web pods."""

    refuse: bool = Field(False, description="Do not listen: connections are refused.")


class ClientSettings(Faults):
    """One simulated client. `shards` absent: a single instance; 1 without `multiconnect`: High Availability."""

    shards: Literal[1, 2, 4, 8, 16, 32] | None = None
    multiconnect: bool = False
    registered: bool = True
    gateway_status: str | None = Field(None, description="What every node says, also a word nobody knows.")
    failover_seconds: float = Field(
        5, ge=0, description="From the death of an active node to its successor's connection."
    )
    startup_seconds: float = Field(1, ge=0, description="From a pod's start until it takes part.")
    linger_seconds: float | None = Field(None, ge=0, description="How long a dead node is listed; default: a failover.")
    version: str | None = "v2.45.1"
    json_401: bool = Field(True, description="Whether a 401 has a JSON body.")
    username: str = "admin"
    password: str = "secret-password"

    @property
    def many_connections(self) -> bool:
        return self.multiconnect or (self.shards or 1) > 1


class PodSettings(Faults):
    """One pod: a node of the answer, or a web pod with faults of its own."""

    gateway_status: str | None = None
    errors: bool = Field(False, description="The node cannot be asked: only `errors` in its entry.")
    role: Literal["none"] | None = Field(None, description="`none`: its entry has no role.")
    left_out: bool = Field(False, description="The answer does not list it.")
