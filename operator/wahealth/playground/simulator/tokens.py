"""Logins as waweb has them: Basic credentials for a token of 7 days, and a limit on how often one may be wrong."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

LASTS = timedelta(days=7)
MOST_BAD_LOGINS, WINDOW_SECONDS = 5, 60.0


@dataclass
class Logins:
    """Of one client."""

    _bad: deque[float] = field(default_factory=deque)
    _tokens: dict[str, datetime] = field(default_factory=dict, repr=False)

    def limited(self) -> bool:
        while self._bad and self._bad[0] < time.monotonic() - WINDOW_SECONDS:
            self._bad.popleft()
        return len(self._bad) >= MOST_BAD_LOGINS

    def bad(self) -> None:
        self._bad.append(time.monotonic())

    def token(self) -> tuple[str, datetime]:
        """A new token, shaped like a JWT, and when it ends."""
        ends = datetime.now(UTC) + LASTS
        parts = ({"alg": "HS256", "typ": "JWT"}, {"exp": int(ends.timestamp()), "jti": secrets.token_hex(8)})
        token = ".".join([*(_encoded(json.dumps(part).encode()) for part in parts), _encoded(secrets.token_bytes(32))])
        self._tokens[token] = ends
        return token, ends

    def accepts(self, token: str) -> bool:
        return self._tokens.get(token, datetime.min.replace(tzinfo=UTC)) > datetime.now(UTC)


def credentials(header: str) -> tuple[str, str]:
    """User and password of a Basic header; empty where it is none."""
    scheme, _, encoded = header.partition(" ")
    try:
        decoded = base64.b64decode(encoded, validate=True).decode() if scheme == "Basic" else ""
    except ValueError:
        decoded = ""
    user, _, password = decoded.partition(":")
    return user, password


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
