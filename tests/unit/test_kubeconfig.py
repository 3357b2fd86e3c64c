"""What of a kubeconfig needs no API server: who is trusted, which proxy leads there, what a pod signs in with, and what
it costs. Against kubectl itself: tests/integration/test_kubeconfigs.py."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from support import odd_servers
from support.odd_servers import Signed
from wahealth.core.egress.proxy import Proxy
from wahealth.kube.apiserver.session import Identity, signed_in
from wahealth.kubeconfig.login import Choice, login, login_by
from wahealth.kubeconfig.problem import NotUsable
from wahealth.kubeconfig.proxies import proxy_for
from wahealth.kubeconfig.trust import trust

TAKEN = (
    odd_servers.without_key_identifiers,
    odd_servers.self_signed,
    odd_servers.by_an_intermediate,
    odd_servers.short_rsa,
)


def shaken_hands(client: ssl.SSLContext, signed: Signed, folder: Path, name: str) -> None:
    """In memory. Raises `ssl.SSLError`."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [
        signed.context(folder).wrap_bio(to_server, to_client, server_side=True),
        client.wrap_bio(to_client, to_server, server_hostname=name),
    ]
    while sides:
        for side in tuple(sides):
            try:
                side.do_handshake()
                sides.remove(side)
            except ssl.SSLWantReadError:
                continue


@pytest.mark.parametrize("made", TAKEN, ids=[made.__name__ for made in TAKEN])
def test_what_go_trusts_is_trusted(made: Callable[[], Signed], tmp_path: Path) -> None:
    signed = made()
    shaken_hands(trust(signed.authority), signed, tmp_path, odd_servers.HOST)


@pytest.mark.parametrize(
    ("made", "name"),
    [
        (odd_servers.common_name_alone, "localhost"),
        (odd_servers.ended, odd_servers.HOST),
        (odd_servers.without_constraints, odd_servers.HOST),
        (odd_servers.self_signed, "127.0.0.2"),
    ],
)
def test_what_go_refuses_is_refused(made: Callable[[], Signed], name: str, tmp_path: Path) -> None:
    signed = made()
    with pytest.raises(ssl.SSLCertVerificationError):
        shaken_hands(trust(signed.authority), signed, tmp_path, name)


def written(folder: Path, **cluster: Any) -> Path:
    """A kubeconfig whose user impersonates another."""
    user = {"token": "a-token", "as": "somebody", "as-groups": ["a", "b"]}
    path = folder / "config"
    document = {
        "clusters": [{"name": "one", "cluster": {"server": "https://api.test", **cluster}}],
        "users": [{"name": "me", "user": user}],
        "contexts": [{"name": "here", "context": {"cluster": "one", "user": "me"}}],
        "current-context": "here",
    }
    path.write_text(yaml.safe_dump(document))
    return path


def identity(path: Path) -> Identity:
    async def signed() -> Identity:
        return Identity(await signed_in(path))

    return asyncio.run(signed())


def test_the_operator_verifies_as_kubectl_does(tmp_path: Path) -> None:
    """Whatever the Python: 3.13 is strict by default."""
    context = identity(written(tmp_path)).trust
    assert context is not None
    assert not context.verify_flags & ssl.VERIFY_X509_STRICT
    assert context.verify_flags & ssl.VERIFY_X509_PARTIAL_CHAIN


def test_the_operator_impersonates_too(tmp_path: Path) -> None:
    found = identity(written(tmp_path, **{"tls-server-name": "other.test", "proxy-url": "http://proxy.test"}))
    assert (found.host, found.server_name, found.proxy) == ("https://api.test", "other.test", "http://proxy.test")
    assert asyncio.run(found.headers()) == (
        ("Authorization", "Bearer a-token"),
        ("Impersonate-User", "somebody"),
        ("Impersonate-Group", "a"),
        ("Impersonate-Group", "b"),
    )


def test_flags_choose_a_context_and_whom_to_impersonate(tmp_path: Path) -> None:
    path = written(tmp_path)
    document = yaml.safe_load(path.read_text())
    document["contexts"].append({"name": "there", "context": {"cluster": "one", "namespace": "other"}})
    path.write_text(yaml.safe_dump(document))

    def chosen(**flags: Any) -> tuple[str, dict[str, list[str]]]:
        found = asyncio.run(login_by(Choice(path, **flags), {}))
        headers: dict[str, list[str]] = {}
        for name, value in found.headers:
            headers.setdefault(name, []).append(value)
        return found.namespace, headers

    assert chosen(context="there") == ("other", {})
    spoken_for = {"Impersonate-User": ["eve"], "Impersonate-Group": ["c"]}
    assert chosen(context="there", user="eve", groups=("c",)) == ("other", spoken_for)
    assert chosen(user="eve")[1]["Impersonate-Group"] == ["a", "b"]  # as kubectl: what no flag names stays
    with pytest.raises(NotUsable, match="has no context"):
        chosen(context="nowhere")
    with pytest.raises(NotUsable, match="--as-group needs --as"):
        chosen(context="there", groups=("c",))


