"""Reads what a spec refers to by name: the Secret to sign in with, the CA and the client certificate.

A good object is held for `secret_refresh` seconds, with jitter; a missing or bad one is read again in every round. An
object that does not exist or may not be read is a `Finding`. An API server that cannot be asked is not: it raises
`ApiUnavailable`.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import random
import time
from collections.abc import Callable, Hashable
from functools import partial
from typing import NamedTuple
from weakref import WeakValueDictionary

from wahealth.api import labels
from wahealth.api.credential_source import CredentialSource
from wahealth.api.v1alpha1 import CaRef, ClientCertificateRef, Tls
from wahealth.core.references import (
    ca_entry_missing,
    ca_not_found,
    ca_not_pem,
    client_certificate_invalid,
    secret_forbidden,
    secret_key_missing,
    secret_not_found,
    secret_not_labelled,
    secret_of_another_type,
)
from wahealth.core.signin.flow import Reading
from wahealth.core.status import Finding
from wahealth.keypair import UnfitPair
from wahealth.kube.apiserver.api import ApiError, ApiServer, ApiUnavailable, Document
from wahealth.kube.egress import Authorities
from wahealth.kube.entry import ResourceEntry
from wahealth.kube.joined import Joined
from wahealth.kube.readings import Known, Place, Readings, Recent, Watched, not_watched
from wahealth.kube.records import Cached
from wahealth.probe.credential import Credential
from wahealth.probe.pair import Pair
from wahealth.probe.reading import reading_of
from wahealth.probe.trust import Trust, UntrustedCA, fingerprint, full, pinned, skip_hostname, unverified

_PLURALS = {"Secret": "secrets", "ConfigMap": "configmaps"}
_SHARED = 60.0  # seconds for which other resources use a CA or a pair that was read; at most `refresh`
_PAIR = "kubernetes.io/tls"  # the type of a Secret that holds a certificate and its key
_FORBIDDEN_TYPES = frozenset({"kubernetes.io/service-account-token", "bootstrap.kubernetes.io/token"})


class Wanted(NamedTuple):
    """Entries of a Secret, and what permits their use."""

    secret: str
    entries: tuple[str, ...]
    label: tuple[str, str]  # name and value by which the Secret permits that use
    type: str = ""  # the type that it must have; empty: any
    labelled: bool = False  # the label is needed, whatever the settings say


class Found(NamedTuple):
    """The values of the entries of a Secret, in order, and the resourceVersion that has them."""

    values: list[bytes]
    version: str


class References:
    def __init__(
        self,
        api: ApiServer,
        refresh: float,
        only_labelled: bool = False,
        outside: Authorities | None = None,
        watched: Watched = not_watched,
    ) -> None:
        """`refresh` in seconds. `only_labelled`: use only Secrets that permit it by a label. `outside`: the authorities
        for hosts outside of the cluster. `watched`: which versions a watch shows."""
        self._api = api
        self._readings, self._joined = Readings(refresh, watched), Joined()
        self._only_labelled = only_labelled
        self._outside = outside or Authorities(None)
        self._refresh = refresh
        self._recent = Recent(min(_SHARED, refresh))
        self._trusts: WeakValueDictionary[Hashable, Trust] = WeakValueDictionary()

    @property
    def refresh(self) -> float:
        """Seconds until a good object is read again, different each time."""
        return self._refresh * random.uniform(0.5, 1.5)  # noqa: S311 - spreads load, guards nothing

    async def secret(self, namespace: str, source: CredentialSource, labelled: bool = False) -> Reading[Credential]:
        """What to sign in with, from the Secret as it is now; or what is wrong with it. `labelled`: only if its label
        permits that, whatever the settings say.

        Raises `ApiUnavailable`, and `ApiError` for every refusal but 403 and 404."""
        place = Place(namespace, source, labelled)
        return await self._joined.value(place, partial(self._secret, place))

    async def _secret(self, place: Place) -> Reading[Credential]:
        namespace, source, labelled = place
        began = asyncio.get_running_loop().time()
        wanted = Wanted(source.secret, source.entries, labels.wanted(source), labelled=labelled)
        found = await self._entries(namespace, wanted)
        if isinstance(found, Finding):
            return Reading(reference=found)
        versions, app_secret = [(source.secret, found.version)], None
        if source.app_secret is not None:
            name, entry = source.app_secret
            app = await self._entries(namespace, wanted._replace(secret=name, entries=(entry,)))
            if isinstance(app, Finding):
                return Reading(reference=app)
            versions, app_secret = [*versions, (name, app.version)], app.values[0]
        reading = reading_of(source.kind, found.values, app_secret=app_secret)
        self._readings.note(place, Known(reading, tuple(versions), began))
        return reading

    def known_at(
        self, namespace: str, source: CredentialSource, labelled: bool, reading: Reading[Credential] | None
    ) -> float | None:
        """When `secret` would last have given just this reading, as far as is known without a request (monotonic
        seconds of the loop); None: it must be read."""
        now = asyncio.get_running_loop().time()
        return self._readings.known_at(Place(namespace, source, labelled), reading, now)

    async def trust(self, entry: ResourceEntry, tls: Tls | None) -> Trust | Finding:
        """Who is trusted, and what is shown to them; or why that is not known. Read again when `refresh` is over.

        Raises `ApiUnavailable` when nothing is held from before, and `ApiError`.
        """
        held, about = entry.probe.trust, (entry.generation, entry.probe.requests)
        if held is not None and time.monotonic() < held.until:
            return held.value
        try:
            found = await self._trust(entry, tls or Tls(), anew=held is None)
        except ApiUnavailable:
            if entry.probe.trust is None:  # nothing was held, or it was forgotten meanwhile
                raise
            return entry.probe.trust.value  # keep the previous one until the API server can be asked
        changed = about != (entry.generation, entry.probe.requests)  # meanwhile: good for this round only
        held = None if changed or isinstance(found, Finding) else Cached(found, time.monotonic() + self.refresh)
        entry.probe.trust = held
        return found

    async def _trust(self, entry: ResourceEntry, tls: Tls, anew: bool) -> Trust | Finding:
        """Read everything that the trust consists of. `anew`: also what another resource has just read."""
        namespace, ref = entry.ref.namespace, tls.client_certificate_ref
        if ref is None:
            return await self._showing(entry, tls, anew, None)
        try:
            pair = await self._recent.value((namespace, ref.name), partial(self._pair, namespace, ref), anew)
            return pair if isinstance(pair, Finding) else await self._showing(entry, tls, anew, pair)
        except UnfitPair as unfit:
            return client_certificate_invalid(ref.name, unfit.why)

    async def _showing(self, entry: ResourceEntry, tls: Tls, anew: bool, pair: Pair | None) -> Trust | Finding:
        match tls.verification:
            case "None":
                return self._shared(("None",), unverified, pair)
            case "Pinned":
                pins = frozenset(map(fingerprint, tls.pinned_sha256 or ()))
                return self._shared(("Pinned", pins), partial(pinned, pins), pair)
            case "Full" | "SkipHostname":
                return await self._verifying(entry, tls, anew, pair)

    async def _verifying(self, entry: ResourceEntry, tls: Tls, anew: bool, pair: Pair | None) -> Trust | Finding:
        make = full if tls.verification == "Full" else skip_hostname
        if tls.ca_ref is None:
            beside = self._outside.pem() if entry.is_outside else None
            return self._shared((tls.verification, "public", beside), partial(make, beside, public=True), pair)
        pem = await self._authority(entry.ref.namespace, tls.ca_ref, anew)
        if isinstance(pem, Finding):
            return pem
        try:
            return self._shared((tls.verification, pem), partial(make, pem), pair)
        except UntrustedCA:
            return ca_not_pem(tls.ca_ref.kind, tls.ca_ref.name, tls.ca_ref.key)

    def _shared(self, what: Hashable, make: Callable[..., Trust], pair: Pair | None) -> Trust:
        """One `Trust` for all resources that trust and show the same, so that they share its TLS context."""
        key = what, pair and pair.digest
        return self._trusts.get(key) or self._trusts.setdefault(key, make(pair=pair))

    async def _pair(self, namespace: str, ref: ClientCertificateRef) -> Pair | Finding:
        """The client certificate with its key. Raises `UnfitPair`."""
        entries = ("tls.crt", "tls.key")
        found = await self._entries(namespace, Wanted(ref.name, entries, (labels.CREDENTIALS, ""), _PAIR))
        return found if isinstance(found, Finding) else Pair(*found.values)

    async def _entries(self, namespace: str, wanted: Wanted) -> Found | Finding:
        """The entries as they are now; or what is wrong with the Secret."""
        try:
            document = await self._read(namespace, "Secret", wanted.secret)
        except ApiError as error:
            return _unread(error, wanted.secret)
        if (self._only_labelled or wanted.labelled) and not labels.permit(
            document["metadata"].get("labels", {}), wanted.label
        ):
            return secret_not_labelled(wanted.secret, *wanted.label)
        if wanted.type and document.get("type") != wanted.type:
            return secret_of_another_type(wanted.secret, wanted.type)
        found = {entry: _entry(document, entry) for entry in wanted.entries}
        missing = next((entry for entry, value in found.items() if value is None), None)
        if missing:
            return secret_key_missing(wanted.secret, missing)
        return Found([value or b"" for value in found.values()], document["metadata"].get("resourceVersion", ""))

    async def _authority(self, namespace: str, ref: CaRef, anew: bool) -> bytes | Finding:
        """The CA in PEM. One resource reads it for all that refer to it and are due."""
        name = (namespace, ref.kind, ref.name, ref.key)
        return await self._recent.value(name, partial(self._ca_entry, namespace, ref), anew)

    async def _ca_entry(self, namespace: str, ref: CaRef) -> bytes | Finding:
        try:
            document = await self._read(namespace, ref.kind, ref.name)
        except ApiError as error:
            if error.status not in {403, 404}:
                raise
            return ca_not_found(ref.kind, ref.name)
        return _entry(document, ref.key) or ca_entry_missing(ref.kind, ref.name, ref.key)

    async def _read(self, namespace: str, kind: str, name: str) -> Document:
        document = await self._api.read(f"/api/v1/namespaces/{namespace}/{_PLURALS[kind]}/{name}")
        if document.get("type") in _FORBIDDEN_TYPES:
            raise ApiError(403, "Forbidden")
        return document


def _entry(document: Document, entry: str) -> bytes | None:
    value = document.get("data", {}).get(entry)
    return value.encode() if document.get("kind") == "ConfigMap" and value else _decoded(value)


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
