"""WhatsAppClient v1alpha1: the single source of truth of the CustomResourceDefinition.

A field stands here once it works. Once released, fields and reasons are added to, never renamed. Rules beside the
fields (CEL, checked by the API server at `kubectl apply`) refuse what is contradictory with a sentence that says what
to do; they guard each read with `has()`, because defaults run through them.
"""

from __future__ import annotations

from wahealth.api.v1alpha1.resource import (
    API_VERSION,
    CATEGORY,
    GROUP,
    KIND,
    LONGEST_NAME,
    PLURAL,
    SHORT_NAME,
    SINGULAR,
    VERSION,
    WhatsAppClient,
)
from wahealth.api.v1alpha1.spec import (
    GRACE_DEFAULT,
    PROBE_DEFAULT,
    ApiKey,
    Auth,
    CaRef,
    Expectations,
    Grace,
    Multiconnect,
    Probe,
    SecretKeyRef,
    Service,
    Spec,
    Target,
    Tls,
    Workload,
)
from wahealth.api.v1alpha1.status import (
    WAITING,
    Condition,
    Connected,
    Credentials,
    Endpoint,
    LastFailover,
    Redundancy,
    Status,
    TlsStatus,
    Topology,
    TopologyNode,
)

__all__ = [
    "API_VERSION",
    "CATEGORY",
    "GRACE_DEFAULT",
    "GROUP",
    "KIND",
    "LONGEST_NAME",
    "PLURAL",
    "PROBE_DEFAULT",
    "SHORT_NAME",
    "SINGULAR",
    "VERSION",
    "WAITING",
    "ApiKey",
    "Auth",
    "CaRef",
    "Condition",
    "Connected",
    "Credentials",
    "Endpoint",
    "Expectations",
    "Grace",
    "LastFailover",
    "Multiconnect",
    "Probe",
    "Redundancy",
    "SecretKeyRef",
    "Service",
    "Spec",
    "Status",
    "Target",
    "Tls",
    "TlsStatus",
    "Topology",
    "TopologyNode",
    "WhatsAppClient",
    "Workload",
]
