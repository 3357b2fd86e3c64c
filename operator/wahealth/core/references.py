"""What a spec refers to by name and is not there, in words."""

from __future__ import annotations

from wahealth.core.status import Finding, Truth


def target_not_found(kind: str, name: str) -> Finding:
    return _finding("TargetNotFound", f"{kind} {name} is not there: create it, or correct spec.target.")


def service_without_port(name: str, port: int) -> Finding:
    return _finding("TargetNotFound", f"Service {name} has no port {port}: correct spec.target.service.port.")


def target_forbidden(kind: str, name: str, pod: str) -> Finding:
    said = f"Pod {pod} of {kind} {name} has an address that no pod may have, so it is not asked: correct spec.target."
    return _finding("TargetForbidden", said)


def service_outside(name: str) -> Finding:
    said = f"Service {name} is an ExternalName and may lead anywhere: name one with a selector, or use spec.target.url."
    return _finding("TargetForbidden", said)


def service_without_selector(name: str) -> Finding:
    said = f"Service {name} has no selector, so its pods are not known: give it one, or name the workload."
    return _finding("TargetForbidden", said)


def url_not_admitted(host: str) -> Finding:
    said = f"The operator does not admit host {host} of spec.target.url: add it to --allow-url-hosts."
    return _finding("TargetForbidden", said)


def url_leads_inside(host: str) -> Finding:
    said = (
        f"Host {host} of spec.target.url has an address that is not public: correct it, or add its network to the"
        " operator's --allow-url-networks."
    )
    return _finding("TargetForbidden", said)


def secret_not_found(name: str) -> Finding:
    return _finding("SecretNotFound", f"Secret {name} is not there: create it in the resource's namespace.")


def secret_key_missing(name: str, entry: str) -> Finding:
    return _finding("SecretKeyMissing", f"Secret {name} has no entry {entry}: add it to the Secret.")


def secret_no_file(path: str) -> Finding:
    return _finding("SecretKeyMissing", f"{path} is no plain file, so it is not read: mount the Secret there.")


def secret_forbidden(name: str) -> Finding:
    return _finding("SecretForbidden", f"The operator may not use Secret {name}: allow it to get this Secret.")


def secret_not_labelled(name: str, label: str, value: str) -> Finding:
    said = f'Secret {name} is not labelled for this use: add the label {label}: "{value or "true"}" to it.'
    return _finding("SecretForbidden", said)


def ca_not_found(kind: str, name: str) -> Finding:
    return _finding("CANotFound", f"{kind} {name} is not there or not readable: create it.")


def ca_entry_missing(kind: str, name: str, entry: str) -> Finding:
    return _finding("CANotFound", f"{kind} {name} has no entry {entry}: add it.")


def ca_not_pem(kind: str, name: str, entry: str) -> Finding:
    return _finding("CANotFound", f"{kind} {name} holds no certificate in {entry}: put PEM there.")


def invalid_spec(sentence: str) -> Finding:
    return _finding("InvalidSpec", sentence)


def _finding(reason: str, message: str) -> Finding:
    return Finding(Truth.FALSE, reason, message)
