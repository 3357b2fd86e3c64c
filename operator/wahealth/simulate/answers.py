"""What those who are asked answer, as a scenario's file says it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Self

from pydantic import Field, model_validator

from wahealth.core.answer import FailureReason
from wahealth.probe.strict_json import MOST_BYTES
from wahealth.simulate.document import Strict, Text


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
