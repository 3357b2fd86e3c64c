"""What an error of the Graph API is about: by its code first, and by the HTTP status where no code is known."""

from __future__ import annotations

import pytest

from wahealth.core.cloud.errors import CODES, ErrorClass, GraphError, error_class

CREDENTIAL, PERMISSION, THROTTLE = ErrorClass.CREDENTIAL, ErrorClass.PERMISSION, ErrorClass.THROTTLE
TRANSIENT, NOT_FOUND, OUR_REQUEST = ErrorClass.TRANSIENT, ErrorClass.NOT_FOUND, ErrorClass.OUR_REQUEST
DOCUMENTED = {
    CREDENTIAL: {0, 102, 104, 190},
    PERMISSION: {3, 10, 200, 230, 299, 131005},
    THROTTLE: {4, 17, 32, 613, 80007, 80008, 130429},
    TRANSIENT: {1, 2, 131000, 131016, 131057, 133004},
    NOT_FOUND: {33, 803},
    OUR_REQUEST: {2500},
    ErrorClass.DOWN: {368, 130497, 131031, 131042, 131045, 133010},
}
ROWS = [(kind, code) for kind, codes in DOCUMENTED.items() for code in codes]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
def test_a_known_code_decides_whatever_the_status(status: int) -> None:
    assert [error_class(status, code, None, "") for _, code in ROWS] == [kind for kind, _ in ROWS]


def test_no_code_stands_for_two_things() -> None:
    codes = [code for one in CODES.values() for code in one]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("subcode", [None, 458, 459, 460, 463, 464, 467, 492, 1])
def test_a_token_is_not_accepted_whatever_the_subcode(subcode: int | None) -> None:
    assert error_class(400, 190, subcode, "") is CREDENTIAL
    assert GraphError(CREDENTIAL, 400, 190, subcode).token_expired is (subcode == 463)


@pytest.mark.parametrize(
    ("subcode", "message", "kind"),
    [
        (33, "Unsupported get request.", NOT_FOUND),
        (33, "an appsecret_proof with a nonexisting field", NOT_FOUND),
        (None, "API calls need an appsecret_proof argument", PERMISSION),
        (None, "Invalid appsecret_proof", PERMISSION),
        (None, "(#100) Tried accessing nonexisting field (x)", OUR_REQUEST),
        (None, "Invalid parameter", OUR_REQUEST),
        (None, "", OUR_REQUEST),
    ],
)
def test_an_invalid_parameter_is_told_apart_by_subcode_and_text(
    subcode: int | None, message: str, kind: ErrorClass
) -> None:
    assert error_class(400, 100, subcode, message) is kind


def test_too_many_requests_is_a_throttle_whatever_the_code() -> None:
    assert {error_class(429, code, None, "") for code in (None, 1, 100, 80008, 999)} == {THROTTLE}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ErrorClass.UNKNOWN),
        (401, CREDENTIAL),
        (403, PERMISSION),
        (404, NOT_FOUND),
        (418, ErrorClass.UNKNOWN),
        (500, TRANSIENT),
        (503, TRANSIENT),
    ],
)
@pytest.mark.parametrize("code", [None, 999_999, 199, 300])
def test_without_a_known_code_the_status_is_all_there_is(status: int, code: int | None, kind: ErrorClass) -> None:
    assert error_class(status, code, None, "nonexisting field") is kind


def test_the_vendor_may_say_that_it_passes() -> None:
    assert error_class(400, 999_999, None, "", True) is TRANSIENT
    assert error_class(400, 190, None, "", True) is CREDENTIAL
