"""The form of an API key."""

from __future__ import annotations

import pytest

from wahealth.core.credential_form import api_key_problem, login_problem, token_problem
from wahealth.core.reasons.row import Surface
from wahealth.probe.credential import api_key, without


def reason(key: bytes) -> str | None:
    found = api_key_problem(key)
    return found.reason if found else None


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (b"", "APIKeyTooShort"),
        (b"x" * 11, "APIKeyTooShort"),
        (b"x" * 12, None),
        (b"x" * 128, None),
        (b"x" * 129, "APIKeyTooLong"),
        (b"!" + b"~" * 20, None),
        (b"twelve chars", "APIKeyInvalidCharacters"),
        (b"a-key-of-enough-characters\n", "APIKeyInvalidCharacters"),
        (b"a-key-of-enough-characters\r\nX-Evil: 1", "APIKeyInvalidCharacters"),
        ("schlüssel-mit-umlaut".encode(), "APIKeyInvalidCharacters"),
        (b"\xef\xbb\xbfa-key-of-enough", "APIKeyInvalidCharacters"),
        (b"a-key\x00of-enough-characters", "APIKeyInvalidCharacters"),
        (b"x" * 11 + b"\n", "APIKeyInvalidCharacters"),
        (b"x" * 1_000_000, "APIKeyTooLong"),
    ],
)
def test_a_key_has_12_to_128_printable_ascii_characters(key: bytes, expected: str | None) -> None:
    assert reason(key) == expected


def test_the_length_is_judged_first() -> None:
    assert reason(b"a b") == "APIKeyTooShort"
    assert reason(b" " * 129) == "APIKeyTooLong"


def test_a_trailing_newline_is_named_as_the_cause() -> None:
    found = api_key_problem(b"a-key-of-enough-characters\n")
    assert found is not None
    assert "newline" in found.message


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (b"x" * 128 + b"\n", "APIKeyInvalidCharacters"),
        (b"x" * 127 + b"\r\n", "APIKeyInvalidCharacters"),
        (b"x" * 200 + b"\n", "APIKeyTooLong"),
        (b"abc\n", "APIKeyTooShort"),
        (b"\n", "APIKeyTooShort"),
    ],
)
def test_it_is_named_too_where_the_length_is_wrong(key: bytes, expected: str) -> None:
    found = api_key_problem(key)
    assert found is not None
    assert found.reason == expected
    assert "ends in a newline (make the Secret with printf" in found.message


JWT = b"eyJhbGciOiJIUzI1NiJ9." + b"eyJleHAiOjF9" * 20 + b".c2ln-_"


@pytest.mark.parametrize("key", [JWT, JWT + b"\n"])
def test_a_token_where_a_key_should_be_is_told_the_way_out(key: bytes) -> None:
    for at, way_out in ((Surface.RESOURCE, "in spec.auth.bearerToken"), (Surface.DESK, "with --token-file")):
        found = api_key_problem(key, at)
        assert found is not None
        assert found.reason == "APIKeyTooLong"
        assert f"characters. It looks like a token: name it {way_out}." in found.message
    assert token_problem(JWT) is None


@pytest.mark.parametrize("key", [b"x" * 200, JWT + b".", JWT.replace(b".", b""), b"x" + JWT, JWT.replace(b"-", b"+")])
def test_another_long_key_is_taken_for_no_token(key: bytes) -> None:
    found = api_key_problem(key)
    assert found is not None
    assert "token" not in found.message


def test_a_short_key_that_looks_like_a_token_is_one() -> None:
    assert api_key_problem(b"eyJhbGciOi.eyJleHAi.c2ln") is None


def test_so_it_is_of_a_token_and_of_a_login() -> None:
    at_most = (
        token_problem(b"t" * 8192 + b"\n"),
        login_problem(b"u" * 1024 + b"\n", b"p"),
        login_problem(b"u", b"p\n"),
    )
    for found in at_most:
        assert found is not None
        assert found.reason == "APIKeyInvalidCharacters"
        assert "newline" in found.message
    for more in (token_problem(b"t" * 9000 + b"\n"), login_problem(b"u" * 2000 + b"\n", b"p")):
        assert more is not None
        assert more.reason == "APIKeyTooLong"
        assert "newline" in more.message


