"""Whether a key has the form that the vendor's documentation asks of WA_API_KEY, before it is ever sent anywhere.

Documented (page "Health"): at least 12 and at most 128 characters. A header can carry 0x21 to 0x7E only, so nothing
else is let through; nothing is stripped in silence, because waweb would not strip it either. No message tells the
value or its length.
"""

from __future__ import annotations

from wahealth.core.status import Finding, Truth

SHORTEST, LONGEST = 12, 128
_PRINTABLE = frozenset(range(0x21, 0x7F))


def api_key_problem(key: bytes) -> Finding | None:
    """The first thing wrong with the key, or None. The length is judged first, in bytes."""
    if len(key) < SHORTEST:
        return _problem("APIKeyTooShort", f"The API key is too short: waweb takes {SHORTEST} to {LONGEST} characters.")
    if len(key) > LONGEST:
        return _problem("APIKeyTooLong", f"The API key is too long: waweb takes {SHORTEST} to {LONGEST} characters.")
    if not _PRINTABLE.issuperset(key):
        return _problem("APIKeyInvalidCharacters", f"The API key {_stray(key)}: an HTTP header cannot carry it.")
    return None


def _stray(key: bytes) -> str:
    if key.endswith(b"\n"):
        return "ends in a newline (make the Secret with printf or --from-literal, not with echo)"
    if key != key.strip():
        return "begins or ends with white space"
    if b" " in key:
        return "holds a space"
    return "holds a character that is not printable ASCII"


def _problem(reason: str, message: str) -> Finding:
    return Finding(Truth.FALSE, reason, message)
