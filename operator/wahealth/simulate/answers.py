"""What those who are asked answer, as a scenario's file says it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, NamedTuple, Self

from pydantic import Field, model_validator
from pydantic.alias_generators import to_camel

from wahealth.core.answer import FailureReason
from wahealth.probe.strict_json import MOST_BYTES
from wahealth.simulate.document import Strict, Text, merged


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


class HttpAnswer(Strict):
    """What somebody answers over HTTP: an error, or a status with a body in one of the forms."""

    FORMS: ClassVar[Sequence[str]] = ("error", "body", "text", "body_file", "payload")

    error: FailureReason | None = Field(None, description="A reason of the Reachable condition.")
    status: int = Field(200, ge=100, le=599)
    headers: dict[HeaderName, Text] = Field(
        {}, description="Those that count: Location of a redirect, Retry-After in seconds, and those of the Cloud API."
    )
    body: Any = None
    text: Text | None = None
    body_file: Path | None = None
    payload: Path | None = Field(None, description="A fixture: its http_status and body.")
    key: Text | None = Field(
        None, description="The API key or token that is accepted; any other is answered with a refusal."
    )

    @model_validator(mode="after")
    def one_form(self) -> Self:
        if sum(map(self._has, self.FORMS)) != 1:
            raise ValueError(f"say what it answers with one of {', '.join(map(to_camel, self.FORMS))}")
        return self

    def _has(self, form: str) -> bool:
        null_is_one = form == "body" and "body" in self.model_fields_set
        return null_is_one or getattr(self, form) is not None

    @property
    def given(self) -> Any:
        """The part of the body that the file gives as YAML; None: it gives none."""
        return self.body

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


class PodAnswer(HttpAnswer):
    """What one web pod answers."""

    login: PodLogin | None = Field(
        None, description="The user that may log in. Without `key`, the pod accepts its token."
    )


_IDS = {"PHONE_NUMBER": "900000000000001", "WABA": "900000000000002", "BUSINESS": "900000000000003", "APP": "900000004"}
_ENTITIES = [{"entity_type": type_, "id": id_, "can_send_message": "AVAILABLE"} for type_, id_ in _IDS.items()]
# All IDs are invented.
GOOD_NUMBER: Mapping[str, Any] = {
    "health_status": {"can_send_message": "AVAILABLE", "entities": _ENTITIES},
    "status": "CONNECTED",
    "quality_rating": "GREEN",
    "platform_type": "CLOUD_API",
    "whatsapp_business_manager_messaging_limit": "TIER_1K",
    "id": _IDS["PHONE_NUMBER"],
}
GOOD_TOKEN: Mapping[str, Any] = {
    "data": {"is_valid": True, "app_id": _IDS["APP"], "expires_at": 0, "scopes": ["whatsapp_business_management"]}
}
GOOD_ACCOUNT: Mapping[str, Any] = {"id": _IDS["WABA"], "data": []}


class CloudAnswer(HttpAnswer):
    """What the Cloud API answers about the phone number."""

    FORMS: ClassVar[Sequence[str]] = (*HttpAnswer.FORMS, "fields")
    GOOD: ClassVar[Mapping[str, Any]] = GOOD_NUMBER

    fields: dict[str, Any] | None = Field(
        None, description="The answer where all is well, with this merge patch: null leaves out a field."
    )

    @property
    def given(self) -> Any:
        return self.body if self.fields is None else self.fields

    def answer(self, folder: Path) -> Answer:
        answer = super().answer(folder)
        if self.fields is None:
            return answer
        return answer._replace(body=json.dumps(merged(self.GOOD, self.fields)).encode())


class TokenAnswer(CloudAnswer):
    """What the Cloud API answers about the token (`debug_token`)."""

    GOOD: ClassVar[Mapping[str, Any]] = GOOD_TOKEN


class AccountAnswer(CloudAnswer):
    """What the Cloud API answers about the account, and about its templates."""

    GOOD: ClassVar[Mapping[str, Any]] = GOOD_ACCOUNT
