"""What a login answers, and when a token ends: from whatever bytes."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest

from wahealth.core.answer import FailureReason, Forbidden, Malformed, Unauthorized, Unreachable
from wahealth.core.signin.flow import Limited, LoggedIn
from wahealth.probe.credential import bearer_token
from wahealth.probe.login import expiry_of, login_outcome_of

END = datetime(2026, 12, 29, 14, 12, 2, tzinfo=UTC)


def jwt(claims: object) -> bytes:
    return b"e30." + base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=") + b".c2ln"


def answer(**user: object) -> bytes:
    return json.dumps({"users": [user]}).encode()


def test_as_documented() -> None:
    body = answer(token="a-token", expires_after="2026-12-29 14:12:02+00:00")
    assert login_outcome_of(200, body, 0) == LoggedIn(bearer_token(b"a-token"), END)


def test_without_an_end_the_token_tells_it() -> None:
    token = jwt({"exp": END.timestamp()})
    assert login_outcome_of(200, answer(token=token.decode()), 0) == LoggedIn(bearer_token(token), END)


@pytest.mark.parametrize("end", ["never", "", 7, None, "9999-12-31 23:59:59-23:59", "0001-01-01 00:00:00+23:59"])
def test_an_end_that_is_none(end: object) -> None:
    assert login_outcome_of(200, answer(token="t", expires_after=end), 0) == LoggedIn(bearer_token(b"t"), None)


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b"null",
            b"[]",
            b"{}",
            b'{"users": []}',
            b'{"users": [null]}',
            b'{"users": {"0": 1}}',
            b"\xff",
            b"<html>",
        ),
        *(answer(), answer(token=""), answer(token=7), answer(token="a\r\nX: y"), answer(token="t" * 8193)),
        answer(token="t\u00f6ken"),
    ],
)
def test_no_token_in_it(body: bytes) -> None:
    assert login_outcome_of(200, body, 0) == Malformed("the login gave no token")


@pytest.mark.parametrize("status", [400, 401])
def test_refused(status: int) -> None:
    assert login_outcome_of(status, b"", 0) == Unauthorized()


def test_why_a_login_is_refused() -> None:
    assert login_outcome_of(401, b'{"errors": [{"code": 1024}]}', 0) == Unauthorized(1024)


def test_a_login_that_is_forbidden_is_no_wrong_password() -> None:
    assert login_outcome_of(403, b"", 0) == Forbidden()
    assert login_outcome_of(403, b'{"meta": {"developerMessage": "This URL is blocked."}}', 0) == Forbidden()


def test_a_login_that_waweb_itself_forbids_has_its_code() -> None:
    assert login_outcome_of(403, b'{"errors": [{"code": 1005}]}', 0) == Unauthorized(1005)


def test_why_no_login_was_looked_at() -> None:
    gone = login_outcome_of(500, b'{"errors": [{"code": 1014}]}', 0)
    assert gone == Unreachable(FailureReason.HTTP_STATUS, "a login with HTTP 500, code 1014", status=500, code=1014)
    moved = login_outcome_of(302, b"", 0, "https://me:secret@sso.example/start?return=secret")
    assert moved == Unreachable(FailureReason.REDIRECTED, "HTTP 302 to https://sso.example/start for a login")


def test_limited() -> None:
    assert login_outcome_of(429, b"", 60.0) == Limited(60.0)


@pytest.mark.parametrize("status", [302, 404, 500, 503])
def test_no_login_was_looked_at(status: int) -> None:
    assert isinstance(login_outcome_of(status, b"", 0), Unreachable)


def test_the_end_of_a_token() -> None:
    assert expiry_of(jwt({"exp": END.timestamp()})) == END


@pytest.mark.parametrize(
    "token",
    [
        *(b"", b"opaque", b"a.b", b"a.b.c", b"..", b"e30.!!!.x", b"e30.e30.x", jwt([]), jwt({"exp": "soon"})),
        *(jwt({"exp": True}), jwt({"exp": -1}), jwt({"exp": 10**30}), jwt({"exp": None}), jwt({"exp": 1e300})),
    ],
)
def test_no_end_in_it(token: bytes) -> None:
    assert expiry_of(token) is None
