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
        raise ValueError("holds half a character, which no file and no header can") from None
    return text


Text = Annotated[str, AfterValidator(_encodable)]


def _as_json(value: Any, made: dict[int, Any] | None = None) -> Any:
    """As kubectl reads it: a date is text, and so are bytes and every key. An alias stays one."""
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
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class PodLogin(Strict):
    """Who may log in at a pod, and what a login gives."""

    username: Text
    password: Text
    token: Text
    lasts_seconds: float = Field(604_800, gt=0, description="How long the token is good.")
    limited: bool = Field(False, description="No login is looked at: HTTP 429.")


HeaderName = Annotated[str, Field(pattern=r"^[-!#$%&'*+.^_`|~0-9A-Za-z]+$")]


class Answer(NamedTuple):
    """As it comes over the wire; names of `headers` in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class PodAnswer(Strict):
    """What one web pod answers: an error, or a status with a body in one of the forms."""

    error: FailureReason | None = Field(None, description="A reason of the Reachable condition.")
    status: int = Field(200, ge=100, le=599)
    headers: dict[HeaderName, Text] = Field(
        {}, description="Location of a redirect, Retry-After in seconds; others are not looked at."
    )
    body: Any = None
    text: Text | None = None
    body_file: Path | None = None
    payload: Path | None = Field(None, description="A fixture: its http_status and body.")
    key: Text | None = Field(None, description="The API key or token that it takes; any other is answered with 401.")
    login: PodLogin | None = Field(None, description="Who may log in; without a key its token is what the pod takes.")

    @model_validator(mode="after")
    def one_form(self) -> Self:
        forms = [name for name in ("error", "text", "body_file", "payload") if getattr(self, name) is not None]
        forms += ["body"] if "body" in self.model_fields_set else []
        if len(forms) != 1:
            raise ValueError("say what it answers with one of error, body, text, bodyFile, payload")
        return self

    def answer(self, folder: Path) -> Answer:
        """Of a file no more is read than shows that it is too large; paths are relative to `folder`."""
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
    """The pod of a coreapp or a master: where it is, and on which Kubernetes node."""

    address: str | None = None
    node: str | None = None


_STORED = "A cluster holds the client like this, so that it is not asked whether the API server would admit it."


class Step(Strict):
    """What changes at a moment, in seconds since the start; what is not named stays."""

    at: float = Field(ge=0)
    pods: dict[PodName, PodAnswer | None] = {}
    secrets: dict[str, Entries | None] = {}
    client: Document = Field({}, description="An edit, as a merge patch.")
    stored: bool = Field(False, description=_STORED)
    node_pods: dict[PodName, NodePod | None] = Field({}, description="Pods of coreapps and masters; null: it is gone.")
    target: Literal["present"] | None = "present"

    @model_validator(mode="after")
    def stored_client(self) -> Self:
        if self.stored and not self.client:
            raise ValueError("stored is said of a client: add the client, or remove it")
        return self


class Client(NamedTuple):
    """The resource from a moment on. `place`: of the step that edits it; None: the one to begin with."""

    place: int | None
    at: float
    resource: dict[str, Any]
    stored: bool


class Scenario(Strict):
    client: Document
    stored: bool = Field(False, description=_STORED)
    secrets: dict[str, Entries] = {}
    steps: list[Step] = Field(min_length=1)
    until: float = Field(ge=0, le=10_000_000)

    def clients(self) -> Iterator[Client]:
        """The first, and one for each edit."""
        resource = merged({}, self.client)
        yield Client(None, 0.0, resource, self.stored)
        for place, step in enumerate(self.steps):
            if step.client:
                resource = merged(resource, step.client)
                yield Client(place, step.at, resource, step.stored)


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """A merge patch (RFC 7396): maps are merged, null removes. Onto nothing: without null, as the API server stores."""
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
