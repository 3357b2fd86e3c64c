"""The Cloud API's report about one phone number, in our own types: `health_status` and the number's own fields.

Documented (page "Messaging health status" of the Cloud API, and the fields of a phone number). `probe.cloud` reads the
bytes; nothing behind it knows the vendor's words. Nothing is judged here.
"""

from __future__ import annotations

from typing import NamedTuple

from wahealth.core.strenum import FastStrEnum


class Messaging(FastStrEnum):
    """The vendor's verdict on whether messages can be sent; UNKNOWN: a word that this version does not know."""

    AVAILABLE = "Available"
    LIMITED = "Limited"
    BLOCKED = "Blocked"
    UNKNOWN = "Unknown"


class EntityType(FastStrEnum):
    """The type of an entity; OTHER: a word that this version does not know."""

    PHONE_NUMBER = "PhoneNumber"
    BUSINESS_ACCOUNT = "BusinessAccount"
    BUSINESS = "Business"
    APP = "App"
    MESSAGE_TEMPLATE = "MessageTemplate"
    FLOW = "Flow"
    OTHER = "Other"


class EntityError(NamedTuple):
    """One of an entity's `errors`, which only explain: some are about calling, and occur on entities that may send."""

    code: int  # 0: none is named
    description: str = ""
    solution: str = ""


class Entity(NamedTuple):
    """One link of the chain that a message passes through: the number, its account, the business, the app."""

    type: EntityType
    id: str  # opaque; business data, so it must not appear in a label or a log
    messaging: Messaging | None  # None: the entity says nothing about messages
    errors: tuple[EntityError, ...] = ()
    additional_info: tuple[str, ...] = ()
    reported_type: str | None = None  # the vendor's own word, kept only if the type is OTHER
    reported_messaging: str | None = None  # the vendor's own word, kept only if messaging is UNKNOWN


class HealthStatus(NamedTuple):
    """`health_status`. Its outer verdict does not follow from those of the entities: calling alone may make it
    BLOCKED."""

    messaging: Messaging | None
    entities: tuple[Entity, ...]  # ordered by type and id, because the vendor promises no order
    reported_messaging: str | None = None


class NumberStatus(FastStrEnum):
    """The number's `status`, an open set; UNKNOWN: the vendor's own UNKNOWN, or a word that this version does not
    know."""

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
    """`quality_rating`; UNKNOWN: the vendor's own UNKNOWN, or a word that this version does not know."""

    GREEN = "Green"
    YELLOW = "Yellow"
    RED = "Red"
    NOT_APPLICABLE = "NotApplicable"
    UNKNOWN = "Unknown"


class Platform(FastStrEnum):
    """`platform_type`: where the number is registered; NOT_APPLICABLE: it is not registered."""

    CLOUD_API = "CloudAPI"
    ON_PREMISE = "OnPremise"
    NOT_APPLICABLE = "NotApplicable"
    UNKNOWN = "Unknown"


class NumberFields(NamedTuple):
    """The fields of the number that are not personal data; None: not in the answer.

    A `reported_…` is the vendor's own word, kept only if ours is UNKNOWN; the last is the vendor's word as it is.
    """

    status: NumberStatus | None = None
    quality: Quality | None = None
    platform: Platform | None = None
    reported_status: str | None = None
    reported_quality: str | None = None
    reported_platform: str | None = None
    messaging_limit: str | None = None


class NumberReport(NamedTuple):
    """An answer about one number, which was understood."""

    id: str | None
    health: HealthStatus | None  # None: this answer has no health_status
    fields: NumberFields
    served_version: str | None = (
        None  # the API version in the answer's header; it may differ once the one asked for has ended
    )
