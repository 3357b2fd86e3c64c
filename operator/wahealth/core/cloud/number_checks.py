"""What is looked at besides the number itself: the token, the account and the templates. No verdict.

Documented (pages "Debug token" of the Graph API, "WhatsApp Business account" and "Message templates"). A check that
fails says nothing: none of them ever makes a number unhealthy.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from wahealth.core.strenum import FastStrEnum

EVERY = 10  # rounds from one look to the next
MANAGEMENT = "whatsapp_business_management"  # the permission that every request of ours needs


class TokenReport(NamedTuple):
    """What `debug_token` says of the token that asks. `app`: its opaque ID, empty where it is not named; `expires`:
    UTC, None where it never does."""

    is_valid: bool
    app: str = ""
    expires: datetime | None = None
    scopes: frozenset[str] | None = None  # None: not said
    accounts: frozenset[str] | None = None  # IDs that the permission is limited to; None: it is not, or not said

    @property
    def may_manage(self) -> bool:
        """It has the permission, or says nothing of permissions."""
        return self.scopes is None or MANAGEMENT in self.scopes

    def may_see(self, account: str) -> bool:
        """Nothing in it rules that account out."""
        return self.accounts is None or account in self.accounts


class TemplateStatus(FastStrEnum):
    """The status of a message template, an open set; UNKNOWN: a word that this version does not know."""

    APPROVED = "Approved"
    PENDING = "Pending"
    REJECTED = "Rejected"
    PAUSED = "Paused"
    DISABLED = "Disabled"
    IN_APPEAL = "InAppeal"
    PENDING_DELETION = "PendingDeletion"
    DELETED = "Deleted"
    LIMIT_EXCEEDED = "LimitExceeded"
    ARCHIVED = "Archived"
    UNKNOWN = "Unknown"


class Template(NamedTuple):
    """A message template in one language, such as en_US."""

    name: str
    language: str
    status: TemplateStatus | None  # None: the answer has none


class NumberChecks(NamedTuple):
    """What was found last of each; None: not looked at, or never found."""

    token: TokenReport | None = None
    account_seen: bool | None = None
    templates: tuple[Template, ...] | None = None  # of the wanted names, ordered
