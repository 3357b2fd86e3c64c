"""What a 401 asks for: waweb's own word, or a sign-in of somebody who stands before it."""

from __future__ import annotations

import pytest

from wahealth.probe.challenge import foreign_scheme


@pytest.mark.parametrize(
    ("challenges", "own", "expected"),
    [
        ([], "Apikey", ""),
        ([""], "Apikey", ""),
        (["Apikey"], "Apikey", ""),
        (['apikey realm="waweb"'], "Apikey", ""),
        (["Apikey"], "Bearer", ""),
        (['Basic realm="inner"'], "Apikey", "Basic"),
        (['BASIC realm="a, Apikey b"'], "Apikey", "Basic"),
        (['Bearer realm="https://localhost/"'], "Apikey", "Bearer"),
        (['Bearer realm="x", error="invalid_token"'], "Bearer", ""),
        (["Negotiate YWJj=, NTLM"], "Apikey", "Negotiate"),
        (['Digest realm="x", nonce = "y", qop="auth"'], "Apikey", "Digest"),
        (['Basic realm="x"', "Apikey"], "Apikey", ""),
        (['Basic realm="x", Apikey'], "Apikey", ""),
        (["X-7f3a9b"], "Apikey", "a scheme of its own"),
        (['realm="x"'], "Apikey", ""),
        (['Basic realm="unfinished'], "Apikey", "Basic"),
        (['"' + "\\" * 60_000], "Apikey", "a scheme of its own"),
    ],
)
def test_the_scheme_of_somebody_else(challenges: list[str], own: str, expected: str) -> None:
    assert foreign_scheme(challenges, own) == expected
