"""The proxy to use for an API server: the kubeconfig's, else the environment's, by the rules of Go's httpproxy."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from urllib.parse import SplitResult

from wahealth.core.egress.proxy import Proxy, proxy_in
from wahealth.kubeconfig.problem import NotUsable


def proxy_for(server: SplitResult, port: int, written: str, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy for `server`, or None. `written` is the kubeconfig's proxy-url, or empty. Raises `NotUsable`."""
    return _proxy(written, "proxy-url") if written else _of_environment(server, port, environ)


def _of_environment(server: SplitResult, port: int, environ: Mapping[str, str]) -> Proxy | None:
    name = f"{server.scheme.upper()}_PROXY"
    written = environ.get(name) or environ.get(name.lower()) or ""
    host = (server.hostname or "").rstrip(".")
    if (
        not written
        or _is_near(host)
        or _is_excepted(host, port, environ.get("NO_PROXY") or environ.get("no_proxy", ""))
    ):
        return None
    return _proxy(written if "://" in written else f"http://{written}", f"${name}")


def _proxy(written: str, where: str) -> Proxy:
    proxy = proxy_in(written)
    if proxy is None:
        raise NotUsable(f"{where} must be a URL with http, https or socks5: fix it")
    return proxy


def _is_near(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_excepted(host: str, port: int, excepted: str) -> bool:
    return any(_matches(each.strip().lower(), host, port) for each in excepted.split(",") if each.strip())


def _matches(excepted: str, host: str, port: int) -> bool:
    """Whether an entry of NO_PROXY covers host and port. An entry is *, a network, an address, or a name with all
    subdomains; the last two with or without a port."""
    if excepted == "*":
        return True
    with contextlib.suppress(ValueError):
        return ip_address(host) in ip_network(excepted, strict=False)
    name, _, only = excepted.rpartition(":")
    if not only.isdigit():
        name, only = excepted, ""
    if only and int(only) != port:
        return False
    name = name.strip("[]").removeprefix("*")
    return host.endswith(name) if name.startswith(".") else host == name or host.endswith(f".{name}")
