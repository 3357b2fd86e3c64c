"""The identity of the sidecar's own pod: from flags, the downward API or the host name."""

from __future__ import annotations

import socket
from collections.abc import Mapping

from wahealth.core.readiness.node import Identity, PodRole


def identity_of(role: PodRole, name: str | None, address: str | None, environment: Mapping[str, str]) -> Identity:
    """The identity of this pod. `name` and `address` are those of the flags; without them the environment decides.

    The address may be empty.
    """
    name = name or environment.get("POD_NAME") or socket.gethostname()
    return Identity(role, name, address or environment.get("POD_IP", ""))
