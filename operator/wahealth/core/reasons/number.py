"""Phone numbers of the Cloud API: rows of their conditions. All of them rest on what the vendor says, and say so.

{entity} is the kind of entity that blocks or limits messages; {code} its code, in words, where there is one.
"""

from __future__ import annotations

from wahealth.core.reasons.reason import Reason
from wahealth.core.reasons.row import AtDesk, Row

TOKEN_REJECTED = Row(
    Reason.TOKEN_REJECTED,
    "The Cloud API rejects the {what}{code}",
    "put one that it accepts into the Secret",
    desk=AtDesk("The Cloud API rejects the {what}{code}", "give one that it accepts"),
)
FORBIDDEN_BY_PARTNER = Row(
    Reason.ACCESS_FORBIDDEN,
    "The partner 360dialog forbids the request (HTTP 403)",
    "ask its support to permit health_status for the key",
)
PERMISSION_MISSING = Row(
    Reason.PERMISSION_MISSING,
    "The token lacks a permission{code}",
    "grant whatsapp_business_management to its system user, and assign the WhatsApp Business account to that user",
)
TOKEN_ACCEPTED = Row(Reason.KEY_ACCEPTED, "The Cloud API accepts the {what}")
NOT_ASKED_YET = Row(
    Reason.NOT_PROBED_YET, "The number has not been asked for yet, because others share the budget of its token"
)
NOT_ASKED = Row(Reason.NOT_PROBED_YET, "Nothing has been asked about the number yet")
ANSWERED = Row(Reason.HEALTH_NODE_ANSWERED, "The Cloud API answers")
THROTTLED = Row(
    Reason.TOO_MANY_REQUESTS,
    "The Cloud API asks for fewer requests{code}",
    "find out who else makes requests with the same app, or raise spec.probe.periodSeconds",
    note="The Cloud API asks for fewer requests",
    desk=AtDesk(
        "The Cloud API asks for fewer requests{code}",
        "find out who else makes requests with the same app, and ask again later",
    ),
)
THROTTLED_AT_FIRST = Row(
    Reason.GRACE_PERIOD, "The Cloud API asks for fewer requests, so nothing is known about the number yet"
)
NOT_SEEN_FOR_LONG = Row(
    Reason.THROTTLED,
    "The number has not been seen for a while, because the Cloud API asks for fewer requests",
    "find out who else makes requests with the same app, or raise spec.probe.periodSeconds",
)
FAILED = Row(
    Reason.HTTP_STATUS,
    "The Cloud API answers with an error of its own (HTTP {status}{code})",
    "wait, and look at the vendor's status page if it lasts",
    Reason.HEALTH_NODE_UNREACHABLE,
    "The Cloud API answers with an error of its own",
)
INVALID = Row(
    Reason.INVALID_RESPONSE,
    "The Cloud API answers with something other than a health report, because {problem}",
    "look at what is in front of it, such as a proxy",
    Reason.INVALID_HEALTH_RESPONSE,
    "The Cloud API answers with something other than a health report",
)
SILENT = Row(
    Reason.UNREACHABLE,
    "The Cloud API does not answer ({reason}{comma}{detail})",
    "look at the outbound network access, and at the vendor's status page",
    Reason.HEALTH_NODE_UNREACHABLE,
    "The Cloud API does not answer",
)
REQUEST_NOT_UNDERSTOOD = Row(
    Reason.HTTP_STATUS,
    "The Cloud API does not understand the request (HTTP {status}{code})",
    "look for a newer version of wahealth",
    Reason.HEALTH_NODE_UNREACHABLE,
    "The Cloud API does not understand the request",
)
NUMBER_NOT_FOUND = Row(
    Reason.NUMBER_NOT_FOUND,
    "The Cloud API knows no such phone number, or this token may not see it",
    "compare spec.target.cloud.phoneNumberID, and assign the WhatsApp Business account to the token's system user",
    desk=AtDesk(
        "The Cloud API knows no such phone number, or this token may not see it",
        "compare the phone number ID, and assign the WhatsApp Business account to the token's system user",
    ),
)
NO_NUMBER_OF_KEY = Row(
    Reason.NUMBER_NOT_FOUND,
    "The partner 360dialog knows no phone number for this key any more",
    "look at the number in the 360dialog Hub, and generate another key",
)
NUMBER_GONE = Row(
    Reason.NUMBER_NOT_FOUND,
    "The Cloud API knows no such phone number, although the token sees its WhatsApp Business account",
    "compare spec.target.cloud.phoneNumberID with the numbers of that account, for it may have been deleted",
)
ACCOUNT_NOT_SEEN = Row(
    Reason.NUMBER_NOT_FOUND,
    "The token is valid, but it does not see the WhatsApp Business account of the number",
    "assign that account to the token's system user in the Business settings (Users, System users, Assign assets)",
)
WITHOUT_PERMISSION = Row(
    Reason.NUMBER_NOT_FOUND,
    "The token is valid, but it does not have the permission whatsapp_business_management",
    "generate one with it in the Business settings (Users, System users, Generate token)",
)

