"""Reasons about a spec and what it refers to: Accepted."""

from __future__ import annotations

from wahealth.core.reasons.reason import Reason
from wahealth.core.reasons.row import AtDesk, Row

WAITING_FOR_OPERATOR = Row(
    Reason.WAITING_FOR_OPERATOR,
    "No operator has processed this client yet",
    "check that the operator is running and watches this namespace",
)
ACCEPTED = Row(
    Reason.ACCEPTED,
    "The spec is valid and everything it refers to exists",
    desk=AtDesk("The request is valid and everything it names exists"),
)
EXPOSED = Row(
    Reason.ACCEPTED,
    "Everything that spec refers to exists; the {what} goes to whoever answers: {exposed}",
    desk=AtDesk("The {what} goes to whoever answers: {exposed}"),
)
INVALID_SPEC = Row(Reason.INVALID_SPEC, "{sentence}")
MODE_MISMATCH = Row(
    Reason.MODE_MISMATCH,
    "spec.mode is {fixed}, but the client answers as {detected}",
    "correct spec.mode",
    desk=AtDesk("--mode is {fixed}, but the client answers as {detected}", "correct --mode"),
)

TARGET_NOT_FOUND = Row(Reason.TARGET_NOT_FOUND, "{kind} {name} does not exist", "create it, or correct spec.target")
TARGET_NOT_TO_BE_SEEN = Row(
    Reason.TARGET_NOT_FOUND,
    "{kind} {name} cannot be looked up",
    "give the operator the right to list and watch {kind}s",
)
PODS_NOT_TO_BE_SEEN = Row(
    Reason.TARGET_NOT_FOUND,
    "The pods of {kind} {name} cannot be looked up",
    "give the operator the right to list and watch Pods and Services in this namespace",
)
KIND_NOT_WATCHED = Row(
    Reason.TARGET_NOT_FOUND,
    "{kind} {name} cannot be looked up, because the operator does not watch {kind}s",
    "start it with --watch-workloads {kind}, or name waweb's Service in spec.target.service",
)
KIND_NOT_SERVED = Row(
    Reason.TARGET_NOT_FOUND,
    "{kind} {name} does not exist, because this cluster has no {kind}s",
    "correct spec.target, or install what brings them",
)
SERVICE_WITHOUT_PORT = Row(
    Reason.TARGET_NOT_FOUND, "Service {name} has no port {port}", "correct spec.target.service.port"
)
ADDRESS_OF_NO_POD = Row(
    Reason.TARGET_FORBIDDEN,
    "Pod {pod} of {kind} {name} has an address that no pod may have, so it is not probed",
    "correct spec.target; if pods of this cluster use such a network, add it to the operator's --allow-pod-networks",
)
SERVICE_OUTSIDE = Row(
    Reason.TARGET_FORBIDDEN,
    "Service {name} is an ExternalName and may lead anywhere",
    "name one with a selector, or use spec.target.url",
)
SERVICE_WITHOUT_SELECTOR = Row(
    Reason.TARGET_FORBIDDEN,
    "Service {name} has no selector, so its pods are not known",
    "give it one, or name the workload",
)
URL_NOT_ADMITTED = Row(
    Reason.TARGET_FORBIDDEN,
    "The operator does not admit host {host}, to which spec.target.url, its hostHeader or tls.serverName leads",
    "add it to --allow-url-hosts",
)
CLOUD_NOT_ADMITTED = Row(
    Reason.TARGET_FORBIDDEN,
    "The operator does not probe phone numbers of the Cloud API",
    "start it with --allow-cloud",
)
URL_LEADS_INSIDE = Row(
    Reason.TARGET_FORBIDDEN,
    "Host {host} of spec.target.url has an address that is not public",
    "correct it, or add its network to the operator's --allow-url-networks",
)

SECRET_NOT_FOUND = Row(Reason.SECRET_NOT_FOUND, "Secret {name} does not exist", "create it in the resource's namespace")
SECRET_KEY_MISSING = Row(Reason.SECRET_KEY_MISSING, "Secret {name} has no entry {entry}", "add it to the Secret")
FILE_NOT_THERE = Row(
    Reason.SECRET_KEY_MISSING, "{path} does not exist or is not readable", "mount the Secret so that the file is there"
)
NO_PLAIN_FILE = Row(
    Reason.SECRET_KEY_MISSING, "{path} is not a regular file, so it is not read", "mount the Secret there"
)
SECRET_FORBIDDEN = Row(Reason.SECRET_FORBIDDEN, "The operator may not use Secret {name}", "allow it to get this Secret")
SECRET_NOT_LABELLED = Row(
    Reason.SECRET_FORBIDDEN,
    "Secret {name} is not labelled for this use",
    'add the label {label}: "{value}" to it',
)
SECRET_OF_ANOTHER_TYPE = Row(
    Reason.SECRET_FORBIDDEN,
    "Secret {name} is not of type {type}, so no client certificate is taken from it",
    "recreate it with kubectl create secret tls",
)
CLIENT_CERTIFICATE_INVALID = Row(
    Reason.CLIENT_CERTIFICATE_INVALID,
    "The client certificate of Secret {name} cannot be shown because {why}",
    "{way_out}",
)

CA_NOT_FOUND = Row(Reason.CA_NOT_FOUND, "{kind} {name} does not exist or is not readable", "create it")
CA_ENTRY_MISSING = Row(Reason.CA_NOT_FOUND, "{kind} {name} has no entry {entry}", "add it")
CA_NO_PEM = Row(Reason.CA_NOT_FOUND, "{kind} {name} holds no certificate in {entry}", "put PEM there")
