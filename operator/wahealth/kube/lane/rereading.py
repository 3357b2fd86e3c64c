"""Reads again what a settled round rests on, where it is due by time only: Secret, CA and client certificate.

Most of the time they say what they said. Then the next round is a repetition as the last one was.
"""

from __future__ import annotations

from wahealth.api.v1alpha1 import Spec
from wahealth.core.status import Finding
from wahealth.kube.apiserver.api import ApiError, ApiUnavailable
from wahealth.kube.credential import CredentialSecret
from wahealth.kube.entry import ResourceEntry
from wahealth.kube.references import References


class Rereading:
    def __init__(self, references: References) -> None:
        self._references = references

    def is_due(self, entry: ResourceEntry, now: float) -> bool:
        """Whether anything must be read before the next round, unless it is known to say what it said. `now`: monotonic
        seconds."""
        probe = entry.probe
        trust_is_due = probe.trust is not None and now >= probe.trust.until
        return trust_is_due or not (probe.signin is None or now < probe.signin.read_again or self._is_known(entry))

    async def says_the_same(self, entry: ResourceEntry, now: float) -> bool:
        """Read what is due: whether all of it says what it said, and nothing else has changed meanwhile."""
        spec, generation, requests = entry.spec, entry.generation, entry.probe.requests
        if spec is None:
            return False
        try:
            same = await self._secret(entry, spec, now) and await self._trust(entry, spec)
        except (ApiError, ApiUnavailable):
            return False  # the ordinary round meets it, too, and says so
        return same and (entry.generation, entry.probe.requests) == (generation, requests)

    def _is_known(self, entry: ResourceEntry) -> bool:
        """Whether the Secret is known to say what it said; then it is as if it had been read at that time."""
        at = CredentialSecret(self._references, entry, entry.spec).known_at() if entry.spec is not None else None
        if at is not None:
            entry.probe.secret_said_the_same(at, self._references.refresh)
        return at is not None

    async def _secret(self, entry: ResourceEntry, spec: Spec, now: float) -> bool:
        probe, before = entry.probe, (entry.probe.signin, entry.probe.reading)
        if probe.signin is None:
            return False
        if now < probe.signin.read_again or self._is_known(entry):
            return True
        reading = await CredentialSecret(self._references, entry, spec).read()
        if reading != before[1] or probe.signin is not before[0]:
            return False
        probe.secret_said_the_same(now, self._references.refresh)
        return True

    async def _trust(self, entry: ResourceEntry, spec: Spec) -> bool:
        before = entry.probe.trust
        if before is None:
            return True
        found = await self._references.trust(entry, spec.tls)
        return not isinstance(found, Finding) and found is before.value
