"""The resource WhatsAppClient: its names, spec and status."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from wahealth.api.schema import Model, rule, rules
from wahealth.api.v1alpha1.spec import Spec
from wahealth.api.v1alpha1.status import WAITING, Status

GROUP, VERSION, KIND = "wahealth.io", "v1alpha1", "WhatsAppClient"
PLURAL, SINGULAR, SHORT_NAME, CATEGORY = "whatsappclients", "whatsappclient", "wac", "whatsapp"
API_VERSION = f"{GROUP}/{VERSION}"

LONGEST_NAME = 63  # it becomes a label value


class WhatsAppClient(Model):
    """A WhatsApp Business API client whose health is watched."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                f"self.metadata.name.size() <= {LONGEST_NAME}",
                f"metadata.name must not be longer than {LONGEST_NAME} characters: it becomes a label value",
            )
        )
    )

    spec: Spec
    status: Status = Field(default_factory=Status, json_schema_extra={"default": WAITING})
