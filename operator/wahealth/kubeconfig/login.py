"""Signs in with a kubeconfig: the headers of each request, and the TLS settings of the connection."""

from __future__ import annotations

import base64
import binascii
import json
import ssl
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from wahealth.kubeconfig import files
from wahealth.kubeconfig.context import Cluster, Context, Impersonated, User, content, current
from wahealth.kubeconfig.plugin import given
from wahealth.kubeconfig.problem import NotUsable
from wahealth.kubeconfig.trust import KeyPair, trust

MOUNTED = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_NOT_ESCAPED = "!#$'*+.^`|~"  # in the name of a header, besides letters, digits and -_


class Login(NamedTuple):
    """What a request to the API server needs. `headers` contain a credential and are never shown."""

    cluster: Cluster
    namespace: str
    headers: tuple[tuple[str, str], ...]
    own: KeyPair | None

    def trust(self) -> ssl.SSLContext | None:
        """The TLS settings; None for an API server without TLS. Raises `NotUsable`."""
        if self.cluster.server.startswith("http:"):
            return None
        return trust(self.cluster.authorities, self.cluster.verified, self.own)


class Choice(NamedTuple):
    """What flags choose, as those of kubectl: a file, a context, and whom to impersonate. Empty: as the kubeconfig
    says."""

    file: Path | None = None
    context: str = ""
    user: str = ""
    groups: tuple[str, ...] = ()

    def speaking_for(self, written: Impersonated) -> Impersonated:
        """Whom to impersonate, where the kubeconfig names `written`."""
        return written._replace(user=self.user or written.user, groups=self.groups or written.groups)


async def login(named: Path | None, environ: Mapping[str, str], mounted: Path = MOUNTED) -> Login:
    """Signs in with the kubeconfig or, if there is none and this is a pod, with its ServiceAccount. Raises
    `NotUsable`."""
    return await login_by(Choice(named), environ, mounted)


async def login_by(choice: Choice, environ: Mapping[str, str], mounted: Path = MOUNTED) -> Login:
    """The same, as flags choose. Raises `NotUsable`."""
    config = files.read(choice.file, environ)
    nothing = config.empty and choice.file is None and not choice.context
    pod = nothing and "KUBERNETES_SERVICE_HOST" in environ and (mounted / "token").exists()
    context = _of_the_pod(environ, mounted) if pod else current(config, choice.context)
    whom = choice.speaking_for(context.user.impersonated)
    if whom.groups and not whom.user:
        raise NotUsable("--as-group needs --as: name the user too")
    return await signed_in(context._replace(user=context.user._replace(impersonated=whom)), environ)


async def signed_in(context: Context, environ: Mapping[str, str]) -> Login:
    """Signs in as the context's user. Runs the exec plugin, if it has one and nothing else signs in. Raises
    `NotUsable`."""
    cluster, user, namespace = context
    authorization, own = _authorization(user), user.own
    if user.plugin is not None and not authorization:
        token, shown = await given(user.plugin, cluster, environ)
        authorization, own = _bearer(token), shown or own
    headers = [("Authorization", authorization)] if authorization else []
    return Login(cluster, namespace, (*headers, *_speaking_for(user.impersonated)), own)


def _of_the_pod(environ: Mapping[str, str], mounted: Path) -> Context:
    host, port = environ["KUBERNETES_SERVICE_HOST"], environ.get("KUBERNETES_SERVICE_PORT", "443")
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    authorities = content(mounted / "ca.crt", "the ServiceAccount's certificate authority")
    namespace = content(mounted / "namespace", "the ServiceAccount's namespace").decode(errors="replace").strip()
    return Context(Cluster(server, "", True, authorities, ""), User(token_file=mounted / "token"), namespace)


def _authorization(user: User) -> str:
    """The Authorization header; empty if a certificate, a plugin or nothing signs in."""
    if user.login is not None:
        return "Basic " + base64.b64encode(":".join(user.login).encode()).decode()
    return _bearer(_token(user))


def _bearer(token: str) -> str:
    if not (token.isascii() and token.isprintable()):
        raise NotUsable("the token of the kubeconfig's user contains characters that a token may not: write it again")
    return f"Bearer {token}" if token else ""


def _token(user: User) -> str:
    if user.token_file is not None:
        try:
            written = content(user.token_file, "the token").decode(errors="replace").strip()
        except NotUsable:
            if not user.token:
                raise
            written = ""
        if not (written or user.token):
            raise NotUsable(f"the token file {user.token_file} is empty: write a token into it")
        return written or user.token
    if user.id_token and not user.token:
        return _not_over(user.id_token)
    return user.token


def _not_over(id_token: str) -> str:
    """The ID token, if it has not expired. Only kubectl renews it and writes the new one to the kubeconfig."""
    try:
        claims = id_token.split(".")[1]
        over = float(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["exp"])
    except (LookupError, ValueError, TypeError, binascii.Error):
        raise NotUsable("the id-token of the kubeconfig's user is not an OpenID Connect token: sign in again") from None
    if over <= time.time():
        raise NotUsable("the id-token of the kubeconfig's user has expired: run kubectl once, which renews it")
    return id_token


def _speaking_for(whom: Impersonated) -> list[tuple[str, str]]:
    if not whom.user:
        return []
    headers = [("Impersonate-User", whom.user)]
    headers += [("Impersonate-Uid", whom.uid)] if whom.uid else []
    headers += [("Impersonate-Group", group) for group in whom.groups]
    headers += [(f"Impersonate-Extra-{quote(name, safe=_NOT_ESCAPED)}", value) for name, value in whom.extra]
    if not all(value.isprintable() for _, value in headers):
        raise NotUsable("as, as-uid, as-groups and as-user-extra of the kubeconfig's user must be printable: fix them")
    return headers
