"""The format of a scenario file: a client, its Secrets, and what its pods answer over time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from wahealth.core.answer import Unreached
from wahealth.probe.document import MOST_BYTES


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("holds half a character, which no file and no header can") from None
    return text


Text = Annotated[str, AfterValidator(_encodable)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class PodLogin(Strict):
    """Who may log in at a pod, and what a login gives."""

    username: Text
    password: Text
    token: Text
    lasts_seconds: float = Field(604_800, gt=0, description="How long the token is good.")
    limited: bool = Field(False, description="No login is looked at: HTTP 429.")


class PodAnswer(Strict):
    """What one web pod answers: an error, or a status with a body in one of the forms."""

    error: Unreached | None = Field(None, description="A reason of the Reachable condition.")
    status: int = Field(200, ge=100, le=599)
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

    def answer(self, folder: Path) -> tuple[int, bytes]:
        """HTTP status and body, of which no more is read than shows that it is too large; paths are relative to
        `folder`."""
        if self.payload is not None:
            fixture = json.loads((folder / self.payload).read_text())
            return int(fixture["http_status"]), json.dumps(fixture["body"]).encode()
        if self.body_file is not None:
            with (folder / self.body_file).open("rb") as file:
                return self.status, file.read(MOST_BYTES + 1)
        return self.status, self.text.encode() if self.text is not None else json.dumps(self.body).encode()


PodName = Annotated[str, Field(min_length=1, max_length=253)]
Entries = dict[str, Text | bytes]


class NodePod(Strict):
    """The pod of a coreapp or a master: where it is, and on which Kubernetes node."""

    address: str | None = None
    node: str | None = None


class Step(Strict):
    """What changes at a moment, in seconds since the start; what is not named stays."""

    at: float = Field(ge=0)
    pods: dict[PodName, PodAnswer | None] = {}
    secrets: dict[str, Entries | None] = {}
    client: dict[str, Any] = {}
    node_pods: dict[PodName, NodePod | None] = Field({}, description="Pods of coreapps and masters; null: it is gone.")
    target: Literal["present"] | None = "present"


class Scenario(Strict):
    client: dict[str, Any]
    secrets: dict[str, Entries] = {}
    steps: list[Step] = Field(min_length=1)
    until: float = Field(ge=0, le=10_000_000)
