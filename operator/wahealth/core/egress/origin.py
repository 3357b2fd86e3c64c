"""Origins: the scheme, host and port of a URL that holds nothing else. And paths, which are given separately."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

HEALTH = "/v1/health"
PATH, LONGEST_PATH = r"^/[!$&-;=@-Z_a-z~%]*$", 1024  # in characters
_PATH = re.compile(PATH.removesuffix("$"))
_PORTS = {"https": 443, "http": 80}
# The last label must not be a number, so that no mistyped address (127.1, 0x7f000001) is looked up as a name.
_NAME = re.compile(r"(?=.{1,253}$)([a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9_])?\.)*[a-z]([-a-z0-9_]{0,61}[a-z0-9])?\.?")


class NotAnOrigin(ValueError):
    """The URL is not exactly a scheme, a host and a port."""


class Origin(NamedTuple):
    """The scheme ("http" or "https"), host and port of a URL. `host`: a name in lower case or an address, without
    brackets."""

    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """The host and port as a URL writes them."""
        return authority(*self)


def authority(scheme: str, host: str, port: int) -> str:
    """The host and port as a URL and a Host header write them: the scheme's default port is left out."""
    return bracketed(host) if port == _PORTS[scheme] else f"{bracketed(host)}:{port}"


def bracketed(host: str) -> str:
    """The host, in brackets if it is an IPv6 address."""
    return f"[{host}]" if ":" in host else host


@lru_cache(maxsize=16_384)  # the same URLs come with each round
def origin_of(url: str) -> Origin:
    """Parse a URL such as `https://waweb.example.com:9090`.

    Raises `NotAnOrigin` for a path, a query, a user, another scheme, or an invalid host.
    """
    if not url.isascii() or not url.isprintable() or " " in url:
        raise NotAnOrigin
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise NotAnOrigin from None
    more = parts.path not in {"", "/"} or "?" in url or "#" in url or "@" in url or "\\" in url
    if parts.scheme not in _PORTS or more or port == 0 or parts.netloc.endswith(":") or not is_host(host):
        raise NotAnOrigin
    return Origin(parts.scheme, host, port or _PORTS[parts.scheme])


def is_path(path: str) -> bool:
    """Whether this is a path of a URL, without query and fragment, of at most `LONGEST_PATH` characters."""
    return len(path) <= LONGEST_PATH and bool(_PATH.fullmatch(path))


def is_host(host: str) -> bool:
    """Whether this is a DNS name in lower case or an IP address without brackets."""
    return is_address(host) or is_name(host)


def is_name(host: str) -> bool:
    """Whether this is a DNS name in lower case, and not an address."""
    return bool(_NAME.fullmatch(host))


def listening_at(written: str) -> tuple[str, int]:
    """Split an address to listen at, such as `127.0.0.1:8080`, `[::1]:8080` or `:8080`, into host and port.

    The host is returned without brackets; an empty one means every address, IPv4 and IPv6. Raises `ValueError`.
    """
    host, colon, port = written.rpartition(":")
    half = host.startswith("[") != host.endswith("]")
    if not colon or half or not port.isdecimal() or int(port) > 65535:
        raise ValueError("no address and port")
    return host.removeprefix("[").removesuffix("]"), int(port)


@lru_cache(maxsize=65_536)  # the same hosts come with each round
def is_address(host: str) -> bool:
    """Whether this is an IP address, without brackets and without a zone."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return "%" not in host
