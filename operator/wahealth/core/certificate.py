"""The certificate that waweb presents, as far as it matters."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class Certificate(NamedTuple):
    """`fingerprint`: SHA-256 of its DER, 64 hexadecimal digits in lower case. `not_after`: when it ends, UTC."""

    fingerprint: str
    not_after: datetime


class Presented(NamedTuple):
    """One that was not trusted, for a person to decide on; `name`: a DNS name that it carries, if any."""

    fingerprint: str
    name: str = ""
