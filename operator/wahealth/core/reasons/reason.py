"""The reasons of conditions and events. They are part of the API: reasons are added, never renamed."""

from __future__ import annotations

from wahealth.core.strenum import FastStrEnum


class Reason(FastStrEnum):
    """Every reason of a condition or an event; `reasons.table` has what each means."""

    # Accepted
    ACCEPTED = "Accepted"
    WAITING_FOR_OPERATOR = "WaitingForOperator"
    INVALID_SPEC = "InvalidSpec"
    MODE_MISMATCH = "ModeMismatch"
    TARGET_NOT_FOUND = "TargetNotFound"
    TARGET_FORBIDDEN = "TargetForbidden"
    SECRET_NOT_FOUND = "SecretNotFound"  # noqa: S105 - a word
    SECRET_KEY_MISSING = "SecretKeyMissing"  # noqa: S105 - a word
    SECRET_FORBIDDEN = "SecretForbidden"  # noqa: S105 - a word
    CA_NOT_FOUND = "CANotFound"
    CLIENT_CERTIFICATE_INVALID = "ClientCertificateInvalid"
    NUMBER_NOT_FOUND = "NumberNotFound"

    # CredentialsValid
    KEY_ACCEPTED = "KeyAccepted"
    KEY_TOO_SHORT = "APIKeyTooShort"
    KEY_TOO_LONG = "APIKeyTooLong"
    KEY_INVALID_CHARACTERS = "APIKeyInvalidCharacters"
    KEY_REJECTED = "APIKeyRejected"
    LOGIN_FAILED = "LoginFailed"
    LOGIN_LIMITED = "LoginLimited"
    PASSWORD_CHANGE_REQUIRED = "PasswordChangeRequired"  # noqa: S105 - a word
    ACCESS_FORBIDDEN = "AccessForbidden"
    PROXY_SIGN_IN = "ProxySignIn"
    TOKEN_EXPIRED = "TokenExpired"  # noqa: S105 - a word
    TOKEN_REJECTED = "TokenRejected"  # noqa: S105 - a word
    PERMISSION_MISSING = "PermissionMissing"
    NOT_PROBED_YET = "NotProbedYet"

    # Reachable: the values of `core.answer.FailureReason` and one more
    HEALTH_NODE_ANSWERED = "HealthNodeAnswered"
    DNS_LOOKUP_FAILED = "DNSLookupFailed"
    CONNECTION_REFUSED = "ConnectionRefused"
    CONNECT_TIMEOUT = "ConnectTimeout"
    READ_TIMEOUT = "ReadTimeout"
    TLS_VERIFICATION_FAILED = "TLSVerificationFailed"
    TLS_HANDSHAKE_FAILED = "TLSHandshakeFailed"
    HTTP_STATUS = "HTTPStatus"
    REDIRECTED = "Redirected"
    BODY_TOO_LARGE = "BodyTooLarge"
    INVALID_RESPONSE = "InvalidResponse"
    NO_READY_ENDPOINTS = "NoReadyEndpoints"

    # Available
    CONNECTED = "Connected"
    MINIMUM_CONNECTED = "MinimumConnected"
    UNREGISTERED = "Unregistered"
    DISCONNECTED = "Disconnected"
    PARTIALLY_CONNECTED = "PartiallyConnected"
    CONNECTING = "Connecting"
    UNINITIALIZED = "Uninitialized"
    MULTIPLE_ACTIVE_COREAPPS = "MultipleActiveCoreapps"
    ACCOUNT_BANNED = "AccountBanned"
    ACCOUNT_LOCKED = "AccountLocked"
    NUMBER_DELETED = "NumberDeleted"
    NUMBER_MIGRATED = "NumberMigrated"
    PAYMENT_METHOD = "PaymentMethod"
    ENTITY_BLOCKED = "EntityBlocked"
    CREDENTIALS_UNKNOWN = "CredentialsUnknown"
    UNREACHABLE = "Unreachable"
    THROTTLED = "Throttled"
    GRACE_PERIOD = "GracePeriod"

    # RedundancySatisfied
    SPARES_AVAILABLE = "SparesAvailable"
    NOT_APPLICABLE = "NotApplicable"
    NO_SPARE_COREAPP = "NoSpareCoreapp"
    NO_SECONDARY_MASTER = "NoSecondaryMaster"
    NO_PRIMARY_MASTER = "NoPrimaryMaster"

    # PodsClaimed, which a status holds only if it is False
    SELECTOR_MISSING = "SelectorMissing"
    CLAIMED_BY_ANOTHER = "ClaimedByAnother"

    # QualityAcceptable, GraphVersionSupported, TemplatesUsable, Throttled: of a number of the Cloud API
    QUALITY_HIGH = "QualityHigh"
    QUALITY_MEDIUM = "QualityMedium"
    QUALITY_LOW = "QualityLow"
    NOT_RATED = "NotRated"
    VERSION_SUPPORTED = "VersionSupported"
    VERSION_ENDED = "VersionEnded"
    VERSION_ENDING = "VersionEnding"
    TEMPLATES_APPROVED = "TemplatesApproved"
    TEMPLATE_NOT_APPROVED = "TemplateNotApproved"
    TEMPLATE_NOT_FOUND = "TemplateNotFound"
    TOO_MANY_REQUESTS = "TooManyRequests"

    # Ready, and conditions that a status holds only if they are True
    AVAILABLE = "Available"
    SUSPENDED = "Suspended"
    PREVIOUS_KEY_IN_USE = "PreviousKeyInUse"
    TOO_MANY_PODS = "TooManyPods"
    NAMESPACE_BUDGET = "NamespaceBudget"
    NEW_GENERATION = "NewGeneration"
    WAITING_FOR_REFERENCE = "WaitingForReference"

    # events: what holds now and should not
    HEALTH_NODE_UNREACHABLE = "HealthNodeUnreachable"
    INVALID_HEALTH_RESPONSE = "InvalidHealthResponse"
    GATEWAY_PARTIALLY_CONNECTED = "GatewayPartiallyConnected"
    GATEWAY_DISCONNECTED = "GatewayDisconnected"
    GATEWAY_UNREGISTERED = "GatewayUnregistered"
    GATEWAY_CONNECTING_TOO_LONG = "GatewayConnectingTooLong"
    GATEWAY_UNINITIALIZED = "GatewayUninitialized"
    MULTIPLE_PRIMARY_MASTERS = "MultiplePrimaryMasters"
    UNEXPECTED_CONNECTED_NODE = "UnexpectedConnectedNode"
    UNKNOWN_GATEWAY_STATUS = "UnknownGatewayStatus"
    UNKNOWN_ROLE = "UnknownRole"
    CLIENT_VERSION_DEPRECATED = "ClientVersionDeprecated"
    TLS_CERTIFICATE_EXPIRING = "TLSCertificateExpiring"
    CLIENT_CERTIFICATE_EXPIRING = "ClientCertificateExpiring"
    TOKEN_EXPIRING_THIS_WEEK = "TokenExpiringThisWeek"  # noqa: S105 - a word
    TOKEN_EXPIRING_SOON = "TokenExpiringSoon"  # noqa: S105 - a word
    FAILOVER_STALLED = "FailoverStalled"
    REDUNDANCY_LOST = "RedundancyLost"
    SECOND_INSTANCE_COMING = "SecondInstanceComing"
    SECOND_INSTANCE_POSSIBLE = "SecondInstancePossible"
    WEB_PODS_DISAGREE = "WebPodsDisagree"
    WEB_RESTART_REQUIRED = "WebRestartRequired"
    WEB_RESTART_SKIPPED = "WebRestartSkipped"
    PROBING_REDUCED = "ProbingReduced"
    FLAPPING_DETECTED = "FlappingDetected"
    OBSERVER_ISOLATED = "ObserverIsolated"

    # events: what changed
    HEALTH_NODE_RECOVERED = "HealthNodeRecovered"
    KEY_ROTATED = "APIKeyRotated"
    MODE_DETECTED = "ModeDetected"
    GATEWAY_CONNECTED = "GatewayConnected"
    PRIMARY_MASTER_CHANGED = "PrimaryMasterChanged"
    ACTIVE_COREAPP_CHANGED = "ActiveCoreappChanged"
    FAILOVER_COMPLETED = "FailoverCompleted"
    REDUNDANCY_RESTORED = "RedundancyRestored"
    RESUMED = "Resumed"
    WEB_RESTART_TRIGGERED = "WebRestartTriggered"
    FLAPPING_ENDED = "FlappingEnded"
    OBSERVER_RECOVERED = "ObserverRecovered"
