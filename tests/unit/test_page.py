"""The first words of whoever stands before waweb: cleaned, cut, and the same from answer to answer."""

from __future__ import annotations

import pytest

from wahealth.core.answer import FailureReason, Malformed, Unreachable
from wahealth.probe.credential import api_key
from wahealth.probe.page import LONGEST, first_words
from wahealth.probe.payload import outcome_of

NGINX = (
    b"<html>\r\n<head><title>400 No required SSL certificate was sent</title></head>\r\n<body>\r\n"
    b"<center><h1>400 Bad Request</h1></center>\r\n</body></html>"
)
NGINX_502 = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    b"<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body></html>"
)
HAPROXY = (
    b"<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n"
)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (400, NGINX, "No required SSL certificate was sent"),
        (502, NGINX_502, "nginx/1.22.1"),
        (503, HAPROXY, "No server is available to handle this request"),
        (503, b"no healthy upstream", "no healthy upstream"),
        (503, b"no available server\n", "no available server"),
        (504, b"upstream request timeout", "upstream request timeout"),
        (502, b"Bad Gateway", ""),
        (502, b"", ""),
        (500, b'{"errors": [{"title": "no"}]}', ""),
        (500, b"request 8e1f03a2-77aa-4b1c-9d5e-0a1b2c3d4e5f failed at 2026-11-28T09:00:00Z", "request failed at"),
        (500, b"see https://sso.example/?session=abc or ask admin@example.com", "see or ask"),
        (500, b"<style>p{}</style><p>Sorry &amp; bye&nbsp;now</p>", "Sorry & bye now"),
        (500, b"<!-- version 3 --><script>var a</script><b>Denied", "Denied"),
        (500, "Überlast \x1b[31mrot\x07".encode(), "?berlast ?[31mrot?"),
        (500, b'it said "no"', "it said 'no'"),
        (500, b"\x00\x01 binary", ""),
        (500, b"a" * 61, ""),
        (500, b"<" * 5_000_000, ""),
        (500, b"<!--" * 100_000 + b"<script>" * 100_000, ""),
    ],
)
def test_what_is_said_of_a_body(status: int, body: bytes, words: str) -> None:
    assert first_words(status, body) == (f'"{words}"' if words else "")


def test_a_long_line_is_cut_between_words() -> None:
    said = first_words(503, b"upstream connect error or disconnect/reset before headers. reset reason: overflow")
    assert said == '"upstream connect error or disconnect/reset before headers"'
    assert len(said) <= LONGEST + 2


def test_they_stand_in_the_outcome_of_what_is_not_waweb() -> None:
    said = outcome_of(503, b"no healthy upstream")
    assert said == Unreachable(FailureReason.HTTP_STATUS, 'HTTP 503, "no healthy upstream"', status=503)
    page = outcome_of(200, b"<html><title>Sign in</title></html>")
    assert page == Malformed('the body is not JSON but says "Sign in"')
    assert outcome_of(500, b'{"errors": [{"code": 1014}]}') == Unreachable(
        FailureReason.HTTP_STATUS, "HTTP 500, code 1014", status=500, code=1014
    )


@pytest.mark.parametrize(
    "shown",
    [b"aKey<of>\"quotes'&+", b"aKey&lt;of&gt;\"quotes'&amp;+", b"aKey&lt;of&gt;&#34;quotes&#39;&amp;&#43;"],
)
def test_a_key_that_a_page_repeats_is_hidden(shown: bytes) -> None:
    hidden = api_key(b"aKey<of>\"quotes'&+").out_of(b"<p>You said &rarr; Apikey " + shown + b"</p>")
    assert b"quotes" not in hidden
    assert first_words(400, hidden) == '"You said Apikey (hidden)"'
