"""An HTTP proxy for outbound connections: its URL, the CONNECT request, and what the proxy's answer means.

The proxy is a setting of whoever runs this program. So what it reports about itself or about us is our own fault and
says nothing about a client; what it reports about the connection behind it concerns the target.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from wahealth.core.answer import FailureReason, Unreachable
from wahealth.core.egress.origin import bracketed, is_host
from wahealth.core.strenum import FastStrEnum


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy. `host`: without brackets. `user` and `password` are empty if it wants no sign-in."""

    scheme: str
    host: str
    port: int
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def authority(self) -> str:
        """The host and port without the credentials, as messages show them."""
        return f"{bracketed(self.host)}:{self.port}"

    @property
    def shown(self) -> str:
        """The proxy's URL without the credentials."""
        return f"{self.scheme}://{self.authority}"

    @property
    def speaks_http(self) -> bool:
        """Whether the proxy is asked with CONNECT, and not with SOCKS."""
        return self.scheme in {"http", "https"}

    @property
    def authorization(self) -> str:
        """The line of the request's head that signs in (Basic), ending in CRLF; empty without a user."""
        if not self.user:
            return ""
        return f"Proxy-Authorization: Basic {base64.b64encode(f'{self.user}:{self.password}'.encode()).decode()}\r\n"


class NotAProxy(ValueError):
    """The URL is not one of a usable proxy; the text says what it must be, without repeating what was written."""


_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}  # the port of a URL without one


def proxy_in(url: str) -> Proxy | None:
    """The proxy in a URL with the scheme http, https, socks5 or socks5h; None if the URL is not one of a proxy.

    User and password are percent-encoded in the URL; anything after the port is ignored.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not host or port == 0:
        return None
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Proxy(parts.scheme, host, port or _PORTS[parts.scheme], user, password)


_WANTED = "name a proxy such as http://proxy.example.com:3128, user and password before its host in percent-encoding"
_OTHER_KINDS = {
    "https": "a proxy is spoken with over http://, in which the way to https:// hosts is encrypted all the same",
    **dict.fromkeys(
        ("socks", "socks4", "socks4a", "socks5", "socks5h"),
        "a SOCKS proxy is not asked: name one that speaks HTTP, such as http://proxy.example.com:3128",
    ),
}


def proxy_of(url: str) -> Proxy:
    """Parse the URL of a proxy that speaks HTTP, such as `http://user:password@proxy.example.com:3128`.

    Raises `NotAProxy` for another scheme, and for a path, a query or anything else in the URL.
    """
    scheme = url.partition("://")[0].lower()
    if scheme in _OTHER_KINDS:
        raise NotAProxy(_OTHER_KINDS[scheme])
    proxy = proxy_in(url)
    if proxy is None or not _is_bare(url) or not is_host(proxy.host):
        raise NotAProxy(_WANTED)
    return proxy


def _is_bare(url: str) -> bool:
    """Whether nothing follows the port, and no character would have to be percent-encoded."""
    authority = url.partition("://")[2].removesuffix("/")
    more = "/" in authority or authority.endswith(":")
    return not more and url.isascii() and url.isprintable() and set(" ?#\\").isdisjoint(url)


def question(proxy: Proxy, host: str, port: int) -> bytes:
    """The CONNECT request for a connection to this host and port; the proxy resolves the name."""
    there = f"{bracketed(host)}:{port}"
    return f"CONNECT {there} HTTP/1.1\r\nHost: {there}\r\n{proxy.authorization}\r\n".encode()


def status_of(head: bytes) -> int | None:
    """The HTTP status in the head of the proxy's answer; None if it is not HTTP/1."""
    words = head.split(b"\r\n", 1)[0].split(b" ", 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not (len(words[1]) == 3 and words[1].isdigit()):
        return None
    return int(words[1])


class Trouble(FastStrEnum):
    """A problem between us and the proxy; the values are a label of a metric."""

    NOT_FOUND = "NotFound"
    NOT_CONNECTED = "NotConnected"
    SIGN_IN = "SignIn"
    HANGS_UP = "HangsUp"
    NO_PROXY = "NoProxy"
    OTHER_ANSWER = "OtherAnswer"


_SENTENCES = {
    Trouble.NOT_FOUND: "has a name that cannot be looked up: correct --egress-proxy, or look at the DNS",
    Trouble.NOT_CONNECTED: "accepts no connection: check that it runs, and which NetworkPolicies apply to it",
    Trouble.SIGN_IN: "wants another sign-in (HTTP 407): put its user and password into --egress-proxy",
    Trouble.HANGS_UP: "ends the connection before its answer is complete: look at its log",
    Trouble.NO_PROXY: "does not answer like a proxy: correct --egress-proxy",
    Trouble.OTHER_ANSWER: "answers with HTTP {status} and opens no tunnel: correct --egress-proxy, or look at its log",
}


def sentence(proxy: Proxy, problem: Trouble, status: int = 0) -> str:
    """The problem in words, without a capital and a full stop, because another word precedes it.

    `status`: the HTTP status that the proxy answered with; used for `OTHER_ANSWER` only.
    """
    return f"the proxy {proxy.authority} {_SENTENCES[problem].format(status=status)}"


# How proxies report a failure behind them. Squid: 503, 504; Envoy, HAProxy, Go: 502, 503, 504; tinyproxy: 500.
_NO_WAY = {
    500: FailureReason.CONNECTION_REFUSED,
    502: FailureReason.CONNECTION_REFUSED,
    503: FailureReason.CONNECTION_REFUSED,
    504: FailureReason.CONNECT_TIMEOUT,
}


def meaning_of(proxy: Proxy, status: int) -> Unreachable | Trouble | None:
    """The meaning of a proxy's answer to CONNECT; None: the connection is open.

    A rule of the proxy that forbids this host (403) is reported as a failure of the target: the rule stands until
    somebody changes it, and the owner of the resource is the one who will wonder. Available is Unknown then, not
    False; and if a rule blocks most hosts at once, `isolation_detector` freezes their verdicts, as for any loss of
    egress.
    """
    if 200 <= status < 300:
        return None
    if status == 403:
        detail = f"the proxy {proxy.authority} does not allow it (HTTP 403)"
        return Unreachable(FailureReason.CONNECTION_REFUSED, detail, status=status, by_proxy=True)
    if status in _NO_WAY:
        detail = f"the proxy {proxy.authority} gets no connection there (HTTP {status})"
        return Unreachable(_NO_WAY[status], detail, status=status, by_proxy=True)
    return Trouble.SIGN_IN if status == 407 else Trouble.OTHER_ANSWER


def silent(proxy: Proxy, seconds: float) -> Unreachable:
    """The outcome if the proxy does not answer CONNECT within `seconds`.

    A proxy answers at once about itself, so the silence comes from the target behind it.
    """
    detail = f"the proxy {proxy.authority} has opened no tunnel there within {seconds:g} s"
    return Unreachable(FailureReason.CONNECT_TIMEOUT, detail, by_proxy=True)
