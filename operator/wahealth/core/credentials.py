"""Whether what stands in a Secret has the form of what it is to be, before it is ever sent anywhere.

Documented (page "Health"): WA_API_KEY has at least 12 and at most 128 characters. A header can carry 0x21 to 0x7E only,
so nothing else is let through; nothing is stripped in silence, because waweb would not strip it either. No message
tells the value or its length.
"""

from __future__ import annotations

import re

from wahealth.core.status import Finding, Truth

SHORTEST, LONGEST = 12, 128
LONGEST_TOKEN = 8192  # bytes; a JWT of waweb has some 300
LONGEST_OF_LOGIN = 1024  # bytes, of the name or the password
_PRINTABLE = frozenset(range(0x21, 0x7F))
_NEWLINE = "ends in a newline (make the Secret with printf or --from-literal, not with echo)"


def api_key_problem(key: bytes) -> Finding | None:
    """What is wrong with the key, or None: a mistake that explains its length, its length in bytes, its characters."""
    allowed = f"waweb takes {SHORTEST} to {LONGEST} characters"
    return _problem_of("API key", key, (SHORTEST, f"is too short: {allowed}"), (LONGEST, f"is too long: {allowed}"))


def token_problem(token: bytes) -> Finding | None:
    """The same of a Bearer token, which may be 1 to 8,192 bytes long."""
    too_long = f"is too long: it may have {LONGEST_TOKEN} characters"
    return _problem_of("token", token, (1, "is empty: put one into the Secret"), (LONGEST_TOKEN, too_long))


def _problem_of(what: str, secret: bytes, shortest: tuple[int, str], longest: tuple[int, str]) -> Finding | None:
    """`shortest` and `longest`: in bytes, and what to say where they are passed."""
    if (scheme := _SCHEME.match(secret)) is not None:
        pasted = scheme[1].decode().capitalize()
        said = f"The {what} begins with the word {pasted}: put into the Secret only what comes after it."
        return _problem("APIKeyInvalidCharacters", said)
    bare = secret.rstrip(b"\r\n") if secret.endswith(b"\n") else secret
    if not any(shortest[0] <= len(one) <= longest[0] for one in (secret, bare)):
        reason, wrong = ("APIKeyTooShort", shortest[1]) if len(bare) < shortest[0] else ("APIKeyTooLong", longest[1])
        also = "" if bare is secret else f" It also {_NEWLINE}."
        return _problem(reason, f"The {what} {wrong}.{also}")
    if _PRINTABLE.issuperset(secret):
        return None
    return _problem("APIKeyInvalidCharacters", f"The {what} {_in_a_header(secret)}.")


# How an Authorization header begins (RFC 9110): pasted with what follows.
_SCHEME = re.compile(rb"\s*(?:authorization:\s*)?(apikey|bearer|basic)\s", re.IGNORECASE)


def _in_a_header(secret: bytes) -> str:
    """A header can carry a space, but none within a secret, nor at its ends."""
    if not _PRINTABLE.issuperset(secret.replace(b" ", b"")):
        return f"{_stray(secret)}: an HTTP header cannot carry it"
    return (
        f"{_stray(secret)}: an HTTP header {'loses it' if secret != secret.strip() else 'would end the secret there'}"
    )


def login_problem(username: bytes, password: bytes) -> Finding | None:
    """The same of a user: Basic authentication (RFC 7617) carries UTF-8 without control characters, and no colon in
    the name."""
    for what, value in (("user name", username), ("password", password)):
        if not value:
            return _problem("APIKeyTooShort", f"The {what} is empty: put it into the Secret.")
        if len(value.rstrip(b"\r\n")) > LONGEST_OF_LOGIN:
            also = f" It also {_NEWLINE}." if value.endswith(b"\n") else ""
            return _problem("APIKeyTooLong", f"The {what} is too long: it may have {LONGEST_OF_LOGIN} bytes.{also}")
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


def _stray(secret: bytes) -> str:
    if secret.endswith(b"\n"):
        return _NEWLINE
    if secret != secret.strip():
        return "begins or ends with white space"
    if b" " in secret:
        return "holds a space"
    return "holds a character that is not printable ASCII"


def _problem(reason: str, message: str) -> Finding:
    return Finding(Truth.FALSE, reason, message)
