"""A phone number of the Cloud API: `.spec.target.cloud`, and what is wanted of it: `.spec.cloud`."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from wahealth.api.schema import Model, rule, rules
from wahealth.core.cloud.wanted import GRAPH_VERSION, LONGEST_ID, MOST_TEMPLATES, OPAQUE_ID, TEMPLATE_NAME

_AT_DIALOG360 = "has(self.provider) && self.provider == 'Dialog360'"


class CloudTarget(Model):
    """A phone number of the Cloud API."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                f"{_AT_DIALOG360} || has(self.phoneNumberID)",
                "provider Graph needs phoneNumberID: name the ID that the Business Manager shows",
            ),
            rule(
                f"!({_AT_DIALOG360}) || (!has(self.graphVersion) && !has(self.accountID))",
                "graphVersion and accountID apply only with provider Graph: remove them",
            ),
        )
    )

    provider: Literal["Graph", "Dialog360"] = Field(
        "Graph",
        description="Graph: graph.facebook.com, with auth.bearerToken. Dialog360: waba-v2.360dialog.io, with "
        "auth.apiKey, whose key stands for one number.",
    )
    phone_number_id: Annotated[str, Field(min_length=1, max_length=LONGEST_ID, pattern=f"^{OPAQUE_ID}$")] | None = (
        Field(
            None,
            alias="phoneNumberID",
            description="ID of the phone number, as the Business Manager shows it; not the number itself. Required "
            "with provider Graph, and only for your own information with Dialog360.",
            examples=["900000000000001"],
        )
    )
    graph_version: Annotated[str, Field(max_length=7, pattern=f"^{GRAPH_VERSION}$")] | None = Field(
        None,
        description="Version of the Graph API. Default: the newest that the operator knows; status.cloud says which.",
        examples=["v26.0"],
    )
    account_id: Annotated[str, Field(min_length=1, max_length=LONGEST_ID, pattern=f"^{OPAQUE_ID}$")] | None = Field(
        None,
        alias="accountID",
        description="ID of the WhatsApp Business account that the number belongs to: tells a number that is gone from "
        "one that the token does not see, and is needed for cloud.templates.",
        examples=["900000000000002"],
    )

    @model_validator(mode="after")
    def number_named(self) -> Self:
        if self.provider == "Graph" and self.phone_number_id is None:
            raise ValueError
        return self


class Cloud(Model):
    """What counts about a phone number of the Cloud API."""

    limited: Literal["Degraded", "Accepted"] = Field(
        "Degraded", description="Accepted: a number that may send messages within limits counts as Connected."
    )
    ignored_codes: list[Annotated[int, Field(ge=1, le=9_999_999)]] = Field(
        default_factory=list,
        max_length=50,
        description="Codes of entity errors that do not matter to you: an entity blocked by these alone counts as "
        "available.",
        examples=[[141010]],
        json_schema_extra={"x-kubernetes-list-type": "set"},
    )
    templates: list[Annotated[str, Field(min_length=1, max_length=512, pattern=f"^{TEMPLATE_NAME}$")]] = Field(
        default_factory=list,
        max_length=MOST_TEMPLATES,
        description="Message templates that must be approved: the condition TemplatesUsable, which does not count for "
        "Ready.",
        examples=[["order_update"]],
        json_schema_extra={"x-kubernetes-list-type": "set"},
    )
    quality: Literal["Warn", "Ignore"] = Field(
        "Warn", description="Warn: the condition QualityAcceptable and its events. Ignore: neither of them."
    )
