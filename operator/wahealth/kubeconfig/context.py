"""The current context of a kubeconfig: cluster, user and namespace. Rejects what client-go rejects."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from wahealth.kubeconfig.files import Entry, Kubeconfig
from wahealth.kubeconfig.problem import NotUsable
from wahealth.kubeconfig.trust import KeyPair

_PROXIES = ("http", "https", "socks5")


class Cluster(NamedTuple):
    """How to reach an API server and whom to trust there.

    `server` is a URL with the path of the API and without a final slash. `name` is the name that its certificate must
    carry; empty means the host. `authorities` are certificates in PEM; None means those of the system. `proxy` is a URL
    or empty.
    """

    server: str
    name: str
    verified: bool
    authorities: bytes | None
    proxy: str
    extension: Any = None  # for the exec plugin, as it stands in the kubeconfig


class Plugin(NamedTuple):
    """An exec plugin: a program that signs in."""

    command: str
    arguments: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]
    api_version: str
    interactive: str  # Never, IfAvailable or Always
    hint: str  # how to install it
    told_of_cluster: bool


class Impersonated(NamedTuple):
    """The user to impersonate; an empty `user` means nobody. `extra` has one pair of name and value for each header."""

    user: str = ""
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: tuple[tuple[str, str], ...] = ()


class User(NamedTuple):
    """How to sign in. The content of `token_file`, if there is one, takes precedence over `token`."""

    own: KeyPair | None = None
    token: str = ""
    token_file: Path | None = None
    login: tuple[str, str] | None = None
    plugin: Plugin | None = None
    id_token: str = ""
    impersonated: Impersonated = Impersonated()


class Context(NamedTuple):
    """The cluster, the user and the namespace to work with."""

    cluster: Cluster
    user: User
    namespace: str


def current(config: Kubeconfig, named: str = "") -> Context:
    """The context `named`, else the one that `current-context` names. Raises `NotUsable` for whatever client-go
    refuses."""
    if config.empty:
        raise NotUsable("there is no kubeconfig: set KUBECONFIG to one")
    config = config._replace(current=named or config.current)
    if not config.current:
        raise NotUsable("the kubeconfig has no current-context: choose one with kubectl config use-context NAME")
    chosen = config.contexts.get(config.current)
    if chosen is None:
        raise NotUsable(
            f'the kubeconfig has no context "{config.current}": choose one with kubectl config use-context NAME'
        )
    cluster, user = chosen.text("cluster"), chosen.text("user")
    if cluster not in config.clusters:
        raise NotUsable(f'{chosen.called} names a cluster that does not exist ("{cluster}"): see kubectl config view')
    if user and user not in config.users:
        raise NotUsable(f'{chosen.called} names a user that does not exist ("{user}"): see kubectl config view')
    namespace = chosen.text("namespace") or "default"
    return Context(_cluster(config.clusters[cluster]), _user(config.users[user]) if user else User(), namespace)


def _cluster(entry: Entry) -> Cluster:
    authorities = _content(entry, "certificate-authority")
    verified = not entry.truth("insecure-skip-tls-verify")
    if authorities is not None and not verified:
        raise NotUsable(
            f"{entry.called} has a certificate authority and insecure-skip-tls-verify: remove one of the two"
        )
    server = _server(entry)
    extension = next(
        (
            one.values.get("extension")
            for one in entry.each("extensions")
            if one.text("name") == "client.authentication.k8s.io/exec"
        ),
        None,
    )
    return Cluster(server, entry.text("tls-server-name"), verified, authorities, _proxy(entry), extension)


def _server(entry: Entry) -> str:
    """The URL of the API server. A host without a scheme is an error here; kubectl would ask it without TLS."""
    parts = _parts(entry.text("server"))
    if parts is None or parts.scheme not in {"http", "https"}:
        raise NotUsable(f"server of {entry.called} must be a URL such as https://10.1.2.3:6443")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"


def _proxy(entry: Entry) -> str:
    written = entry.text("proxy-url")
    parts = _parts(written)
    if written and (parts is None or parts.scheme not in _PROXIES):
        raise NotUsable(f"proxy-url of {entry.called} must be a URL with http, https or socks5")
    return written


def _parts(url: str) -> SplitResult | None:
    """The parts of a URL; None if it has no host or is not a URL."""
    try:
        parts = urlsplit(url)
        return parts if parts.hostname and parts.port != 0 else None
    except ValueError:
        return None


def _user(entry: Entry) -> User:
    token, token_file = entry.text("token"), entry.path("tokenFile")
    login = (entry.text("username"), entry.text("password"))
    if (token or token_file) and any(login):
        raise NotUsable(f"{entry.called} has a token and a password: remove one of the two")
    return User(
        _own(entry),
        token,
        token_file,
        login if any(login) else None,
        _plugin(entry),
        _id_token(entry),
        _impersonated(entry),
    )


def _own(entry: Entry) -> KeyPair | None:
    certificate, key = _content(entry, "client-certificate"), _content(entry, "client-key")
    if certificate is None:
        return None
    if key is None:
        raise NotUsable(f"{entry.called} has a client certificate without its key: add client-key")
    return KeyPair(certificate, key)


def _content(entry: Entry, key: str) -> bytes | None:
    """The value of `key`, from `key-data` in the kubeconfig itself or from the file that `key` names; not both."""
    data, path = entry.text(f"{key}-data"), entry.path(key)
    if data and path:
        raise NotUsable(f"{entry.called} has both {key} and {key}-data: remove one of the two")
    if path:
        return content(path, f"{key} of {entry.called}")
    try:
        return base64.b64decode("".join(data.splitlines()), validate=True) if data else None
    except (binascii.Error, ValueError):
        raise NotUsable(f"{key}-data of {entry.called} is not base64: fix it") from None


def content(path: Path, called: str) -> bytes:
    """The bytes of a file that the kubeconfig names; `called` is its name in an error. Raises `NotUsable`."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotUsable(f"{called} cannot be read from {path} ({error.strerror}): fix the path") from None


