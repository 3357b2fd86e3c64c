"""Whether a credential has the right form, checked before it is ever sent anywhere.

Documented (page "Health"): WA_API_KEY has at least 12 and at most 128 characters. A header can carry 0x21 to 0x7E only,
so nothing else is let through; nothing is stripped silently, because waweb would not strip it either. No message
reveals the value or its length.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from wahealth.core.reasons import credentials as says
from wahealth.core.reasons.found import false
from wahealth.core.reasons.reason import Reason
from wahealth.core.reasons.row import Surface
from wahealth.core.status import Finding

SHORTEST, LONGEST = 12, 128
LONGEST_TOKEN = 8192  # bytes; a JWT of waweb has about 300
LONGEST_APP_SECRET = 256  # bytes; one of the vendor has 32
LONGEST_OF_LOGIN = 1024  # bytes, of the user name or of the password
_PRINTABLE = frozenset(range(0x21, 0x7F))
_NEWLINE = "ends in a newline (make the Secret with printf or --from-literal, not with echo)"


class Bounds(NamedTuple):
    """The shortest and the longest length of a secret, in bytes; `allowed`: the same in words. `what`: its name."""

    what: str
    shortest: int
    longest: int
    allowed: str


_API_KEY = Bounds("API key", SHORTEST, LONGEST, f"waweb takes {SHORTEST} to {LONGEST} characters")
_TOKEN = Bounds("token", 1, LONGEST_TOKEN, f"it may have {LONGEST_TOKEN} characters")
_DIALOG360_KEY = Bounds("360dialog API key", 1, LONGEST_TOKEN, f"it may have {LONGEST_TOKEN} characters")
_APP_SECRET = Bounds("app secret", 1, LONGEST_APP_SECRET, f"it may have {LONGEST_APP_SECRET} characters")


def api_key_problem(key: bytes, at: Surface = Surface.RESOURCE) -> Finding | None:
    """Check an API key; returns what is wrong with it, or None.

    It looks first for a mistake that explains the length, then the length in bytes, then the characters. `at`: where
    the message is read.
    """
    found = _problem_of(_API_KEY, key, at)
    if found is not None and found.reason == Reason.KEY_TOO_LONG and _JWT.fullmatch(key.strip()):
        return false(says.TOKEN_AS_KEY, at, allowed=_API_KEY.allowed)
    return found


_JWT = re.compile(rb"eyJ[\w-]+\.[\w-]+\.[\w-]+")  # RFC 7519: a header, a payload and a signature, in base64url


def token_problem(token: bytes, at: Surface = Surface.RESOURCE) -> Finding | None:
    """Check a Bearer token, which may be 1 to 8,192 bytes long; returns what is wrong with it, or None.

    `at`: where the message is read.
    """
    return _problem_of(_TOKEN, token, at)


def dialog360_key_problem(key: bytes, at: Surface = Surface.RESOURCE) -> Finding | None:
    """Check an API key of 360dialog, which may be 1 to 8,192 bytes long; returns what is wrong with it, or None.

    `at`: where the message is read.
    """
    return _problem_of(_DIALOG360_KEY, key, at)


def app_secret_problem(secret: bytes, at: Surface = Surface.RESOURCE) -> Finding | None:
    """Check the secret of an app, which may be 1 to 256 bytes long; returns what is wrong with it, or None. `at`: where
    the message is read."""
    return _problem_of(_APP_SECRET, secret, at)


def _problem_of(bounds: Bounds, secret: bytes, at: Surface) -> Finding | None:
    what = bounds.what
    if (scheme := _SCHEME.match(secret)) is not None:
        return false(says.WITH_ITS_SCHEME, at, what=what, word=scheme[1].decode().capitalize())
    bare = secret.rstrip(b"\r\n") if secret.endswith(b"\n") else secret
    if not bare and bounds.shortest == 1:
        return false(says.EMPTY, at, what=what)
    if not any(bounds.shortest <= len(one) <= bounds.longest for one in (secret, bare)):
        row = says.TOO_SHORT if len(bare) < bounds.shortest else says.TOO_LONG
        return false(row, at, what=what, allowed=bounds.allowed, also=_also(secret))
    if _PRINTABLE.issuperset(secret):
        return None
    return false(says.STRAY_CHARACTER, at, what=what, **_in_a_header(secret))


def _also(secret: bytes) -> str:
    return f". It also {_NEWLINE}" if secret.endswith(b"\n") else ""


# How an Authorization header begins (RFC 9110): pasted together with the secret.
_SCHEME = re.compile(rb"\s*(?:authorization:\s*)?(apikey|bearer|basic)\s", re.IGNORECASE)


def _in_a_header(secret: bytes) -> dict[str, str]:
    """The {names} of the message. A header can carry a space, but not within a secret, nor at either end of it."""
    if not _PRINTABLE.issuperset(secret.replace(b" ", b"")):
        return {"stray": _stray(secret), "carrier": "an HTTP header cannot carry it"}
    loses = "loses it" if secret != secret.strip() else "would end the secret there"
    return {"stray": _stray(secret), "carrier": f"an HTTP header {loses}"}


def login_problem(username: bytes, password: bytes, at: Surface = Surface.RESOURCE) -> Finding | None:
    """Check a user name and a password; returns what is wrong with them, or None. `at`: where the message is read.

    Basic authentication (RFC 7617) carries UTF-8 without control characters, and no colon in the name.
    """
    for what, value in (("user name", username), ("password", password)):
        if not value:
            return false(says.EMPTY, at, what=what)
        if len(value.rstrip(b"\r\n")) > LONGEST_OF_LOGIN:
            allowed = f"it may have {LONGEST_OF_LOGIN} bytes"
            return false(says.TOO_LONG, at, what=what, allowed=allowed, also=_also(value))
        if value != value.strip() or not _is_text(value):
            return false(says.STRAY_CHARACTER, at, what=what, stray=_stray(value), carrier=_NO_LOGIN)
    if b":" in username:
        return false(says.STRAY_CHARACTER, at, what="user name", stray="holds a colon", carrier=_NO_LOGIN)
    return None


_NO_LOGIN = "a login cannot carry it"


def _is_text(value: bytes) -> bool:
    try:
        return value.decode().isprintable()
    except UnicodeDecodeError:
        return False


def _stray(secret: bytes) -> str:
    if secret.endswith(b"\n"):
        return _NEWLINE
    if secret != secret.strip():
        return "begins or ends with white space"
    if b" " in secret:
        return "holds a space"
    return "holds a character that is not printable ASCII"
