"""The form of an API key."""

from __future__ import annotations

import pytest

from wahealth.core.credentials import api_key_problem
from wahealth.probe.credential import api_key


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
