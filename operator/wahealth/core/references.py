"""Findings about objects that a spec refers to and that cannot be used: Accepted=False."""

from __future__ import annotations

from wahealth.core.certificate import Unfit
from wahealth.core.reasons import spec
from wahealth.core.reasons.found import false
from wahealth.core.reasons.trust import MADE_FIT
from wahealth.core.status import Finding


def target_not_found(kind: str, name: str) -> Finding:
    return false(spec.TARGET_NOT_FOUND, kind=kind, name=name)


def kind_not_watched(kind: str, name: str) -> Finding:
    return false(spec.KIND_NOT_WATCHED, kind=kind, name=name)


def kind_not_served(kind: str, name: str) -> Finding:
    return false(spec.KIND_NOT_SERVED, kind=kind, name=name)


def target_not_to_be_seen(kind: str, name: str) -> Finding:
    return false(spec.TARGET_NOT_TO_BE_SEEN, kind=kind, name=name)


def pods_not_to_be_seen(kind: str, name: str) -> Finding:
    return false(spec.PODS_NOT_TO_BE_SEEN, kind=kind, name=name)


def service_without_port(name: str, port: int) -> Finding:
    return false(spec.SERVICE_WITHOUT_PORT, name=name, port=port)


def target_forbidden(kind: str, name: str, pod: str) -> Finding:
    return false(spec.ADDRESS_OF_NO_POD, kind=kind, name=name, pod=pod)


def service_outside(name: str) -> Finding:
    return false(spec.SERVICE_OUTSIDE, name=name)


def service_without_selector(name: str) -> Finding:
    return false(spec.SERVICE_WITHOUT_SELECTOR, name=name)


def url_not_admitted(host: str) -> Finding:
    return false(spec.URL_NOT_ADMITTED, host=host)


def cloud_not_admitted() -> Finding:
    return false(spec.CLOUD_NOT_ADMITTED)


def url_leads_inside(host: str) -> Finding:
    return false(spec.URL_LEADS_INSIDE, host=host)


def secret_not_found(name: str) -> Finding:
    return false(spec.SECRET_NOT_FOUND, name=name)


def secret_key_missing(name: str, entry: str) -> Finding:
    return false(spec.SECRET_KEY_MISSING, name=name, entry=entry)


def file_not_there(path: str) -> Finding:
    return false(spec.FILE_NOT_THERE, path=path)


def no_plain_file(path: str) -> Finding:
    return false(spec.NO_PLAIN_FILE, path=path)


def secret_forbidden(name: str) -> Finding:
    return false(spec.SECRET_FORBIDDEN, name=name)


def secret_not_labelled(name: str, label: str, value: str) -> Finding:
    return false(spec.SECRET_NOT_LABELLED, name=name, label=label, value=value or "true")


def secret_of_another_type(name: str, wanted: str) -> Finding:
    return false(spec.SECRET_OF_ANOTHER_TYPE, name=name, type=wanted)


def client_certificate_invalid(name: str, why: Unfit) -> Finding:
    return false(spec.CLIENT_CERTIFICATE_INVALID, name=name, why=why, way_out=MADE_FIT[why])


def ca_not_found(kind: str, name: str) -> Finding:
    return false(spec.CA_NOT_FOUND, kind=kind, name=name)


def ca_entry_missing(kind: str, name: str, entry: str) -> Finding:
    return false(spec.CA_ENTRY_MISSING, kind=kind, name=name, entry=entry)


def ca_not_pem(kind: str, name: str, entry: str) -> Finding:
    return false(spec.CA_NO_PEM, kind=kind, name=name, entry=entry)


def invalid_spec(sentence: str) -> Finding:
    return false(spec.INVALID_SPEC, sentence=sentence.removesuffix("."))
