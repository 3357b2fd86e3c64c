"""What a spec refers to by name: the API key's Secret and the CA, read as seldom as can be.

A good one is held for `secret_refresh` seconds, with jitter; a missing or bad one is read again in every round. What
is not there, or not readable by us, is a finding; an API server that cannot be asked is no finding at all.
"""

from __future__ import annotations

import base64
import binascii
import random
import time
from weakref import WeakValueDictionary

from wahealth.api.v1alpha1 import CaRef, SecretKeyRef, Tls
from wahealth.core.credentials import api_key_problem
from wahealth.core.keys import Reading
from wahealth.core.references import (
    ca_entry_missing,
    ca_not_found,
    ca_not_pem,
    secret_forbidden,
    secret_key_missing,
    secret_not_found,
)
from wahealth.core.status import Finding
from wahealth.kube.api import ApiError, ApiServer
from wahealth.kube.record import Held, Record
from wahealth.probe.credential import Credential, api_key
from wahealth.probe.trust import Trust, UntrustedCA, full, skip_hostname

_PLURALS = {"Secret": "secrets", "ConfigMap": "configmaps"}
_FORBIDDEN_TYPES = frozenset({"kubernetes.io/service-account-token", "bootstrap.kubernetes.io/token"})


class References:
    def __init__(self, api: ApiServer, refresh: float) -> None:
        self._api = api
        self._refresh = refresh
        self._contexts: WeakValueDictionary[bytes, Trust] = WeakValueDictionary()
        self._public: Trust | None = None

    @property
    def refresh(self) -> float:
        """Seconds until a good key is read again."""
        return self._refresh * random.uniform(0.9, 1.1)  # noqa: S311 - spreads load, guards nothing

    async def api_key(self, namespace: str, ref: SecretKeyRef) -> Reading[Credential]:
        """The key as it stands in the Secret now, or what is wrong with it."""
        found = await self._secret_entry(namespace, ref)
        if isinstance(found, Finding):
            return Reading(reference=found)
        problem = api_key_problem(found)
        return Reading(api_key(found)) if problem is None else Reading(form=problem)

    async def trust(self, record: Record, tls: Tls | None) -> Trust | Finding:
        if record.trust is None or time.monotonic() >= record.trust.until:
            found = await self._trust(record.ref.namespace, tls.ca_ref if tls else None)
            if isinstance(found, Finding):
                record.trust = None
                return found
            record.trust = Held(found, time.monotonic() + self.refresh)
        return record.trust.value

    async def _trust(self, namespace: str, ref: CaRef | None) -> Trust | Finding:
        if ref is None:
            self._public = self._public or full()
            return self._public
        pem = await self._ca_entry(namespace, ref)
        return pem if isinstance(pem, Finding) else self._context(pem, ref)

    def _context(self, pem: bytes, ref: CaRef) -> Trust | Finding:
        """One context for all resources that trust the same certificates."""
        try:
            context = self._contexts.get(pem) or skip_hostname(pem)
        except UntrustedCA:
            return ca_not_pem(ref.kind, ref.name, ref.key)
        return self._contexts.setdefault(pem, context)

    async def _secret_entry(self, namespace: str, ref: SecretKeyRef) -> bytes | Finding:
        try:
            entry = await self._entry(namespace, "Secret", ref.name, ref.key)
        except ApiError as error:
            return _unread(error, ref.name)
        return secret_key_missing(ref.name, ref.key) if entry is None else entry

    async def _ca_entry(self, namespace: str, ref: CaRef) -> bytes | Finding:
        try:
            entry = await self._entry(namespace, ref.kind, ref.name, ref.key)
        except ApiError as error:
            if error.status not in {403, 404}:
                raise
            return ca_not_found(ref.kind, ref.name)
        return entry or ca_entry_missing(ref.kind, ref.name, ref.key)

    async def _entry(self, namespace: str, kind: str, name: str, entry: str) -> bytes | None:
        document = await self._api.read(f"/api/v1/namespaces/{namespace}/{_PLURALS[kind]}/{name}")
        if document.get("type") in _FORBIDDEN_TYPES:
            raise ApiError(403, "Forbidden")
        value = document.get("data", {}).get(entry)
        return value.encode() if kind == "ConfigMap" and value else _decoded(value)


def _decoded(value: str | None) -> bytes | None:
    try:
        return None if value is None else base64.b64decode(value, validate=True)
    except binascii.Error:
        return None


def _unread(error: ApiError, name: str) -> Finding:
    if error.status == 404:
        return secret_not_found(name)
    if error.status == 403:
        return secret_forbidden(name)
    raise error