def test_a_proxy_that_the_operator_does_not_take_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(NotUsable, match="name an http:// proxy, or run this in the cluster"):
        identity(written(tmp_path, **{"proxy-url": "socks5://proxy.test"}))


def test_a_pod_signs_in_with_what_is_mounted(tmp_path: Path) -> None:
    """And reads the token as it is now; a kubeconfig that says anything comes first, as with kubectl."""
    mounted = {"token": "of-the-pod\n", "ca.crt": odd_servers.self_signed().authority.decode(), "namespace": "acme"}
    for name, content in mounted.items():
        (tmp_path / name).write_text(content)
    environ = {"HOME": str(tmp_path), "KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}
    found = asyncio.run(login(None, environ, tmp_path))
    assert (found.cluster.server, found.namespace) == ("https://[fd00::1]:443", "acme")
    assert found.headers == (("Authorization", "Bearer of-the-pod"),)
    named = {**environ, "KUBECONFIG": str(written(tmp_path))}
    assert asyncio.run(login(None, named, tmp_path)).cluster.server == "https://api.test"


@pytest.mark.parametrize(
    ("server", "excepted", "through"),
    [
        ("https://api.test", "", True),
        ("https://api.test", "*", False),
        ("https://api.test", "api.test", False),
        ("https://api.test", "test", False),
        ("https://api.test", ".api.test", True),
        ("https://a.api.test", "*.api.test", False),
        ("https://api.test:6443", "api.test:443, API.TEST:6443", False),
        ("https://xapi.test", "api.test", True),
        ("https://10.1.2.3", "10.0.0.0/8", False),
        ("https://10.1.2.3", "11.0.0.0/8,10.1.2.4", True),
        ("https://[fd00::1]", "fd00::/8", False),
        ("https://127.0.0.9", "", False),
        ("https://localhost", "", False),
        ("http://api.test", "", False),
    ],
)
def test_the_proxy_of_the_environment(server: str, excepted: str, through: bool) -> None:
    environ = {"https_proxy": "proxy.test:3128", "NO_PROXY": excepted}
    url = urlsplit(server)
    found = proxy_for(url, url.port or 443, "", environ)
    assert (found.shown if found else None) == ("http://proxy.test:3128" if through else None)


@pytest.mark.parametrize(
    ("written", "proxy"),
    [
        ("https://a%40b:p%3Aw@proxy.test", Proxy("https", "proxy.test", 443, "a@b", "p:w")),
        ("socks5://proxy.test/ignored", Proxy("socks5", "proxy.test", 1080)),
        ("socks5h://[fd00::1]:9", Proxy("socks5h", "fd00::1", 9)),
    ],
)
def test_the_proxy_of_a_kubeconfig(written: str, proxy: Proxy) -> None:
    assert proxy_for(urlsplit("https://api.test"), 443, written, {}) == proxy


@pytest.mark.parametrize("written", ["ftp://canary", "canary", "http://", "http://canary:0", "http://[::1"])
def test_what_is_no_proxy_is_told_without_it(written: str) -> None:
    with pytest.raises(NotUsable, match="proxy-url must be a URL with http") as told:
        proxy_for(urlsplit("https://api.test"), 443, written, {})
    assert "canary" not in str(told.value)


def test_check_imports_no_library_of_kubernetes(tmp_path: Path) -> None:
    """It costs a second and 30 MB."""
    typed = "['check', 'https://127.0.0.1:1', '--key-from=secret/a', '-n', 'b']"
    code = f"import sys; from wahealth import cli; cli.main({typed}); print(*sys.modules)"
    environ = {"PATH": "", "HOME": str(tmp_path), "PYTHONPATH": ":".join(sys.path)}
    environ["KUBECONFIG"] = str(written(tmp_path, **{"proxy-url": "http://127.0.0.1:1"}))
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    assert (
        "wahealth check: Secret b/a cannot be read: the API server cannot be reached: connection refused" in done.stderr
    )
    assert not {"kubernetes", "aiohttp", "kopf", "pydantic"} & set(done.stdout.split())
