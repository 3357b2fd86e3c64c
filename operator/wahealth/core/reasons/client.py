"""Reasons about the client's connection to the WhatsApp servers and about its nodes: Available,
RedundancySatisfied, events."""

from __future__ import annotations

from wahealth.core.reasons.reason import Reason
from wahealth.core.reasons.row import AtDesk, Row

# --- the client is not seen, or its state is not known yet -----------------------------------------------------------

CREDENTIALS_UNKNOWN = Row(
    Reason.CREDENTIALS_UNKNOWN, "The client's state is unknown without credentials that it accepts"
)
UNREACHABLE = Row(Reason.UNREACHABLE, "The client's state is unknown")
THROTTLED = Row(
    Reason.THROTTLED,
    "The client has not been seen for {minutes} minutes, because it asks to be probed less often",
    "raise spec.probe.periodSeconds, or find out who else probes it",
    desk=AtDesk(
        "The client has not been seen for {minutes} minutes, because it asks to be probed less often",
        "probe it less often, or find out who else does",
    ),
)
THROTTLED_AT_FIRST = Row(
    Reason.GRACE_PERIOD,
    "The client asks to be probed less often, so nothing is known about it yet",
    "raise spec.probe.periodSeconds, or find out who else probes it",
    desk=AtDesk("The client asks to be probed less often", "wait, and find out who else probes it"),
)
UNKNOWN_WORD = Row(
    Reason.UNKNOWN_GATEWAY_STATUS,
    "Whether enough is connected depends on a gateway status or a role that this version does not know",
    "look for a newer version of wahealth",
)
NO_MODE = Row(Reason.GRACE_PERIOD, "The client's answer does not have the shape of one mode, so its state is unknown")
INITIALIZING = Row(Reason.GRACE_PERIOD, "The client initialises or upgrades its database", "wait a few minutes")
MAY_PASS = Row(Reason.GRACE_PERIOD, "{seen} This may pass within its grace period")
SPARES_OF_NO_MODE = Row(
    Reason.GRACE_PERIOD, "How many spares there should be depends on the mode, which is not known yet"
)

# --- nothing is wrong with it ----------------------------------------------------------------------------------------

CONNECTED = Row(
    Reason.CONNECTED,
    "{connections} to the WhatsApp servers",
    "",
    Reason.GATEWAY_CONNECTED,
    "The client is connected to the WhatsApp servers; nothing to do",
)
MINIMUM_CONNECTED = Row(
    Reason.MINIMUM_CONNECTED, "{connections} to the WhatsApp servers; at least {minimum} are wanted"
)
UNREGISTERED_ALLOWED = Row(Reason.UNREGISTERED, "The client is not registered, which spec.expectations allows")
SPARES_AVAILABLE = Row(Reason.SPARES_AVAILABLE, "A spare coreapp and a spare master are available")
NOT_APPLICABLE = Row(Reason.NOT_APPLICABLE, "A single instance has no spares")

# --- something is wrong with it --------------------------------------------------------------------------------------

MULTIPLE_ACTIVE_COREAPPS = Row(
    Reason.MULTIPLE_ACTIVE_COREAPPS,
    "{count} coreapps are connected where High Availability has exactly one",
    "stop all but one",
    note="More than one coreapp is connected, which can get the number banned",
)
SEVERAL_OF_A_GUESSED_MODE = MULTIPLE_ACTIVE_COREAPPS._replace(
    step="stop all but one; or, if it is Multiconnect with a primary master that is not connected, set spec.mode",
    desk=AtDesk(
        MULTIPLE_ACTIVE_COREAPPS.means,
        "stop all but one; or, if it is Multiconnect with a primary master that is not connected, set --mode",
    ),
)
PARTIALLY_CONNECTED = Row(
    Reason.PARTIALLY_CONNECTED,
    "{connections} to the WhatsApp servers",
    "look at the other coreapps",
    Reason.GATEWAY_PARTIALLY_CONNECTED,
    "Fewer coreapps are connected than expected",
)
CONNECTING = Row(
    Reason.CONNECTING,
    "The client keeps connecting to the WhatsApp servers without success",
    "check its outbound network access",
    Reason.GATEWAY_CONNECTING_TOO_LONG,
)
UNINITIALIZED = Row(
    Reason.UNINITIALIZED,
    "The client does not finish initialising its database",
    "look at the database",
    Reason.GATEWAY_UNINITIALIZED,
)
UNREGISTERED = Row(
    Reason.UNREGISTERED,
    "The client is not registered",
    "register its phone number through the Webapp",
    Reason.GATEWAY_UNREGISTERED,
)
UNREGISTERED_SINCE = Row(
    Reason.UNREGISTERED,
    "The client was connected and is no longer registered, most likely because another instance took its number",
    "stop that one first, and then register the number through the Webapp",
    Reason.GATEWAY_UNREGISTERED,
)
DISCONNECTED = Row(
    Reason.DISCONNECTED,
    "{connections} to the WhatsApp servers",
    "look at the coreapps",
    Reason.GATEWAY_DISCONNECTED,
    "The client is not connected to the WhatsApp servers",
)
NO_SPARE_COREAPP = Row(
    Reason.NO_SPARE_COREAPP, "{count} of {wanted} wanted coreapps are usable", "add or repair coreapps"
)
NO_SECONDARY_MASTER = Row(
    Reason.NO_SECONDARY_MASTER, "{count} of {wanted} wanted masters are usable", "add or repair masters"
)
NOT_ONE_PRIMARY = Row(Reason.NO_PRIMARY_MASTER, "{count} masters say they are the primary", "look at the masters")
PRIMARY_NOT_CONNECTED = Row(
    Reason.NO_PRIMARY_MASTER, "The primary master is not connected, which Multiconnect requires", "look at it"
)

