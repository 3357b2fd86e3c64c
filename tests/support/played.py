"""What a spec refers to, played: of the operator's own classes, without an API server."""

from __future__ import annotations

from wahealth.kube.readings import Readings
from wahealth.kube.references import References


class Played(References):
    """Whoever derives from it says what stands in a Secret, and whom to trust."""

    def __init__(self) -> None:
        """Nothing is read, and nothing is known of other readings."""
        self._readings = Readings(0.0)

    @property
    def refresh(self) -> float:
        return 300.0
