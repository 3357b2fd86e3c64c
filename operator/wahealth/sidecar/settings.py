"""The sidecar's settings: flags and `WAHEALTH_…` environment, the flag wins; by argparse alone, to stay small."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Literal, NoReturn, TypeVar

from wahealth.core.conflicts import among_flags
from wahealth.core.facts import ALLOWED_SHARDS, AUTO, Expectation, Patience
from wahealth.core.origin import HEALTH, NotAnOrigin, Origin, is_address, listening_at, origin_of
from wahealth.core.readiness.depth import Depth
from wahealth.core.readiness.node import Identity, PodRole
from wahealth.core.reasons.row import Surface
from wahealth.core.status import Mode
from wahealth.core.word import Word
from wahealth.probe.trust import (
    NotAFingerprint,
    Trust,
    UntrustedCA,
    fingerprint,
    full,
    pinned,
    skip_hostname,
    unverified,
)
from wahealth.sidecar import mounted
from wahealth.sidecar.identity import identity_of

W = TypeVar("W", bound=Word)
LOOPBACK = "https://127.0.0.1:443"
_THIS_POD = (ip_network("127.0.0.0/24"), ip_network("::1/128"))


class Unusable(ValueError):
    """What is wrong, in one sentence."""


@dataclass(frozen=True)
class Settings:
    """`trust` None: plain HTTP. `period` and `timeout` in seconds."""

    upstream: Origin
    api_key_file: Path
    identity: Identity
    depth: Depth
    expected: Expectation
    trust: Trust | None
    server_name: str
    period: float
    timeout: float
    listen: tuple[str, int]
    log_level: str
    log_format: Literal["json", "text"]


class Flag:
    """A flag, its variable and its default."""

    def __init__(self, name: str, what: str, default: str = "", switch: bool = False) -> None:
        self.name, self.what, self.default, self.switch = name, what, default, switch

    @property
    def variable(self) -> str:
        return f"WAHEALTH_{self.name.replace('-', '_').upper()}"


FLAGS = (
    Flag("upstream", "Origin of waweb: of this pod, or of the web Service.", LOOPBACK),
    Flag("api-key-file", "File with the API key, as a Secret is mounted; read anew on every use."),
    Flag("pod-role", f"What this pod is: {', '.join(PodRole)}.", PodRole.WEB),
    Flag("pod-name", "Name of this pod, by which it finds itself; else $POD_NAME, else the host name."),
    Flag("pod-ip", "Address of this pod; else $POD_IP."),
    Flag("depth", f"How deep /readyz looks by itself: {', '.join(Depth)}.", Depth.REACHABLE),
    Flag("mode", f"What the client should be: {', '.join(Mode)}; Auto: it is detected.", AUTO),
    Flag("shards", "Shards of Multiconnect."),
    Flag("ca", "File with certificates (PEM) to trust."),
    Flag("pin", "SHA-256 fingerprint of the one certificate to trust."),
    Flag("server-name", "Name that the certificate carries."),
    Flag("insecure", "Verify nobody; so by default where the upstream is on loopback.", switch=True),
    Flag("period", "Seconds from one question to the next.", "10"),
    Flag("timeout", "Seconds an answer may take in all.", "15"),
    Flag("listen", "Address and port for kubelet.", ":8086"),
    Flag("log-format", "Form of the logs on stderr: json or text.", "json"),
    Flag("log-level", "Least severity logged: debug, info, warning or error.", "info"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    for flag in FLAGS:
        default = f" (default: {flag.default})" if flag.default else ""
        more: dict[str, str] = {"action": "store_const", "const": "true"} if flag.switch else {"metavar": "VALUE"}
        parser.add_argument(f"--{flag.name}", help=f"{flag.what}{default}", **more)  # type: ignore[arg-type]


def settings_of(
    arguments: argparse.Namespace, environment: Mapping[str, str], wrong: Callable[[str], NoReturn]
) -> Settings:
    """`wrong` is told in one sentence what is not right, and does not return."""
    given = {
        flag.name: getattr(arguments, flag.name.replace("-", "_")) or environment.get(flag.variable) or flag.default
        for flag in FLAGS
    }
    try:
        return _settings(given, environment)
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
    if not given["api-key-file"]:
        raise Unusable("name the file with the API key with --api-key-file, such as /etc/wahealth/WA_API_KEY")
    expected = _expected(given)
    return Settings(
        upstream=upstream,
        api_key_file=Path(given["api-key-file"]),
        identity=identity,
        depth=_one_of(Depth, given, "depth"),
        expected=expected,
        trust=_trust(given, upstream),
        server_name=given["server-name"],
        period=expected.patience.period,
        timeout=_seconds(given, "timeout", 1, 60),
        listen=_listen(given["listen"]),
        log_level=_word(given, "log-level", ("debug", "info", "warning", "error")),
        log_format="json" if _word(given, "log-format", ("json", "text")) == "json" else "text",
    )


def _origin(url: str) -> Origin:
    try:
        return origin_of(url)
    except NotAnOrigin:
        raise Unusable(f"--upstream is to be an origin such as {LOOPBACK}, without path, query and user") from None


def _expected(given: Mapping[str, str]) -> Expectation:
    mode = _word(given, "mode", (AUTO, *Mode))
    patience = Patience(_seconds(given, "period", 1, 3600))
    fixed, shards = None if mode == AUTO else Mode(mode), _shards(given["shards"])
    expected = Expectation(fixed, shards, patience=patience, surface=Surface.DESK)
    if (conflict := among_flags(expected, HEALTH)) is not None:
        raise Unusable(conflict)
    return expected


def _one_of(words: type[W], given: Mapping[str, str], name: str) -> W:
    return words(_word(given, name, tuple(words)))


def _word(given: Mapping[str, str], name: str, words: tuple[str, ...]) -> str:
    if given[name] not in words:
        raise Unusable(f"--{name} is to be one of {', '.join(words)}")
    return given[name]


def _shards(written: str) -> int | None:
    if not written:
        return None
    if written not in map(str, ALLOWED_SHARDS):
        raise Unusable(f"--shards is to be one of {', '.join(map(str, ALLOWED_SHARDS))}")
    return int(written)


def _seconds(given: Mapping[str, str], name: str, least: float, most: float) -> float:
    try:
        seconds = float(given[name])
    except ValueError:
        seconds = -1.0
    if not least <= seconds <= most:
        raise Unusable(f"--{name} is to be {least:g} to {most:g} seconds")
    return seconds


def _listen(written: str) -> tuple[str, int]:
    try:
        host, port = listening_at(written)
    except ValueError:
        host, port = "", 0
    if port == 0 or (host and not is_address(host)):
        raise Unusable("--listen is to be an address and a port such as 127.0.0.1:8086, or :8086 for every address")
    return host, port


def _trust(given: Mapping[str, str], upstream: Origin) -> Trust | None:
    """Nobody else can answer on loopback; anybody else is verified."""
    named = [name for name in ("ca", "pin", "insecure") if given[name]]
    if len(named) > 1:
        raise Unusable(f"--{named[0]} and --{named[1]} exclude each other: name one of them")
    if upstream.scheme == "http":
        return None
    if given["pin"]:
        return _pinned(given["pin"])
    if given["ca"]:
        return _of_ca(Path(given["ca"]), bool(given["server-name"]))
    return unverified() if given["insecure"] or _is_loopback(upstream.host) else full()


def _pinned(written: str) -> Trust:
    try:
        return pinned(frozenset({fingerprint(written)}))
    except NotAFingerprint as error:
        raise Unusable(f"--pin is to be {error}") from None


def _of_ca(path: Path, with_name: bool) -> Trust:
    """With a name the certificate has to carry it; waweb's own carries no pod's address."""
    try:
        pem = mounted.read(path)
        return full(pem) if with_name else skip_hostname(pem)
    except OSError as error:
        raise Unusable(f"--ca: {path} cannot be read: {error.strerror}") from None
    except mounted.NoPlainFile:
        raise Unusable(f"--ca: {path} is no plain file") from None
    except UntrustedCA:
        raise Unusable(f"--ca: {path} holds no certificate in PEM") from None


def _is_this_pod(host: str) -> bool:
    name = host.rstrip(".")
    return name == "localhost" or (is_address(name) and any(ip_address(name) in network for network in _THIS_POD))


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (is_address(host) and ip_address(host).is_loopback)
