"""The Secret that one resource signs in with: read now, or known to say what it said."""

from __future__ import annotations

from dataclasses import dataclass

from wahealth.api.credential_source import CredentialSource, source_of
from wahealth.api.v1alpha1 import Spec
from wahealth.core.signin.flow import Reading
from wahealth.kube.apiserver.api import ApiUnavailable
from wahealth.kube.entry import ResourceEntry
from wahealth.kube.references import References
from wahealth.probe.credential import Credential


@dataclass(frozen=True, slots=True)
class CredentialSecret:
    references: References
    entry: ResourceEntry
    spec: Spec

    async def read(self) -> Reading[Credential]:
        """The Secret as it is now; while the API server cannot be asked, the last good reading. Raises as
        `References.secret` does."""
        probe = self.entry.probe
        try:
            reading = await self.references.secret(*self._source)
        except ApiUnavailable:
            if probe.reading is None:
                raise
            return probe.reading
        probe.secret_read(reading)
        return reading

    def known_at(self) -> float | None:
        """When it was last known to say what was last read, as far as is known without a request (monotonic seconds);
        None: it must be read."""
        return self.references.known_at(*self._source, self.entry.probe.reading)

    @property
    def _source(self) -> tuple[str, CredentialSource, bool]:
        """Namespace and Secret of the credential; and whether its label is needed, since it leaves the cluster."""
        return self.entry.ref.namespace, source_of(self.spec), self.spec.target.cloud is not None
