"""The format of a scenario file: a client, its Secrets, and what its pods answer over time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from wahealth.core.answer import FailureReason
from wahealth.probe.strict_json import MOST_BYTES


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("contains half a character (a surrogate), which cannot be encoded") from None
    return text


Text = Annotated[str, AfterValidator(_encodable)]


def _as_json(value: Any, made: dict[int, Any] | None = None) -> Any:
    """The value as kubectl would read it: dates, bytes and keys become text. Aliases stay shared objects; `made` maps
    the id of an object to its copy."""
    made = {} if made is None else made
    if id(value) in made:
        return made[id(value)]
    if isinstance(value, dict):
        fields: dict[str, Any] = {}
        made[id(value)] = fields
        fields |= {str(name): _as_json(inner, made) for name, inner in value.items()}
        return fields
    if isinstance(value, list):
        entries: list[Any] = []
        made[id(value)] = entries
        entries += [_as_json(inner, made) for inner in value]
        return entries
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value if value is None or isinstance(value, str | int | float) else str(value)


Document = Annotated[dict[str, Any], AfterValidator(_as_json)]


class Strict(BaseModel):
    """A part of a scenario, in camelCase; unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class PodLogin(Strict):
    """The user that may log in at a pod, and the token that a login returns."""

    username: Text
    password: Text
    token: Text
    lasts_seconds: float = Field(604_800, gt=0, description="How long the token is valid.")
    limited: bool = Field(False, description="Every login is answered with HTTP 429.")


HeaderName = Annotated[str, Field(pattern=r"^[-!#$%&'*+.^_`|~0-9A-Za-z]+$")]


class Answer(NamedTuple):
    """An HTTP answer. The names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class PodAnswer(Strict):
    """What one web pod answers: an error, or a status with a body in one of the forms."""

    error: FailureReason | None = Field(None, description="A reason of the Reachable condition.")
    status: int = Field(200, ge=100, le=599)
    headers: dict[HeaderName, Text] = Field(
        {}, description="Location of a redirect, Retry-After in seconds; others are ignored."
    )
    body: Any = None
    text: Text | None = None
    body_file: Path | None = None
    payload: Path | None = Field(None, description="A fixture: its http_status and body.")
    key: Text | None = Field(
        None, description="The API key or token that the pod accepts; any other is answered with 401."
    )
    login: PodLogin | None = Field(
        None, description="The user that may log in. Without `key`, the pod accepts its token."
    )

    @model_validator(mode="after")
    def one_form(self) -> Self:
        forms = [name for name in ("error", "text", "body_file", "payload") if getattr(self, name) is not None]
        forms += ["body"] if "body" in self.model_fields_set else []
        if len(forms) != 1:
            raise ValueError("say what it answers with one of error, body, text, bodyFile, payload")
        return self

    def answer(self, folder: Path) -> Answer:
        """The HTTP answer. Paths are relative to `folder`; of a file that is too large only the beginning is read.

        Raises `OSError`, `ValueError`, `LookupError` or `TypeError` for a file that cannot be used.
        """
        headers = {name.lower(): value for name, value in self.headers.items()}
        if self.payload is not None:
            fixture = json.loads((folder / self.payload).read_text())
            return Answer(int(fixture["http_status"]), headers, json.dumps(fixture["body"]).encode())
        if self.body_file is not None:
            with (folder / self.body_file).open("rb") as file:
                return Answer(self.status, headers, file.read(MOST_BYTES + 1))
        body = self.text if self.text is not None else json.dumps(self.body)
        return Answer(self.status, headers, body.encode())


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
    pods: dict[PodName, PodAnswer | None] = {}
    secrets: dict[str, Entries | None] = {}
    client: Document = Field({}, description="An edit, as a merge patch.")
    stored: bool = Field(False, description=_STORED)
    node_pods: dict[PodName, NodePod | None] = Field({}, description="Pods of coreapps and masters; null removes one.")
    target: Literal["present"] | None = "present"

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
    secrets: dict[str, Entries] = {}
    steps: list[Step] = Field(min_length=1)
    until: float = Field(ge=0, le=10_000_000)

    def clients(self) -> Iterator[Client]:
        """The client at the start, then after each edit."""
        resource = merged({}, self.client)
        yield Client(None, 0.0, resource, self.stored)
        for place, step in enumerate(self.steps):
            if step.client:
                resource = merged(resource, step.client)
                yield Client(place, step.at, resource, step.stored)


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """`old` with the merge patch `new` (RFC 7396): maps are merged, null removes. A new map is stored without its
    nulls, as in the API server."""
    result = dict(old)
    for name, value in new.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            before = result.get(name)
            result[name] = merged(before if isinstance(before, dict) else {}, value)
        else:
            result[name] = value
    return result