def _plugin(entry: Entry) -> Plugin | None:
    given = entry.within("exec")
    if given is None:
        return None
    if entry.within("auth-provider") is not None:
        raise NotUsable(f"{entry.called} has both exec and auth-provider: remove one of the two")
    command, version = given.text("command"), given.text("apiVersion")
    older = "client.authentication.k8s.io/v1beta1"
    if not command or version not in {older, "client.authentication.k8s.io/v1"}:
        raise NotUsable(f"{given.called} must have a command, and {older} or …/v1 as its apiVersion")
    interactive = given.text("interactiveMode") or ("IfAvailable" if version == older else "")
    if interactive not in {"Never", "IfAvailable", "Always"}:
        raise NotUsable(f"interactiveMode of {given.called} must be Never, IfAvailable or Always")
    return Plugin(
        str(given.folder / command) if "/" in command else command,
        tuple(given.texts("args")),
        tuple((one.text("name"), one.text("value")) for one in given.each("env")),
        version,
        interactive,
        given.text("installHint").strip(),
        given.truth("provideClusterInfo"),
    )


def _id_token(entry: Entry) -> str:
    """The ID token of the auth-provider for OpenID Connect, the only auth-provider that kubectl still has."""
    provider = entry.within("auth-provider")
    if provider is None:
        return ""
    config = provider.within("config")
    token = config.text("id-token") if config and provider.text("name") == "oidc" else ""
    if not token:
        raise NotUsable(f"{provider.called} is not supported: use an exec plugin, as kubectl asks for too")
    return token


def _impersonated(entry: Entry) -> Impersonated:
    user, uid, groups = entry.text("as"), entry.text("as-uid"), tuple(entry.texts("as-groups"))
    below = entry.within("as-user-extra")
    extra = tuple((name, each) for name in (below.values if below else ()) for each in below.texts(name))  # type: ignore[union-attr]
    if not user and (uid or groups or extra):
        raise NotUsable(f"{entry.called} must name a user with `as` if it names as-uid, as-groups or as-user-extra")
    return Impersonated(user, uid, groups, extra)
