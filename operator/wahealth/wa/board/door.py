"""Who gets in: whoever has the token of the URL that was printed, with the browser that took it there.

Everybody on this machine reaches the loopback address, and so does every page that a browser has open. So a request
must name our own address (no DNS rebinding), carry the cookie that only the token is exchanged for (SameSite=Strict: no
other page can send it), and for the stream come from our own page. A token is used once.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from typing import NamedTuple

_TOKEN = 16  # bytes: 128 bits


class Visit(NamedTuple):
    """What of a request matters at the door; empty where there is none."""

    method: str
    host: str
    origin: str
    cookie: str  # the whole header
    token: str


class Door:
    """`address`: where we listen, such as `127.0.0.1:4321`. `renewed` is told of the next URL when a token is used."""

    def __init__(self, address: str, renewed: Callable[[str], None]) -> None:
        self._address, self._renewed = address, renewed
        self._token, self._session = secrets.token_hex(_TOKEN), secrets.token_hex(_TOKEN)
        # Cookies do not know ports, so that two boards need two names.
        self.cookie = f"wahealth-board-{address.rpartition(':')[2]}"

    @property
    def origin(self) -> str:
        return f"http://{self._address}"

    @property
    def url(self) -> str:
        """The URL that leads in, once."""
        return f"{self.origin}/?token={self._token}"

    def knows(self, visit: Visit) -> bool:
        """Whether a request speaks to us, and asks for nothing but to read."""
        return visit.method == "GET" and visit.host == self._address

    def is_in(self, visit: Visit) -> bool:
        """Whether a browser was let in before."""
        try:
            found = SimpleCookie(visit.cookie).get(self.cookie)
        except CookieError:
            return False
        return found is not None and _same(found.value, self._session)

    def is_ours(self, visit: Visit) -> bool:
        """Whether a stream is opened by our own page."""
        return visit.origin == self.origin

    def lets_in(self, visit: Visit) -> str:
        """The value of Set-Cookie for a visitor with the token; empty for any other."""
        if not _same(visit.token, self._token):
            return ""
        self._token = secrets.token_hex(_TOKEN)
        self._renewed(self.url)
        return f"{self.cookie}={self._session}; Path=/; HttpOnly; SameSite=Strict"

    def headers(self) -> dict[str, str]:
        """The headers of every answer."""
        return {
            "Content-Security-Policy": "; ".join(
                (
                    "default-src 'none'",
                    "script-src 'self'",
                    "style-src 'self'",
                    "img-src 'self'",
                    f"connect-src 'self' ws://{self._address}",
                    "base-uri 'none'",
                    "form-action 'none'",
                    "frame-ancestors 'none'",
                    "require-trusted-types-for 'script'",
                    "trusted-types 'none'",
                )
            ),
            "Cache-Control": "no-store",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
        }


def _same(given: str, ours: str) -> bool:
    return secrets.compare_digest(given.encode(errors="replace"), ours.encode())
