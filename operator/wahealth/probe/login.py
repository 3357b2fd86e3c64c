"""The vendor's login, bytes → a token; and when a token ends. Pure.

Documented (page "Users"): `POST /v1/users/login` answers `{"users": [{"token": "<JWT>", "expires_after":
"2026-12-29 14:12:02+00:00"}]}`; error 1015 with HTTP 429 after too many bad logins.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from wahealth.core.answer import FailureReason, Forbidden, Malformed, Unauthorized, Unreachable
from wahealth.core.credential_form import token_problem
from wahealth.core.signin.flow import Limited, LoggedIn, LoginOutcome
from wahealth.probe.credential import Credential, bearer_token
from wahealth.probe.payload import error_code, http_error
from wahealth.probe.semantics import is_redirect, redirect
from wahealth.probe.strict_json import NotRead, document_of

LOGIN = "/v1/users/login"
_NO_TOKEN = Malformed("the login gave no token")
_LATEST = 253_402_300_799  # the last second of the year 9999


def login_outcome_of(
    http_status: int, body: bytes, retry_after: float, location: str = "", wants: str = ""
) -> LoginOutcome[Credential]:
    """`retry_after` in seconds, 0 where the server does not say; `location`: the header of a redirect; `wants`: the
    foreign scheme that a 401 asks for."""
    if http_status == 429:
        return Limited(retry_after)
    if http_status in {200, 201}:
        return _logged_in(body)
    if is_redirect(http_status):
        return Unreachable(FailureReason.REDIRECTED, f"{redirect(http_status, location)} for a login")
    code = error_code(body)
    if not code and (http_status == 403 or (http_status == 401 and wants)):
        return Forbidden(wants if http_status == 401 else "")
    if http_status in {400, 401, 403}:  # with a code it is waweb itself that says 403
        return Unauthorized(code)
    error = http_error(http_status, body)
    return replace(error, detail=f"a login with {error.detail}")


def _logged_in(body: bytes) -> LoggedIn[Credential] | Malformed:
    try:
        user: Any = document_of(body)["users"][0]
        token = user["token"].encode("ascii")
    except NotRead as error:
        return Malformed(error.problem)
    except (ValueError, LookupError, TypeError, AttributeError):
        return _NO_TOKEN
    if token_problem(token) is not None:
        return _NO_TOKEN
    return LoggedIn(bearer_token(token), _written(user.get("expires_after")) or expiry_of(token))


def _written(expires_after: object) -> datetime | None:
    if not isinstance(expires_after, str):
        return None
    try:
        read = datetime.fromisoformat(expires_after)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        return None


def expiry_of(token: bytes) -> datetime | None:
    """`exp` of a JSON Web Token (RFC 7519, section 4.1.4); None of what is none. Its signature is waweb's affair."""
    try:
        payload = token.split(b".")[1]
        claims = document_of(base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
        seconds = claims["exp"]
    except (ValueError, LookupError, TypeError, binascii.Error):
        return None
    if type(seconds) is not float or not 0 < seconds <= _LATEST:
        return None
    return datetime.fromtimestamp(int(seconds), UTC)
