"""Errors as the Graph API words them, by code and subcode. The texts are ours."""

from __future__ import annotations

from typing import Any, NamedTuple

from wahealth.playground.simulator.client import Json
from wahealth.playground.simulator.cloud.settings import ErrorSettings


class Refusal(Exception):
    """Raised where the answer is this error."""

    def __init__(self, error: ErrorSettings) -> None:
        super().__init__(error.code)
        self.error = error


class Defaults(NamedTuple):
    http_status: int
    type: str
    message: str


OAUTH, METHOD = "OAuthException", "GraphMethodException"
_PLAIN = Defaults(400, OAUTH, "The simulated API answers this code.")
_BY_SUBCODE: dict[tuple[int, int | None], Defaults] = {
    (100, 33): Defaults(400, METHOD, "Unsupported request: no such object, or not for this token."),
    (190, 458): Defaults(400, OAUTH, "The app was removed by the user of this access token."),
    (190, 460): Defaults(401, OAUTH, "The access token ended, because the password was changed."),
    (190, 463): Defaults(401, OAUTH, "The access token has expired."),
    (190, 467): Defaults(401, OAUTH, "The access token is no longer valid."),
}
_BY_CODE: dict[int, Defaults] = {
    1: Defaults(500, OAUTH, "An unknown error: try again."),
    2: Defaults(500, OAUTH, "The service is temporarily not there."),
    4: Defaults(403, OAUTH, "(#4) The app has reached its limit of requests."),
    10: Defaults(403, OAUTH, "(#10) The app may not do this."),
    100: Defaults(400, OAUTH, "(#100) Invalid parameter."),
    104: Defaults(400, OAUTH, "An access token is required to ask for this."),
    190: Defaults(401, OAUTH, "The access token cannot be read."),
    200: Defaults(403, OAUTH, "(#200) The permission for this is missing."),
    368: Defaults(403, OAUTH, "(#368) Blocked for a time, for a violation of the policies."),
    2500: Defaults(400, OAUTH, "Unknown path."),
    80007: Defaults(400, OAUTH, "(#80007) Too many calls to this account."),
    80008: Defaults(400, OAUTH, "(#80008) Too many calls to this WhatsApp Business account."),
    130429: Defaults(429, OAUTH, "(#130429) Rate limit hit."),
    131031: Defaults(403, OAUTH, "(#131031) The account is locked."),
    131042: Defaults(400, OAUTH, "(#131042) The business cannot pay."),
    133010: Defaults(400, OAUTH, "(#133010) The phone number is not registered."),
}
TRANSIENT = frozenset({1, 2})


def refusal(code: int, subcode: int | None = None, **more: Any) -> Refusal:
    """An error to raise; `more`: further fields of `ErrorSettings`."""
    return Refusal(ErrorSettings(code=code, subcode=subcode, **more))


def no_such_object() -> Refusal:
    return refusal(100, 33)


def envelope(error: ErrorSettings, trace: str) -> tuple[int, Json]:
    """HTTP status and body. `trace` is the vendor's number of the request."""
    defaults = _BY_SUBCODE.get((error.code, error.subcode)) or _BY_CODE.get(error.code, _PLAIN)
    body: Json = {
        "message": defaults.message if error.message is None else error.message,
        "type": error.type or defaults.type,
        "code": error.code,
        "fbtrace_id": trace,
    }
    if error.subcode is not None:
        body["error_subcode"] = error.subcode
    transient = error.is_transient if error.is_transient is not None else error.code in TRANSIENT or None
    if transient is not None:
        body["is_transient"] = transient
    return error.http_status or defaults.http_status, {"error": body}
