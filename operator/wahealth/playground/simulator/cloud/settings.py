"""What can be set of a simulated Cloud API, by its file or the control interface: a model for each kind of object.

The defaults make one healthy number, with its account, app, token and key.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from wahealth.playground.simulator.settings import AnswerFaults

NUMBER, ACCOUNT, BUSINESS, APP = "100000000000001", "200000000000001", "300000000000001", "400000000000001"
TOKEN, API_KEY = "an-invented-token", "an-invented-key"
MANAGEMENT = "whatsapp_business_management"

UsageHeaders = Literal["App", "BusinessUseCase", "Both", "None"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ErrorSettings(Strict):
    """An error of the Graph API. What is not set is as usual for its code and subcode."""

    code: int
    subcode: int | None = None
    http_status: int | None = Field(None, ge=200, le=599)
    type: str | None = None
    message: str | None = None
    is_transient: bool | None = None


class GraphFaults(Strict):
    """What goes wrong with each answer about one thing."""

    error: ErrorSettings | None = Field(None, description="Error to answer instead.")
    faults: AnswerFaults = Field(default_factory=AnswerFaults, description="On the way to the answer, whatever it is.")

    @property
    def is_faulty(self) -> bool:
        return self.error is not None or self.faults != AnswerFaults()


class EntitySettings(Strict):
    """One entity of `health_status`."""

    can_send_message: str | None = Field("AVAILABLE", description="Any word; null: nothing is said of messages.")
    can_receive_call_sip: str | None = None
    errors: list[int | dict[str, Any]] = Field(
        default_factory=list, description="Codes, with texts of ours, or whole errors."
    )
    additional_info: list[str] = Field(default_factory=list)
    left_out: bool = False


class ObjectSettings(GraphFaults):
    """A number or an account: what both have."""

    exists: bool = Field(True, description="Else the answer is the one for a wrong id: code 100, subcode 33.")
    entities: dict[str, EntitySettings] = Field(
        default_factory=dict, description="By PHONE_NUMBER, WABA, BUSINESS, APP or an unknown type."
    )
    can_send_message: str | None = Field(None, description="The outer word; by default the worst of the entities'.")
    left_out: list[str] = Field(
        default_factory=list, description="Fields that the answer lacks, such as health_status."
    )
    fields: dict[str, Any] = Field(default_factory=dict, description="Fields to answer as they stand here.")
    nonexisting: list[str] = Field(
        default_factory=list, description="Fields that this version does not know: asking for one is an error."
    )


class NumberSettings(ObjectSettings):
    """A phone number. Its words are answered as they are, known or not."""

    account: str = ACCOUNT
    app: str = Field(APP, description="By which 360dialog asks.")
    status: str = "CONNECTED"
    quality_rating: str = "GREEN"
    name_status: str = "APPROVED"
    code_verification_status: str = "VERIFIED"
    platform_type: str = "CLOUD_API"
    throughput: str = "STANDARD"
    account_mode: str = "LIVE"
    messaging_limit: str = "TIER_1K"
    display_phone_number: str = "+1 555-0100"
    verified_name: str = "An Invented Shop"


class TemplateSettings(Strict):
    """A message template, with the vendor's words."""

    language: str = "en"
    status: str = "APPROVED"
    category: str = "UTILITY"
    quality: str = "GREEN"


class AccountSettings(ObjectSettings):
    """A WhatsApp Business Account. Its entities are those of each of its numbers, as far as these set none."""

    business: str = BUSINESS
    name: str = "An Invented Account"
    account_review_status: str = "APPROVED"
    business_verification_status: str = "verified"
    templates: dict[str, TemplateSettings] = Field(default_factory=lambda: {"an_invented_template": TemplateSettings()})


class AppSettings(Strict):
    """An app: how often it may ask for each account, and whether it proves that it knows its secret."""

    secret: str = Field("an-invented-app-secret", repr=False)
    appsecret_proof: bool = Field(False, description="Demand it. A wrong one is refused anyway.")
    calls: int = Field(200, ge=0, description="For each account, within the window.")
    window_seconds: float = Field(3600, gt=0)
    throttle_code: int = Field(80008, description="Such as 4, 80007, 80008 or 130429.")
    throttle_status: int = Field(400, ge=400, le=599, description="HTTP status: 400, 403 and 429 occur.")
    usage_headers: UsageHeaders = Field("Both", description="X-App-Usage, X-Business-Use-Case-Usage.")


class TokenSettings(Strict):
    """An access token of one app."""

    secret: str = Field(repr=False)
    app: str = APP
    is_valid: bool = True
    subcode: int | None = Field(460, description="Of the error, where it is not valid.")
    http_status: Literal[400, 401] = Field(401, description="Of the error, where it is not valid or has ended.")
    expires_at: int = Field(0, ge=0, description="Seconds since 1970; 0: never.")
    scopes: list[str] = Field(default=[MANAGEMENT, "whatsapp_business_messaging"])
    accounts: list[str] | None = Field(None, description="Those that it sees; null: all.")


class KeySettings(Strict):
    """A key of 360dialog, which stands for one number."""

    secret: str = Field(repr=False)
    number: str = NUMBER


class ServerSettings(GraphFaults):
    """The server as a whole: its faults hold where a number or an account has none, and its versions for all."""

    refuse: bool = Field(False, description="Do not listen: connections are refused.")
    newest_version: str = Field("v26.0", pattern=r"^v\d+\.\d+$")
    oldest_version: str = Field("v21.0", pattern=r"^v\d+\.\d+$", description="It serves what ended before, too.")


class CloudFile(Strict):
    """All that there is at the start."""

    server: ServerSettings = Field(default_factory=ServerSettings)
    numbers: dict[str, NumberSettings] = {NUMBER: NumberSettings()}
    accounts: dict[str, AccountSettings] = {}
    apps: dict[str, AppSettings] = {}
    tokens: dict[str, TokenSettings] = {"default": TokenSettings(secret=TOKEN)}
    keys: dict[str, KeySettings] = {"default": KeySettings(secret=API_KEY)}