@pytest.mark.parametrize(
    ("key", "says"),
    [
        (b"twelve chars", "The API key holds a space: an HTTP header would end the secret there."),
        (b" twelve-chars", "The API key begins or ends with white space: an HTTP header loses it."),
        (
            b"twelve\tchars",
            "The API key holds a character that is not printable ASCII: an HTTP header cannot carry it.",
        ),
    ],
)
def test_what_an_http_header_would_make_of_it(key: bytes, says: str) -> None:
    found = api_key_problem(key)
    assert found is not None
    assert (found.reason, found.message) == ("APIKeyInvalidCharacters", says)


@pytest.mark.parametrize(
    "pasted", [b"Apikey ", b"APIKEY\t", b"Bearer ", b"basic ", b"Authorization: Bearer ", b" apikey "]
)
@pytest.mark.parametrize("rest", [b"", b"a-key-of-enough-characters", b"x" * 128, b"x" * 9000])
def test_a_pasted_beginning_of_the_header_is_named(pasted: bytes, rest: bytes) -> None:
    for found in (api_key_problem(pasted + rest), token_problem(pasted + rest)):
        assert found is not None
        assert found.reason == "APIKeyInvalidCharacters"
        assert found.message.endswith(": put into the Secret only what comes after it.")


@pytest.mark.parametrize("key", [b"tiny", b"y" * 200, b"canary with spaces"])
def test_no_message_tells_the_key_or_its_length(key: bytes) -> None:
    found = api_key_problem(key)
    assert found is not None
    assert key.decode() not in found.message
    assert str(len(key)) not in found.message.replace("12 to 128", "")


def test_a_key_does_not_show_itself() -> None:
    key = api_key(b"canary-of-enough-characters")
    assert "canary" not in f"{key} {key!r} {[key]} {vars(type(key))}"
    with pytest.raises(TypeError, match="never pickled"):
        __import__("pickle").dumps(key)


@pytest.mark.parametrize(
    ("secret", "said", "left"),
    [
        (b"canary-of-enough", b'{"version": "v1-canary-of-enough-2"}', b'{"version": "v1-(hidden)-2"}'),
        (b"canary/of/enough", b'"canary/of/enough canary\\/of\\/enough"', b'"(hidden) (hidden)"'),
        (b'canary"of\\enough', b'"canary\\"of\\\\enough"', b'"(hidden)"'),
        (b"can<ar>y&enough", b'"can\\u003car\\u003ey\\u0026enough"', b'"(hidden)"'),  # Go
        (b"can+ary/enough==", b'"can+ary/enough\\u003d\\u003d"', b'"(hidden)"'),  # Gson
        (b"can'ary/\"enough", b'"can\\u0027ary\\/\\u0022enough"', b'"(hidden)"'),  # PHP
        (b"can+ary/enough==", b'"can\\u002Bary/enough=="', b'"(hidden)"'),  # .NET
        (b"can+ary/enough==", b"/a/can%2Bary%2Fenough%3D%3D/b", b"/a/(hidden)/b"),
        (b"can+ary/enough==", b"/a/can%2Bary/enough%3D%3D/b", b"/a/(hidden)/b"),
        (b"can<ary/enough(1)", b"/can%3Cary%2Fenough(1)", b"/(hidden)"),  # encodeURIComponent
        (b"can<ary/enough(1)", b"/can%3Cary/enough(1)", b"/(hidden)"),  # encodeURI
        (b"canary-of-enough", b'"canary-of-enoug"', b'"canary-of-enoug"'),
        (b"connected", b'{"gateway_status": "connected"}', b'{"gateway_status": "connected"}'),  # too short for a key
        (b"", b"{}", b"{}"),
    ],
)
def test_a_text_that_repeats_the_secret_is_shown_without_it(secret: bytes, said: bytes, left: bytes) -> None:
    assert without(secret, said) == left
    assert api_key(secret).out_of(said) == left
