"""WhatsAppClient v1alpha1: the single source of truth of the CustomResourceDefinition.

A field is added once it works. After a release, fields and reasons are only added, never renamed. CEL rules, which the
API server checks at `kubectl apply`, reject contradictions with a sentence that says what to do. They guard each read
with `has()`, because the API server also checks defaults against them.
"""

from __future__ import annotations

from wahealth.api.v1alpha1.auth import ApiKey, Auth, BearerToken, LoginRef, SecretKeyRef, TokenRef, UserCredentials
from wahealth.api.v1alpha1.cloud import Cloud, CloudTarget
from wahealth.api.v1alpha1.history_entry import HistoryEntry
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
from wahealth.api.v1alpha1.spec import Expectations, Multiconnect, Spec
from wahealth.api.v1alpha1.status import (
    WAITING,
    ClientCertificate,
    CloudStatus,
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
from wahealth.api.v1alpha1.target import Service, Target, Workload
from wahealth.api.v1alpha1.timing import GRACE_DEFAULT, PROBE_DEFAULT, Grace, Probe
from wahealth.api.v1alpha1.tls import CaRef, ClientCertificateRef, Tls
from wahealth.api.v1alpha1.writes import ApiKeyRotation, PodSelector, PodsOfNodes

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
    "ApiKeyRotation",
    "Auth",
    "BearerToken",
    "CaRef",
    "ClientCertificate",
    "ClientCertificateRef",
    "Cloud",
    "CloudStatus",
    "CloudTarget",
    "Condition",
    "Connected",
    "Credentials",
    "Endpoint",
    "Expectations",
    "Grace",
    "HistoryEntry",
    "LastFailover",
    "LoginRef",
    "Multiconnect",
    "PodSelector",
    "PodsOfNodes",
    "Probe",
    "Redundancy",
    "SecretKeyRef",
    "Service",
    "Spec",
    "Status",
    "Target",
    "Tls",
    "TlsStatus",
    "TokenRef",
    "Topology",
    "TopologyNode",
    "UserCredentials",
    "WhatsAppClient",
    "Workload",
]
