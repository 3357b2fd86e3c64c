"""The format of a scenario file: a client, its Secrets, and what its pods or the Cloud API answer over time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from wahealth.simulate.answers import AccountAnswer, CloudAnswer, HttpAnswer, PodAnswer, TokenAnswer
from wahealth.simulate.document import Document, Strict, Text, merged

PodName = Annotated[str, Field(min_length=1, max_length=253)]
Entries = dict[str, Text | bytes]


class NodePod(Strict):
    """The pod of a coreapp or a master: its address and its Kubernetes node."""

    address: str | None = None
    node: str | None = None


_STORED = "The cluster already holds this client, so admission is not checked."


class Step(Strict):
    """A change at one instant, in seconds since the start. Whatever it does not name stays as it was; null removes."""

    at: float = Field(ge=0)
    pods: dict[PodName, PodAnswer | None] = Field({})
    cloud: CloudAnswer | None = Field(
        None, description="What the Cloud API answers about the number; null: it does not answer, as at the start."
    )
    cloud_token: TokenAnswer | None = Field(None, description="The same about the token, at debug_token.")
    cloud_account: AccountAnswer | None = Field(None, description="The same about the account, and its templates.")
    secrets: dict[str, Entries | None] = Field({})
    client: Document = Field({}, description="An edit, as a merge patch.")
    stored: bool = Field(False, description=_STORED)
    node_pods: dict[PodName, NodePod | None] = Field({}, description="Pods of coreapps and masters; null removes one.")
    target: Literal["present"] | None = "present"
    restart: bool = Field(False, description="The operator starts again, and remembers only what the status says.")

    def answers(self) -> Iterator[tuple[tuple[str, ...], HttpAnswer]]:
        """Each answer of this step, and where it is in the file."""
        named: list[tuple[tuple[str, ...], HttpAnswer | None]] = [
            *((("pods", name), pod) for name, pod in self.pods.items()),
            *((("cloud",), self.cloud), (("cloudToken",), self.cloud_token), (("cloudAccount",), self.cloud_account)),
        ]
        yield from ((where, answer) for where, answer in named if answer is not None)

    @model_validator(mode="after")
    def stored_client(self) -> Self:
        if self.stored and not self.client:
            raise ValueError("stored needs a client: add the client, or remove stored")
        return self


class Client(NamedTuple):
    """The resource from `at` (seconds) on. `place` is the index of the step that edits it; None for the first
    client."""

    place: int | None
    at: float
    resource: dict[str, Any]
    stored: bool


class Scenario(Strict):
    """A whole scenario: the client and its Secrets at the start, the steps in order, and the end in seconds."""

    client: Document
    stored: bool = Field(False, description=_STORED)
    secrets: dict[str, Entries] = Field({})
    steps: list[Step] = Field(min_length=1)
    until: float = Field(ge=0, le=10_000_000)
    report: Document = Field({}, description="What `kubectl wa report` saw; it is not played.")

    def clients(self) -> Iterator[Client]:
        """The client at the start, then after each edit."""
        resource = merged({}, self.client)
        yield Client(None, 0.0, resource, self.stored)
        for place, step in enumerate(self.steps):
            if step.client:
                resource = merged(resource, step.client)
                yield Client(place, step.at, resource, step.stored)