CREDENTIALS_UNKNOWN = Row(
    Reason.CREDENTIALS_UNKNOWN, "The number's state is unknown without credentials that the Cloud API accepts"
)
UNSEEN = Row(Reason.UNREACHABLE, "The number's state is unknown")
RECOVERED = Row(Reason.HEALTH_NODE_RECOVERED, "The Cloud API answers again", "nothing to do")
FLAPPING_DETECTED = Row(
    Reason.FLAPPING_DETECTED,
    "The number changes too often to report each change",
    "look at the outbound network access, and at the number in the WhatsApp Manager",
)
FLAPPING_ENDED = Row(Reason.FLAPPING_ENDED, "The number has settled; each change is reported again")

AVAILABLE = Row(
    Reason.CONNECTED,
    "The vendor's verdict is that the number can send messages",
    "",
    Reason.GATEWAY_CONNECTED,
    "The vendor's verdict is that the number can send messages; nothing to do",
)
LIMITED = Row(
    Reason.MINIMUM_CONNECTED,
    "The vendor's verdict is that the number can send messages within limits, because of the {entity}{code}",
    "look at it in the WhatsApp Manager",
    Reason.GATEWAY_PARTIALLY_CONNECTED,
    "The vendor's verdict is that the number can send messages within limits",
)
UNDECIDED = Row(
    Reason.UNKNOWN_GATEWAY_STATUS,
    "The answer has no verdict on messages that this version knows",
    "look for a newer version of wahealth if it lasts",
)
BANNED = Row(
    Reason.ACCOUNT_BANNED, "The vendor has banned the number or its account{code}", "appeal in the Business Manager"
)
LOCKED = Row(
    Reason.ACCOUNT_LOCKED,
    "The vendor has locked the account{code}",
    "look at its violations in the Business Manager, and appeal there",
)
DELETED = Row(
    Reason.NUMBER_DELETED,
    "The number has been deleted",
    "delete this resource, or correct spec.target.cloud.phoneNumberID",
    desk=AtDesk("The number has been deleted", "compare the phone number ID"),
)
MIGRATED = Row(
    Reason.NUMBER_MIGRATED,
    "The number has moved to another WhatsApp Business account",
    "name its new ID in spec.target.cloud.phoneNumberID, with a token that sees it",
    desk=AtDesk(
        "The number has moved to another WhatsApp Business account", "use its new ID, with a token that sees it"
    ),
)
UNREGISTERED = Row(
    Reason.UNREGISTERED,
    "The number is not registered with the Cloud API{code}",
    "register it",
)
UNREGISTERED_ALLOWED = Row(
    Reason.UNREGISTERED, "The number is not registered with the Cloud API, which spec.expectations allows"
)
PAYMENT = Row(
    Reason.PAYMENT_METHOD,
    "The vendor's verdict is that messages are blocked by a problem with the payment method{code}",
    "look at the payment settings of the WhatsApp Business account",
)
BLOCKED = Row(
    Reason.ENTITY_BLOCKED,
    "The vendor's verdict is that messages are blocked by the {entity}{code}",
    "look at it in the WhatsApp Manager",
)
NO_SPARES = Row(Reason.NOT_APPLICABLE, "A number of the Cloud API has no spares of its own")

QUALITY_HIGH = Row(Reason.QUALITY_HIGH, "The number's quality rating is high (GREEN)")
QUALITY_MEDIUM = Row(
    Reason.QUALITY_MEDIUM,
    "The number's quality rating is medium (YELLOW)",
    "look at what recipients report, before the rating falls further",
)
QUALITY_LOW = Row(
    Reason.QUALITY_LOW,
    "The number's quality rating is low (RED)",
    "look at what recipients report, before the vendor limits the number",
)
NOT_RATED = Row(Reason.NOT_RATED, "The number has no quality rating yet")

TEMPLATES_APPROVED = Row(Reason.TEMPLATES_APPROVED, "All templates of spec.cloud.templates are approved")
TEMPLATE_NOT_APPROVED = Row(
    Reason.TEMPLATE_NOT_APPROVED,
    "The template {name} ({language}) cannot be used, because it is {status}",
    "look at it in the WhatsApp Manager",
)
TEMPLATE_NOT_FOUND = Row(
    Reason.TEMPLATE_NOT_FOUND,
    "The account has no template {name}",
    "correct spec.cloud.templates, or make the template",
)

VERSION_SUPPORTED = Row(Reason.VERSION_SUPPORTED, "Version {asked} of the Graph API answers")
VERSION_ENDED = Row(
    Reason.VERSION_ENDED,
    "Version {asked} of the Graph API has ended, and {served} answers instead",
    "set spec.target.cloud.graphVersion to a newer one, or remove it",
    desk=AtDesk("Version {asked} of the Graph API has ended, and {served} answers instead", "name a newer one"),
)
VERSION_ENDING = Row(
    Reason.VERSION_ENDING,
    "Version {asked} of the Graph API ends on {ends}",
    "set spec.target.cloud.graphVersion to a newer one, or remove it",
    desk=AtDesk("Version {asked} of the Graph API ends on {ends}", "name a newer one"),
)
