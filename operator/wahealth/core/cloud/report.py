"""What the Cloud API says of one phone number: `health_status` and the number's own fields, in our types.

Documented (page "Messaging health status" of the Cloud API, and the fields of a phone number). `probe.graph_payload`
reads the bytes; nothing behind it knows the vendor's words. Nothing is judged here.
"""

from __future__ import annotations

from typing import NamedTuple

from wahealth.core.strenum import FastStrEnum


class Messaging(FastStrEnum):
    """The vendor's verdict whether messages can be sent; UNKNOWN is a word that this version does not know."""

    AVAILABLE = "Available"
    LIMITED = "Limited"
    BLOCKED = "Blocked"
    UNKNOWN = "Unknown"


class EntityType(FastStrEnum):
    """What an entity is; OTHER is a word that this version does not know."""

    PHONE_NUMBER = "PhoneNumber"
    BUSINESS_ACCOUNT = "BusinessAccount"
    BUSINESS = "Business"
    APP = "App"
    MESSAGE_TEMPLATE = "MessageTemplate"
    FLOW = "Flow"
    OTHER = "Other"


class EntityError(NamedTuple):
    """One of an entity's `errors`. It explains; some of them are about calling, and occur on entities that may send."""

    code: int  # 0 where none is named
    description: str = ""
    solution: str = ""


class Entity(NamedTuple):
    """One node of the chain that a message passes: the number, its account, the business, the app."""

    type: EntityType
    id: str  # opaque; business data, for no label and no log
    messaging: Messaging | None  # None: the entity says nothing of messages
    errors: tuple[EntityError, ...] = ()
    additional_info: tuple[str, ...] = ()
    reported_type: str | None = None  # the vendor's own word, kept only where the type is OTHER
    reported_messaging: str | None = None  # the vendor's own word, kept only where messaging is UNKNOWN


class HealthStatus(NamedTuple):
    """`health_status`. The outer verdict is not the entities': it may be BLOCKED by calling alone."""

    messaging: Messaging | None
    entities: tuple[Entity, ...]  # ordered by type and id, for the vendor promises no order
    reported_messaging: str | None = None


class NumberStatus(FastStrEnum):
    """The number's `status`, an open set; UNKNOWN is the vendor's own word, and each that is not known here."""

    CONNECTED = "Connected"
    PENDING = "Pending"
    UNVERIFIED = "Unverified"
    DISCONNECTED = "Disconnected"
    FLAGGED = "Flagged"
    RESTRICTED = "Restricted"
    RATE_LIMITED = "RateLimited"
    BANNED = "Banned"
    DELETED = "Deleted"
    MIGRATED = "Migrated"
    LINKED = "Linked"
    UNLINKED = "Unlinked"
    OFFLINE = "Offline"
    UNKNOWN = "Unknown"


class Quality(FastStrEnum):
    """`quality_rating`; UNKNOWN is the vendor's own word, and each that is not known here."""

    GREEN = "Green"
    YELLOW = "Yellow"
    RED = "Red"
    NOT_APPLICABLE = "NotApplicable"
    UNKNOWN = "Unknown"


class Platform(FastStrEnum):
    """`platform_type`: where the number is registered; NOT_APPLICABLE: nowhere."""

    CLOUD_API = "CloudAPI"
    ON_PREMISE = "OnPremise"
    NOT_APPLICABLE = "NotApplicable"
    UNKNOWN = "Unknown"


class NumberFields(NamedTuple):
    """Fields of the number that are not personal data. None: not answered. A `reported_…` is the vendor's own word,
    kept only where ours is UNKNOWN; the last five are the vendor's words as they are."""

    status: NumberStatus | None = None
    quality: Quality | None = None
    platform: Platform | None = None
    reported_status: str | None = None
    reported_quality: str | None = None
    reported_platform: str | None = None
    name_status: str | None = None
    code_verification_status: str | None = None
    throughput: str | None = None
    account_mode: str | None = None
    messaging_limit: str | None = None


class NumberReport(NamedTuple):
    """An answer about one number that was understood."""

    id: str | None
    health: HealthStatus | None  # None: this answer has no health_status
    fields: NumberFields
    served_version: str | None = None  # of the API, as the answer's header names it: an ended one is served by another
