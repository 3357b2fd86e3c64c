"""Which pod this is: as it is told, or as the downward API and the host name say."""

from __future__ import annotations

import socket
from collections.abc import Mapping

from wahealth.core.readiness.node import Identity, PodRole


def identity_of(role: PodRole, name: str | None, address: str | None, environment: Mapping[str, str]) -> Identity:
    """`name` and `address` as told, where they are; the address may be empty."""
    name = name or environment.get("POD_NAME") or socket.gethostname()
    return Identity(role, name, address or environment.get("POD_IP", ""))
