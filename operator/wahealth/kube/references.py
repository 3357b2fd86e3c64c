"""What a spec refers to by name: the API key's Secret and the CA, read as seldom as can be.

A good one is held for `secret_refresh` seconds, with jitter; a missing or bad one is read again in every round. What
is not there, or not readable by us, is a finding; an API server that cannot be asked is no finding at all.
"""

from __future__ import annotations

import base64
import binascii
import random
import time
from collections.abc import Callable, Hashable
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
from wahealth.probe.trust import Trust, UntrustedCA, fingerprint, full, pinned, skip_hostname, unverified

_PLURALS = {"Secret": "secrets", "ConfigMap": "configmaps"}
_FORBIDDEN_TYPES = frozenset({"kubernetes.io/service-account-token", "bootstrap.kubernetes.io/token"})


class References:
    def __init__(self, api: ApiServer, refresh: float) -> None:
        self._api = api
        self._refresh = refresh
        self._trusts: WeakValueDictionary[Hashable, Trust] = WeakValueDictionary()

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
            found = await self._trust(record.ref.namespace, tls or Tls())
            if isinstance(found, Finding):
                record.trust = None
                return found
            record.trust = Held(found, time.monotonic() + self.refresh)
        return record.trust.value

    async def _trust(self, namespace: str, tls: Tls) -> Trust | Finding:
        """One trust for all resources that trust the same, so that they share its context."""
        match tls.verification:
            case "None":
                return self._shared(("None",), unverified)
            case "Pinned":
                pins = frozenset(map(fingerprint, tls.pinned_sha256 or ()))
                return self._shared(("Pinned", pins), lambda: pinned(pins))
            case "Full" | "SkipHostname":
                return await self._verifying(namespace, tls)

    async def _verifying(self, namespace: str, tls: Tls) -> Trust | Finding:
        make = full if tls.verification == "Full" else skip_hostname
        if tls.ca_ref is None:
            return self._shared((tls.verification, None), make)
        pem = await self._ca_entry(namespace, tls.ca_ref)
        if isinstance(pem, Finding):
            return pem
        try:
            return self._shared((tls.verification, pem), lambda: make(pem))
        except UntrustedCA:
            return ca_not_pem(tls.ca_ref.kind, tls.ca_ref.name, tls.ca_ref.key)

    def _shared(self, what: Hashable, make: Callable[[], Trust]) -> Trust:
        return self._trusts.get(what) or self._trusts.setdefault(what, make())

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
