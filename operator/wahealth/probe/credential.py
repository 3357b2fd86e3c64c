"""What signs a question in: an API key, a token, a login. No repr, format or pickle shows it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import NoReturn
from urllib.parse import quote

DIALOG360 = "D360-API-KEY"  # the header of 360dialog
HIDDEN = b"(hidden)"
SHORTEST_HIDDEN = 12  # bytes, as of the shortest API key: what is shorter stands in many a text by chance


def without(secret: bytes, text: bytes) -> bytes:
    """`text` of somebody who repeats what we signed in with: HIDDEN stands there instead. `secret` as it is, and as
    those who write JSON, URLs and HTML write it."""
    if len(secret) < SHORTEST_HIDDEN:
        return text
    for form in _forms(secret.decode("latin-1"), b"\\u00" in text, b"%" in text, b"&" in text):
        text = text.replace(form.encode("latin-1"), HIDDEN)
    return text


# What writers of JSON give as \u00.. that need not be: Go and Gson in small letters, PHP and .NET in capitals.
_ESCAPED = (("<>&", "\\u%04x"), ("<>&='", "\\u%04x"), ("<>&", "\\u%04X"), ("<>&'", "\\u%04X"), ("<>&+'`", "\\u%04X"))
_QUOTES = ('\\"', "\\u0022")  # some of those write a quotation mark so, too
_SAFE = ("", "/", "!'()*", ";/?:@&=+$,#!'()*")  # in a URL: what Python and Java, encodeURIComponent, encodeURI leave


# In HTML: nginx and Apache leave both quotation marks or one, Python and Go write them by number; Go a plus sign, too.
_ENTITIES: tuple[dict[str, str], ...] = (
    {},
    {'"': "&quot;"},
    {'"': "&quot;", "'": "&#39;"},
    {'"': "&quot;", "'": "&#x27;"},
    {'"': "&quot;", "'": "&apos;"},
    {'"': "&#34;", "'": "&#39;"},
    {'"': "&#34;", "'": "&#39;", "+": "&#43;"},
)


def _forms(secret: str, with_escapes: bool, with_percents: bool, with_entities: bool) -> dict[str, None]:
    """Each once."""
    written = json.dumps(secret)[1:-1]
    forms = dict.fromkeys((secret, written))
    for characters, escape in _ESCAPED if with_escapes else ():
        escaped = written.translate({ord(one): escape % ord(one) for one in characters})
        forms |= dict.fromkeys(escaped.replace('\\"', mark) for mark in _QUOTES)
    forms |= dict.fromkeys(form.replace("/", "\\/") for form in tuple(forms))
    for entities in _ENTITIES if with_entities else ():
        marks: dict[str, str | int | None] = {"&": "&amp;", "<": "&lt;", ">": "&gt;", **entities}
        forms |= {secret.translate(str.maketrans(marks)): None}
    return forms | dict.fromkeys(quote(secret, safe) for safe in (_SAFE if with_percents else ()))


class Credential:
    """`header()`, `proof` and `parameter` are the ways out. Two are equal when they say the same."""

    __slots__ = ("_app_secret", "_scheme", "_secret")

    def __init__(self, scheme: str, secret: bytes, app_secret: bytes = b"") -> None:
        """`secret`, `app_secret`: bytes of 0x21 to 0x7E."""
        self._scheme = scheme
        self._secret = secret
        self._app_secret = app_secret

    def proved_by(self, app_secret: bytes) -> Credential:
        """The same, of an app whose secret is known; that is never sent."""
        return Credential(self._scheme, self._secret, app_secret)

    @property
    def scheme(self) -> str:
        """The first word of an Authorization header's value; `DIALOG360`: it is another header."""
        return self._scheme

    @property
    def digest(self) -> str:
        """The same for equal credentials; to be compared within this process alone."""
        return hashlib.sha256(self._secret).hexdigest()

    def header(self) -> tuple[str, str]:
        """Name and value of the header that signs in."""
        secret = self._secret.decode("ascii")
        return (DIALOG360, secret) if self._scheme == DIALOG360 else ("Authorization", f"{self._scheme} {secret}")

    @property
    def proof(self) -> str:
        """Documented (page "Securing Graph API requests"): the hexadecimal HMAC-SHA256 of the token, by the app's
        secret. Empty where that is not known."""
        return hmac.new(self._app_secret, self._secret, hashlib.sha256).hexdigest() if self._app_secret else ""

    @property
    def parameter(self) -> str:
        """The secret itself as a value in a URL's query, for the one request that asks about it."""
        return quote(self._secret, safe="")

    def out_of(self, text: bytes) -> bytes:
        """`text` of somebody who may repeat it, without it, and without its proof."""
        text = without(self._secret, text)
        return without(self.proof.encode(), text) if self._app_secret else text

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Credential):
            return NotImplemented
        same = hmac.compare_digest(self._secret, other._secret)
        return self._scheme == other._scheme and same and hmac.compare_digest(self._app_secret, other._app_secret)

    def __hash__(self) -> int:
        return hash((self._scheme, self._secret))

    def __repr__(self) -> str:
        return "Credential(hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a credential is never pickled")


def api_key(secret: bytes) -> Credential:
    """Documented (page "Health"): `Authorization: Apikey <key>`. As `core.credential_form.api_key_problem` lets
    through."""
    return Credential("Apikey", secret)


def bearer_token(secret: bytes) -> Credential:
    """Documented (page "Health"): `Authorization: Bearer <token>`. As `token_problem` lets through."""
    return Credential("Bearer", secret)


def dialog360_key(secret: bytes) -> Credential:
    """Documented (page "Authentication" of 360dialog): a header of its own. As `dialog360_key_problem` lets through."""
    return Credential(DIALOG360, secret)


def login(username: bytes, password: bytes) -> Credential:
    """Documented (page "Users"): Basic authentication. As `login_problem` lets through."""
    return Credential("Basic", base64.b64encode(username + b":" + password))
