"""A proxy that opens a way to others: its URL, how it is asked with CONNECT, and what its answer means.

Which proxy there is, is a setting of whoever runs this program. So what a proxy says of itself or of us is a fault of
ours, which says nothing of a client; what it says of the way behind it is about whoever is to be asked there.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from wahealth.core.answer import FailureReason, Unreachable
from wahealth.core.origin import bracketed, is_host
from wahealth.core.strenum import FastStrEnum


@dataclass(frozen=True, slots=True)
class Proxy:
    scheme: str
    host: str
    port: int
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def authority(self) -> str:
        """Without what signs in, as in sentences."""
        return f"{bracketed(self.host)}:{self.port}"

    @property
    def shown(self) -> str:
        """The same, as a URL."""
        return f"{self.scheme}://{self.authority}"

    @property
    def speaks_http(self) -> bool:
        return self.scheme in {"http", "https"}

    @property
    def authorization(self) -> str:
        """A line of a head, or none."""
        if not self.user:
            return ""
        return f"Proxy-Authorization: Basic {base64.b64encode(f'{self.user}:{self.password}'.encode()).decode()}\r\n"


class NotAProxy(ValueError):
    """What a URL of a proxy is to be, in a sentence without what was written."""


_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}  # where a URL names none


def proxy_in(url: str) -> Proxy | None:
    """The proxy that a URL names, by one of the schemes http, https, socks5 and socks5h; None: it names none. User and
    password stand there in percent-encoding; what stands behind the port is not looked at."""
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
    """One that speaks HTTP, of a URL with nothing else in it. Raises `NotAProxy`."""
    scheme = url.partition("://")[0].lower()
    if scheme in _OTHER_KINDS:
        raise NotAProxy(_OTHER_KINDS[scheme])
    proxy = proxy_in(url)
    if proxy is None or not _is_bare(url) or not is_host(proxy.host):
        raise NotAProxy(_WANTED)
    return proxy


def _is_bare(url: str) -> bool:
    """Nothing stands behind the port, and no character that has to be percent-encoded."""
    authority = url.partition("://")[2].removesuffix("/")
    more = "/" in authority or authority.endswith(":")
    return not more and url.isascii() and url.isprintable() and set(" ?#\\").isdisjoint(url)


def question(proxy: Proxy, host: str, port: int) -> bytes:
    """For a way to this host, which the proxy looks up."""
    there = f"{bracketed(host)}:{port}"
    return f"CONNECT {there} HTTP/1.1\r\nHost: {there}\r\n{proxy.authorization}\r\n".encode()


def status_of(head: bytes) -> int | None:
    """Of the answer; None: that is no HTTP."""
    words = head.split(b"\r\n", 1)[0].split(b" ", 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not (len(words[1]) == 3 and words[1].isdigit()):
        return None
    return int(words[1])


class Trouble(FastStrEnum):
    """What is wrong between us and the proxy; the words are a label of a metric."""

    NOT_FOUND = "NotFound"
    NOT_CONNECTED = "NotConnected"
    SIGN_IN = "SignIn"
    HANGS_UP = "HangsUp"
    NO_PROXY = "NoProxy"
    OTHER_ANSWER = "OtherAnswer"


_SENTENCES = {
    Trouble.NOT_FOUND: "has a name that cannot be looked up: correct --egress-proxy, or look at the DNS",
    Trouble.NOT_CONNECTED: "takes no connection: look whether it runs, and whether a NetworkPolicy lets us there",
    Trouble.SIGN_IN: "wants another sign-in (HTTP 407): put its user and password into --egress-proxy",
    Trouble.HANGS_UP: "ends the connection before its answer is complete: look at its log",
    Trouble.NO_PROXY: "answers as no proxy does: correct --egress-proxy",
    Trouble.OTHER_ANSWER: "answers with HTTP {status}, which opens no way: correct --egress-proxy, or look at its log",
}


def sentence(proxy: Proxy, problem: Trouble, status: int = 0) -> str:
    """Without a capital and a full stop: it stands behind another word."""
    return f"the proxy {proxy.authority} {_SENTENCES[problem].format(status=status)}"


# What proxies say of the way behind them. Squid: 503, 504; Envoy, HAProxy, Go: 502, 503, 504; tinyproxy: 500.
_NO_WAY = {
    500: FailureReason.CONNECTION_REFUSED,
    502: FailureReason.CONNECTION_REFUSED,
    503: FailureReason.CONNECTION_REFUSED,
    504: FailureReason.CONNECT_TIMEOUT,
}


def meaning_of(proxy: Proxy, status: int) -> Unreachable | Trouble | None:
    """None: the way is open.

    A rule of the proxy's that forbids this host (403) is told of the host: it stands until somebody changes it, and
    whoever made the resource is the one who wonders. Available is Unknown then, not False; and where a rule takes
    most hosts away at once, the fleet's guard holds that back as any loss of the way out.
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
    """It was asked for a way, and says nothing: it answers at once for itself, and waits for whoever is behind it."""
    detail = f"the proxy {proxy.authority} has opened no way there within {seconds:g} s"
    return Unreachable(FailureReason.CONNECT_TIMEOUT, detail, by_proxy=True)
