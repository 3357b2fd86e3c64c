"""Whether what stands in a Secret has the form of what it is to be, before it is ever sent anywhere.

Documented (page "Health"): WA_API_KEY has at least 12 and at most 128 characters. A header can carry 0x21 to 0x7E only,
so nothing else is let through; nothing is stripped in silence, because waweb would not strip it either. No message
tells the value or its length.
"""

from __future__ import annotations

from wahealth.core.status import Finding, Truth

SHORTEST, LONGEST = 12, 128
LONGEST_TOKEN = 8192  # bytes; a JWT of waweb has some 300
LONGEST_OF_LOGIN = 1024  # bytes, of the name or the password
_PRINTABLE = frozenset(range(0x21, 0x7F))


def api_key_problem(key: bytes) -> Finding | None:
    """The first thing wrong with the key, or None. The length is judged first, in bytes."""
    if len(key) < SHORTEST:
        return _problem("APIKeyTooShort", f"The API key is too short: waweb takes {SHORTEST} to {LONGEST} characters.")
    if len(key) > LONGEST:
        return _problem("APIKeyTooLong", f"The API key is too long: waweb takes {SHORTEST} to {LONGEST} characters.")
    return _characters_problem("API key", key)


def token_problem(token: bytes) -> Finding | None:
    """The same of a Bearer token, which may be 1 to 8,192 bytes long."""
    if not token:
        return _problem("APIKeyTooShort", "The token is empty: put one into the Secret.")
    if len(token) > LONGEST_TOKEN:
        return _problem("APIKeyTooLong", f"The token is too long: it may have {LONGEST_TOKEN} characters.")
    return _characters_problem("token", token)


def login_problem(username: bytes, password: bytes) -> Finding | None:
    """The same of a user: Basic authentication (RFC 7617) carries UTF-8 without control characters, and no colon in
    the name."""
    for what, value in (("user name", username), ("password", password)):
        if not value:
            return _problem("APIKeyTooShort", f"The {what} is empty: put it into the Secret.")
        if len(value) > LONGEST_OF_LOGIN:
            return _problem("APIKeyTooLong", f"The {what} is too long: it may have {LONGEST_OF_LOGIN} bytes.")
        if value != value.strip() or not _is_text(value):
            return _problem("APIKeyInvalidCharacters", f"The {what} {_stray(value)}: a login cannot carry it.")
    if b":" in username:
        return _problem("APIKeyInvalidCharacters", "The user name holds a colon: a login cannot carry it.")
    return None


def _is_text(value: bytes) -> bool:
    try:
        return value.decode().isprintable()
    except UnicodeDecodeError:
        return False


def _characters_problem(what: str, secret: bytes) -> Finding | None:
    if _PRINTABLE.issuperset(secret):
        return None
    return _problem("APIKeyInvalidCharacters", f"The {what} {_stray(secret)}: an HTTP header cannot carry it.")


def _stray(secret: bytes) -> str:
    if secret.endswith(b"\n"):
        return "ends in a newline (make the Secret with printf or --from-literal, not with echo)"
    if secret != secret.strip():
        return "begins or ends with white space"
    if b" " in secret:
        return "holds a space"
    return "holds a character that is not printable ASCII"


def _problem(reason: str, message: str) -> Finding:
    return Finding(Truth.FALSE, reason, message)
