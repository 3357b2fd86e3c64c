"""What a 401 asks for (`WWW-Authenticate`, RFC 9110, section 11.6.1): whether it is waweb that asks. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Registered by IANA (HTTP Authentication Scheme Registry), and NTLM: a closed set, so that no answer can choose words.
_SCHEMES = {
    name.lower(): name
    for name in (
        *("Basic", "Bearer", "Concealed", "Digest", "DPoP", "GNAP", "HOBA", "Mutual", "Negotiate", "NTLM", "OAuth"),
        *("PrivateToken", "SCRAM-SHA-1", "SCRAM-SHA-256", "vapid"),
    )
}
_OTHER = "a scheme of its own"
_OF_WAWEB = "apikey"
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|$)')
_LONGEST = 4_096  # characters of all lines that are looked at


def foreign_scheme(challenges: Iterable[str], own: str) -> str:
    """The first scheme asked for; empty where it is waweb's, `own` (what was signed in with), or none at all."""
    asked = list(_schemes(",".join(challenges)[:_LONGEST]))
    if not asked or not {_OF_WAWEB, own.lower()}.isdisjoint(asked):
        return ""
    return _SCHEMES.get(asked[0], _OTHER)


def _schemes(challenges: str) -> Iterable[str]:
    """Parameters stand between commas too: these have an equals sign behind their first word."""
    for element in _QUOTED.sub("_", challenges).split(","):
        words = element.split(maxsplit=2)
        if words and "=" not in words[0] and not (len(words) > 1 and words[1].startswith("=")):
            yield words[0].lower()