# --- reported by events only -----------------------------------------------------------------------------------------

FAILOVER_STALLED = Row(
    Reason.FAILOVER_STALLED, "Nobody took over from an active node", "look at the other coreapps and masters"
)
NO_PRIMARY_MASTER = Row(
    Reason.NO_PRIMARY_MASTER, "No master holds the lease", "look at the masters and at their database"
)
MULTIPLE_PRIMARY_MASTERS = Row(
    Reason.MULTIPLE_PRIMARY_MASTERS, "More than one master says that it is the primary", "look at the masters"
)
UNEXPECTED_CONNECTED_NODE = Row(
    Reason.UNEXPECTED_CONNECTED_NODE,
    "A master is connected that should not be in this mode",
    "look at the topology",
)
UNKNOWN_GATEWAY_STATUS = Row(
    Reason.UNKNOWN_GATEWAY_STATUS,
    "A node reports a status that this version does not know",
    "look for a newer version of wahealth",
)
UNKNOWN_ROLE = Row(
    Reason.UNKNOWN_ROLE,
    "A node reports a role that this version does not know",
    "look for a newer version of wahealth",
)
CLIENT_VERSION_DEPRECATED = Row(
    Reason.CLIENT_VERSION_DEPRECATED,
    "The client reports that its version is deprecated",
    "upgrade it before it is shut out; status.clientVersion has the version",
    desk=AtDesk("The client reports that its version is deprecated", "upgrade it before it is shut out"),
)
CERTIFICATE_EXPIRING = Row(
    Reason.TLS_CERTIFICATE_EXPIRING,
    "The certificate of waweb expires within 14 days",
    "renew it; status.tls says when",
    desk=AtDesk("The certificate of waweb expires within 14 days", "renew it"),
)
CLIENT_CERTIFICATE_EXPIRING = Row(
    Reason.CLIENT_CERTIFICATE_EXPIRING,
    "The client certificate expires within 14 days",
    "renew it in its Secret; status.clientCertificate says when",
    desk=AtDesk("The client certificate expires within 14 days", "renew it"),
)
REDUNDANCY_LOST = Row(
    Reason.REDUNDANCY_LOST, "The client may not survive the next failure", "add or repair coreapps or masters"
)
_BANNED = "two live instances of one number get it banned by WhatsApp"
SECOND_INSTANCE_COMING = Row(
    Reason.SECOND_INSTANCE_COMING,
    f"{{kind}} {{name}} is marked as a single instance and starts a second pod; {_BANNED}",
    "scale it to 1, and give a Deployment the strategy Recreate",
)
SECOND_INSTANCE_POSSIBLE = Row(
    Reason.SECOND_INSTANCE_POSSIBLE,
    f"{{kind}} {{name}} is marked as a single instance, and its next rollout starts a second pod; {_BANNED}",
    "set its strategy to Recreate",
)
WEB_PODS_DISAGREE = Row(
    Reason.WEB_PODS_DISAGREE, "Web pods report different topologies", "compare what each of them answers"
)
FLAPPING_DETECTED = Row(
    Reason.FLAPPING_DETECTED,
    "The client changes too often to report each change",
    "check its outbound network access and its database",
)

# --- what changed ----------------------------------------------------------------------------------------------------

MODE_DETECTED = Row(
    Reason.MODE_DETECTED,
    "The client answers as {mode}",
    "set spec.mode to enforce it",
    desk=AtDesk("The client answers as {mode}", "set --mode to enforce it"),
)
MODE_CONFIRMED = Row(
    Reason.MODE_DETECTED,
    "The client answers as {mode}, as spec.mode says",
    "nothing to do",
    desk=AtDesk("The client answers as {mode}, as --mode says", "nothing to do"),
)
PRIMARY_MASTER_CHANGED = Row(
    Reason.PRIMARY_MASTER_CHANGED, "Another master is the primary now; status.primaryMaster names it"
)
ACTIVE_COREAPP_CHANGED = Row(
    Reason.ACTIVE_COREAPP_CHANGED, "Another coreapp carries the connection now; status names it"
)
FAILOVER_COMPLETED = Row(Reason.FAILOVER_COMPLETED, "Another node took over in time; status.lastFailover names it")
REDUNDANCY_RESTORED = Row(
    Reason.REDUNDANCY_RESTORED, "A spare coreapp and a spare master are available again", "nothing to do"
)
FLAPPING_ENDED = Row(Reason.FLAPPING_ENDED, "The client has settled; each change is reported again")
