"""The sidecar's settings, validated without pydantic to stay small."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Literal, NoReturn, TypeVar

from wahealth import mounted
from wahealth.core.conflicts import FLAGS, HALF_A_PAIR, among_flags, tls_useless
from wahealth.core.egress.origin import NotAnOrigin, Origin, is_address, listening_at, origin_of
from wahealth.core.facts import ALLOWED_SHARDS, AUTO, Desired, KeyExposure, Thresholds
from wahealth.core.readiness.depth import Depth
from wahealth.core.readiness.node import Identity, PodRole
from wahealth.core.reasons.row import Surface
from wahealth.core.signin.kinds import Kind
from wahealth.core.status import CLIENT_MODES, Mode
from wahealth.core.strenum import FastStrEnum
from wahealth.probe.trust import (
    NotAFingerprint,
    UntrustedCA,
    fingerprint,
    full,
    pinned,
    skip_hostname,
    unverified,
)
from wahealth.sidecar.flags import LOOPBACK, given_in
from wahealth.sidecar.identity import identity_of
from wahealth.sidecar.showing import PAIR, NoPair, Showing, Trusting

W = TypeVar("W", bound=FastStrEnum)
_THIS_POD = (ip_network("127.0.0.0/24"), ip_network("::1/128"))


class Unusable(ValueError):
    """What is wrong with the settings, in one sentence without its full stop."""


@dataclass(frozen=True)
class Settings:
    """Valid settings of the sidecar.

    `files` hold the credential: user name and password of a login, else one file. `showing` None means plain HTTP.
    `period` and `timeout` are in seconds.
    """

    upstream: Origin
    path: str
    files: tuple[Path, ...]
    identity: Identity
    depth: Depth
    desired: Desired
    showing: Showing | None
    server_name: str
    period: float
    timeout: float
    listen: tuple[str, int]
    log_level: str
    log_format: Literal["json", "text"]


def settings_of(
    arguments: argparse.Namespace, environment: Mapping[str, str], wrong: Callable[[str], NoReturn]
) -> Settings:
    """The settings from flags and environment. `wrong` is called with a sentence if they are invalid, and must not
    return."""
    try:
        return _settings(given_in(arguments, environment), environment)
    except Unusable as error:
        wrong(str(error))


def _settings(given: Mapping[str, str], environment: Mapping[str, str]) -> Settings:
    upstream = _origin(given["upstream"])
    role = _one_of(PodRole, given, "pod-role")
    identity = identity_of(role, given["pod-name"], given["pod-ip"], environment)
    if role is not PodRole.WEB and _is_this_pod(upstream.host):
        raise Unusable(f"a {role} pod asks the web Service: name it with --upstream https://SERVICE")
    if role is not PodRole.WEB and not is_address(identity.address):
        raise Unusable("a coreapp or master finds itself by its address: set POD_IP from status.podIP, or --pod-ip")
    kind, files = _signin(given)
    desired = _expected(given, kind, _exposure(given, upstream))
    return Settings(
        upstream=upstream,
        path=given["path"],
        files=files,
        identity=identity,
        depth=_one_of(Depth, given, "depth"),
        desired=desired,
        showing=_showing(given, upstream),
        server_name=given["server-name"],
        period=desired.thresholds.period,
        timeout=_seconds(given, "timeout", 1, 60),
        listen=_listen(given["listen"]),
        log_level=_word(given, "log-level", ("debug", "info", "warning", "error")),
        log_format="json" if _word(given, "log-format", ("json", "text")) == "json" else "text",
    )


def _origin(url: str) -> Origin:
    try:
        return origin_of(url)
    except NotAnOrigin:
        said = f"--upstream must be an origin such as {LOOPBACK}, without query and user: name a path with --path"
        raise Unusable(said) from None


_FILES = {
    Kind.API_KEY: ("api-key-file",),
    Kind.TOKEN: ("token-file",),
    Kind.LOGIN: ("username-file", "password-file"),
}
_NOTHING = (
    "name a credential: --api-key-file, such as /etc/wahealth/WA_API_KEY, --token-file, or --username-file and"
    " --password-file"
)


def _signin(given: Mapping[str, str]) -> tuple[Kind, tuple[Path, ...]]:
    """The kind of credential and its files. Raises `Unusable`."""
    named = {kind: flags for kind, flags in _FILES.items() if any(given[flag] for flag in flags)}
    if not named:
        raise Unusable(_NOTHING)
    if len(named) > 1:
        one, other, *_ = (next(flag for flag in flags if given[flag]) for flags in named.values())
        raise Unusable(f"--{one} and --{other} exclude each other: name one of them")
    ((kind, flags),) = named.items()
    if not all(given[flag] for flag in flags):
        raise Unusable("--username-file and --password-file belong together: name both or neither")
    return kind, tuple(Path(given[flag]) for flag in flags)


def _exposure(given: Mapping[str, str], upstream: Origin) -> KeyExposure | None:
    """Why anybody could receive the credential; None on loopback, where no other pod can answer."""
    if _is_loopback(upstream.host):
        return None
    if upstream.scheme == "http":
        return KeyExposure.PLAIN_URL
    return KeyExposure.INSECURE if given["insecure"] else None


def _expected(given: Mapping[str, str], kind: Kind, exposed: KeyExposure | None) -> Desired:
    mode = _word(given, "mode", (AUTO, *CLIENT_MODES))
    thresholds = Thresholds(_seconds(given, "period", 1, 3600))
    desired = Desired(
        mode=None if mode == AUTO else Mode(mode),
        shards=_shards(given["shards"]),
        signs_in_by=kind,
        shows_certificate=bool(given["client-certificate"]),
        exposed=exposed,
        thresholds=thresholds,
        surface=Surface.DESK,
    )
    if (conflict := among_flags(desired, given["path"])) is not None:
        raise Unusable(conflict)
    return desired


def _one_of(words: type[W], given: Mapping[str, str], name: str) -> W:
    return words(_word(given, name, tuple(words)))


def _word(given: Mapping[str, str], name: str, words: tuple[str, ...]) -> str:
    if given[name] not in words:
        raise Unusable(f"--{name} must be one of {', '.join(words)}")
    return given[name]


def _shards(written: str) -> int | None:
    if not written:
        return None
    if written not in map(str, ALLOWED_SHARDS):
        raise Unusable(f"--shards must be one of {', '.join(map(str, ALLOWED_SHARDS))}")
    return int(written)


def _seconds(given: Mapping[str, str], name: str, least: float, most: float) -> float:
    try:
        seconds = float(given[name])
    except ValueError:
        seconds = -1.0
    if not least <= seconds <= most:
        raise Unusable(f"--{name} must be {least:g} to {most:g} seconds")
    return seconds


def _listen(written: str) -> tuple[str, int]:
    try:
        host, port = listening_at(written)
    except ValueError:
        host, port = "", 0
    if port == 0 or (host and not is_address(host)):
        raise Unusable("--listen must be an address and a port such as 127.0.0.1:8086, or :8086 for every address")
    return host, port


def _showing(given: Mapping[str, str], upstream: Origin) -> Showing | None:
    trusting, files = _trusting(given, upstream), [given[flag] for flag in PAIR]
    if any(files) and not all(files):
        raise Unusable(HALF_A_PAIR)
    try:
        return None if trusting is None else Showing(trusting, tuple(map(Path, filter(None, files))))
    except NoPair as error:
        raise Unusable(str(error)) from None
    except UntrustedCA:
        raise Unusable(f"--ca: {given['ca']} holds no certificate in PEM") from None


_OF_TLS = ("ca", "pin", "server-name", *PAIR)


def _trusting(given: Mapping[str, str], upstream: Origin) -> Trusting | None:
    """The trust in the upstream, or None for plain HTTP. On loopback nothing is verified by default, because no other
    pod can answer there. Raises `Unusable`."""
    named = [name for name in ("ca", "pin", "insecure") if given[name]]
    if len(named) > 1:
        raise Unusable(f"--{named[0]} and --{named[1]} exclude each other: name one of them")
    if upstream.scheme == "http":
        if (useless := next((name for name in _OF_TLS if given[name]), None)) is not None:
            raise Unusable(tls_useless(f"--{useless}", FLAGS))
        return None
    if given["pin"]:
        return _pinned(given["pin"])
    if given["ca"]:
        return _of_ca(Path(given["ca"]), bool(given["server-name"]))
    return unverified if given["insecure"] or _is_loopback(upstream.host) else partial(full, None)


def _pinned(written: str) -> Trusting:
    try:
        return partial(pinned, frozenset({fingerprint(written)}))
    except NotAFingerprint as error:
        raise Unusable(f"--pin must be {error}") from None


def _of_ca(path: Path, with_name: bool) -> Trusting:
    """Trust in a CA. The certificate must carry a name only if one is set, because waweb's own carries no pod's
    address."""
    try:
        return partial(full if with_name else skip_hostname, mounted.content(path))
    except mounted.Unreadable as error:
        raise Unusable(f"--ca: {error}") from None


def _is_this_pod(host: str) -> bool:
    name = host.rstrip(".")
    return name == "localhost" or (is_address(name) and any(ip_address(name) in network for network in _THIS_POD))


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (is_address(host) and ip_address(host).is_loopback)
