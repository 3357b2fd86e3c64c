"""Any kubeconfig that kubectl takes: its answer and ours are the same, or ours is a sentence.

Each row is tried with the real kubectl at a real API server, and with `wahealth check`'s own reader.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
import yaml

from support import odd_servers
from support.gates import HOST, LOGIN, Gates, gates
from wahealth.check.cluster import NotThere, values_from
from wahealth.core.signin.kinds import Kind
from wahealth.kube.apiserver.api import ApiError, ApiServer, ApiUnavailable
from wahealth.kube.apiserver.session import signed_in
from wahealth.playground.cluster.control_plane import ControlPlane
from wahealth.playground.pki import Authority

Fields = dict[str, Any]
VALUE = "what-signs-in"
NAMESPACE = "desk"
V1, V1BETA1, V1ALPHA1 = (f"client.authentication.k8s.io/{v}" for v in ("v1", "v1beta1", "v1alpha1"))
PROXY_NAME = "https://api.cluster.test:443"  # that only a proxy knows


class Desk:
    """A folder of kubeconfigs, and what stands in them."""

    def __init__(self, plane: ControlPlane, gates: Gates, folder: Path, token: str) -> None:
        self.plane, self.gates, self.folder, self.token = plane, gates, folder, token
        self.authority = (plane.directory / "ca.crt").read_bytes()
        self.certificate, self.key = ((plane.directory / f"admin.{end}").read_bytes() for end in ("crt", "key"))
        self.environ: dict[str, str] = {}
        self.cluster: Fields = {"server": plane.url, "certificate-authority-data": b64(self.authority)}
        self.user: Fields = {"token": token}
        self.files = ["config"]

    def administrator(self) -> Fields:
        return {"client-certificate-data": b64(self.certificate), "client-key-data": b64(self.key)}

    def config(self, **more: Any) -> Fields:
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "one", "cluster": self.cluster}],
            "users": [{"name": "me", "user": self.user}],
            "contexts": [{"name": "here", "context": {"cluster": "one", "user": "me", "namespace": NAMESPACE}}],
            "current-context": "here",
            **more,
        }

    def write(self, name: str, content: str | bytes | Fields) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        written = yaml.safe_dump(content) if isinstance(content, dict) else content
        path.write_bytes(written if isinstance(written, bytes) else written.encode())
        return path

    def program(self, name: str, *lines: str) -> None:
        path = self.write(name, "\n".join(["#!/bin/sh", *lines, ""]))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def environment(self) -> dict[str, str]:
        config = os.pathsep.join(str(self.folder / name) for name in self.files)
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder), "KUBECONFIG": config, **self.environ}

    def kubectl(self) -> str | None:
        """What it reads; None: it refuses."""
        asked = ("get", "secret", "web", "-o", "jsonpath={.data.value}")
        how = (f"--cache-dir={self.folder / 'cache'}", "--request-timeout=10s")
        done = subprocess.run(
            [str(self.plane.binaries["kubectl"]), *asked, *how],
            env=self.environment(),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        print("kubectl:", done.stderr.strip() or done.stdout)
        return base64.b64decode(done.stdout).decode() if done.returncode == 0 else None

    def enter(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE", "KUBERNETES_SERVICE_HOST"):
            monkeypatch.delenv(name, raising=False)
        for name, setting in self.environment().items():
            monkeypatch.setenv(name, setting)
        monkeypatch.chdir(self.folder)

    def ours(self, monkeypatch: pytest.MonkeyPatch) -> str | None:
        """The same of ours, which says a sentence then."""
        self.enter(monkeypatch)
        try:
            (value,) = asyncio.run(values_from("secret/web:value", Kind.TOKEN, None))
        except NotThere as error:
            self.said = str(error)
            print("ours:", self.said)
            assert self.token not in self.said
            assert self.said.count(": ") >= 1  # what to do next
            return None
        return value.decode()


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def credential(version: str = V1, **status: Any) -> str:
    document = {"kind": "ExecCredential", "apiVersion": version, "status": status}
    return f"cat <<'END'\n{json.dumps(document)}\nEND"


@pytest.fixture(scope="module")
def token(plane: ControlPlane) -> str:
    about = {"namespace": NAMESPACE}
    rule = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"}
    subject = {"kind": "ServiceAccount", "name": "reader", "namespace": NAMESPACE}
    extra = {"kind": "User", "name": "somebody", "apiGroup": "rbac.authorization.k8s.io"}
    rbac = "rbac.authorization.k8s.io/v1"
    documents = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "web", **about}, "stringData": {"value": VALUE}},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "reader", **about}},
        {"apiVersion": rbac, "kind": "Role", "metadata": {"name": "reader", **about}, "rules": [rule]},
        {
            "apiVersion": rbac,
            "kind": "RoleBinding",
            "metadata": {"name": "reader", **about},
            "roleRef": role,
            "subjects": [subject, extra],
        },
    ]
    plane.kubectl("apply", "-f", "-", input=yaml.safe_dump_all(documents))
    return plane.kubectl("create", "token", "reader", "-n", NAMESPACE, "--duration=24h").strip()


@pytest.fixture
def desk(plane: ControlPlane, token: str, tmp_path: Path) -> Iterator[Desk]:
    with gates(int(plane.url.rpartition(":")[2])) as opened:
        yield Desk(plane, opened, tmp_path, token)


class Row(NamedTuple):
    """`taken`: by kubectl, and so by us."""

    name: str
    set_up: Callable[[Desk], Fields | str | None]
    taken: bool


def _user(**fields: Any) -> Callable[[Desk], None]:
    def set_up(desk: Desk) -> None:
        desk.user.update(fields)

    return set_up


def _cluster(**fields: Any) -> Callable[[Desk], None]:
    def set_up(desk: Desk) -> None:
        desk.cluster.update({key.replace("_", "-"): value for key, value in fields.items()})

    return set_up


def _edited(text: Callable[[str], str]) -> Callable[[Desk], str]:
    return lambda desk: text(yaml.safe_dump(desk.config()))


# --- who signs in --------------------------------------------------------------------------------------------------


def certificates_in_files(desk: Desk) -> None:
    desk.write("pki/me.crt", b"# of me, \xc3\xa9\n" + desk.certificate)
    desk.write("pki/me.key", desk.key)
    desk.user = {"client-certificate": "pki/me.crt", "client-key": "pki/me.key"}


def certificate_twice(desk: Desk) -> None:
    certificates_in_files(desk)
    desk.user.update(desk.administrator())


def certificate_without_key(desk: Desk) -> None:
    desk.user = {"client-certificate-data": b64(desk.certificate)}


def key_of_another(desk: Desk) -> None:
    desk.user = {
        "client-certificate-data": b64(desk.certificate),
        "client-key-data": b64(Authority.new("x").issue("x")[1]),
    }


def encrypted_key(desk: Desk) -> None:
    key = odd_servers.encrypted(desk.key)
    desk.user = {"client-certificate-data": b64(desk.certificate), "client-key-data": b64(key)}


def wrapped_base64(desk: Desk) -> None:
    lines = base64.encodebytes(desk.authority).decode()
    desk.cluster["certificate-authority-data"] = lines


def token_file(desk: Desk) -> None:
    desk.write("token", f"{desk.token}\n")
    desk.user = {"tokenFile": "token"}


def token_file_before_token(desk: Desk) -> None:
    token_file(desk)
    desk.user["token"] = "old"


def token_without_its_file(desk: Desk) -> None:
    desk.user["tokenFile"] = "none"


def token_file_empty(desk: Desk) -> None:
    desk.write("token", "\n")
    desk.user = {"tokenFile": "token"}


def password_and_token_file(desk: Desk) -> None:
    token_file(desk)
    desk.user.update(username="me", password="me")


def id_token(desk: Desk) -> None:
    config = {"idp-issuer-url": "https://idp.test", "client-id": "wahealth", "id-token": desk.token}
    desk.user = {"auth-provider": {"name": "oidc", "config": config}}


def id_token_over(desk: Desk) -> None:
    head, claims = ({"alg": "none"}, {"exp": 1000})
    token = ".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in (head, claims))
    config = {"idp-issuer-url": "https://127.0.0.1:1", "client-id": "wahealth", "id-token": f"{token}.x"}
    desk.user = {"auth-provider": {"name": "oidc", "config": config}}


def nobody(desk: Desk) -> None:
    desk.user = {}


def _speaks_for(**fields: Any) -> Callable[[Desk], None]:
    def set_up(desk: Desk) -> None:
        desk.user = desk.administrator() | {key.replace("_", "-"): value for key, value in fields.items()}

    return set_up


# --- plugins -------------------------------------------------------------------------------------------------------


def _plugin(*lines: str, **fields: Any) -> Callable[[Desk], None]:
    def set_up(desk: Desk) -> None:
        said = [line.replace("TOKEN", desk.token) for line in lines]
        desk.program("bin/sign-in", *said)
        usual = {"command": "bin/sign-in", "apiVersion": V1, "interactiveMode": "Never"}
        desk.user = {"exec": {key: value for key, value in {**usual, **fields}.items() if value is not None}}

    return set_up


def plugin_in_path(desk: Desk) -> None:
    _plugin(credential(token="TOKEN"), command="sign-in")(desk)
    desk.environ["PATH"] = f"{desk.folder / 'bin'}:{os.environ['PATH']}"


def plugin_of_certificates(desk: Desk) -> None:
    pair = {"clientCertificateData": desk.certificate.decode(), "clientKeyData": desk.key.decode()}
    _plugin(credential(**pair))(desk)


def plugin_of_v1beta1(desk: Desk) -> None:
    _plugin(credential(V1BETA1, token="TOKEN"), apiVersion=V1BETA1, interactiveMode=None)(desk)


def plugin_with_variables(desk: Desk) -> None:
    wanted = '[ "$A$1" = bc ] || exit 1'
    _plugin(wanted, credential(token="TOKEN"), args=["c"], env=[{"name": "A", "value": "b"}])(desk)


def plugin_behind_a_token(desk: Desk) -> None:
    _plugin("exit 1")(desk)
    desk.user["token"] = desk.token


def plugin_told_of_cluster(desk: Desk) -> None:
    wanted = f'case "$KUBERNETES_EXEC_INFO" in *{desk.plane.url}*audience*) ;; *) exit 1;; esac'
    _plugin(wanted, credential(token="TOKEN"), provideClusterInfo=True)(desk)
    about = {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "x"}}
    desk.cluster["extensions"] = [about]


# --- proxies -------------------------------------------------------------------------------------------------------


Login = tuple[str, str]


def _proxy(kind: str, scheme: str, login: Login | None = None, locked: bool = False) -> Callable[[Desk], None]:
    def set_up(desk: Desk) -> None:
        port = desk.gates.socks(locked) if kind == "socks" else desk.gates.connect(locked=locked)
        user = f"{login[0]}:{quote(login[1])}@" if login else ""
        desk.cluster.update({"server": PROXY_NAME, "tls-server-name": HOST})
        desk.cluster["proxy-url"] = f"{scheme}://{user}{HOST}:{port}"

    return set_up


def proxy_by_tls(desk: Desk) -> None:
    """Its certificate is verified as the API server's is: by the same authorities, for the same name."""
    signed = odd_servers.usual(HOST)
    port = desk.gates.connect(signed.context(desk.folder))
    desk.cluster.update({"server": PROXY_NAME, "tls-server-name": HOST, "proxy-url": f"https://{HOST}:{port}"})
    desk.cluster["certificate-authority-data"] = b64(desk.authority + signed.authority)


def proxy_by_tls_of_another(desk: Desk) -> None:
    proxy_by_tls(desk)
    desk.cluster["certificate-authority-data"] = b64(desk.authority)


def _from_environment(**more: str) -> Callable[[Desk], None]:
    def set_up(desk: Desk) -> None:
        desk.cluster.update({"server": PROXY_NAME, "tls-server-name": HOST})
        desk.environ.update({"HTTPS_PROXY": f"{HOST}:{desk.gates.connect()}", **more})

    return set_up


def no_proxy_to_ourselves(desk: Desk) -> None:
    desk.environ["HTTPS_PROXY"] = "http://127.0.0.1:1"


# --- servers -------------------------------------------------------------------------------------------------------


def _shown(made: Callable[[], odd_servers.Signed], host: str = HOST) -> Callable[[Desk], None]:
    def set_up(desk: Desk) -> None:
        signed = made()
        server = f"https://{host}:{desk.gates.front(signed.context(desk.folder))}"
        desk.cluster = {"server": server, "certificate-authority-data": b64(signed.authority)}

    return set_up


def not_verified(desk: Desk) -> None:
    _shown(odd_servers.ended)(desk)
    desk.cluster = {"server": desk.cluster["server"], "insecure-skip-tls-verify": True}


def authority_in_a_bundle(desk: Desk) -> None:
    broken = b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
    bundle = b"\xef\xbb\xbf# \xc3\xa9\r\n" + broken + desk.authority.replace(b"\n", b"\r\n") + b"the end"
    desk.write("ca.crt", bundle)
    desk.cluster = {"server": desk.plane.url, "certificate-authority": "ca.crt"}


def of_the_system(desk: Desk) -> None:
    desk.environ["SSL_CERT_FILE"] = str(desk.write("system.crt", desk.authority))
    desk.cluster = {"server": desk.plane.url}


def without_scheme(desk: Desk) -> None:
    desk.cluster["server"] = desk.plane.url.removeprefix("https://")


# --- files ---------------------------------------------------------------------------------------------------------


def two_files(desk: Desk) -> None:
    """The first has the word: for the context, and for a name that both have."""
    desk.files = ["none", "first", "second"]
    whole = desk.config()
    desk.write("first", {"current-context": "here", "clusters": whole["clusters"], "contexts": whole["contexts"]})
    other = deepcopy(whole) | {"current-context": "elsewhere"}
    other["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    desk.write("second", other)


def a_broken_second(desk: Desk) -> None:
    desk.files = ["config", "second"]
    desk.write("second", "clusters: {")


def relative_files(desk: Desk) -> None:
    desk.write("far/ca.crt", desk.authority)
    desk.cluster = {"server": desk.plane.url, "certificate-authority": "ca.crt"}
    desk.write("far/config", desk.config())
    desk.environ["KUBECONFIG"] = "far/config"


def at_home(desk: Desk) -> None:
    desk.write(".kube/config", desk.config())
    desk.environ["KUBECONFIG"] = ""


def not_there(desk: Desk) -> None:
    desk.files = ["none"]


def twice_the_same(desk: Desk) -> Fields:
    return desk.config(users=desk.config()["users"] * 2)


IMPERSONATED_EXTRA = {"example.org/scopes": ["a", "b"], "Wahealth": ["c"]}
TABLE = [
    Row("token", _user(), True),
    Row("token of a number", _user(token=12345), False),
    Row("wrong token", _user(token="wrong"), False),
    Row("token with a line break", _user(token="a\nb"), False),
    Row("certificate in files", certificates_in_files, True),
    Row("certificate in file and data", certificate_twice, False),
    Row("certificate without key", certificate_without_key, False),
    Row("key of another", key_of_another, False),
    Row("key with a password", encrypted_key, False),
    Row("base64 in lines", wrapped_base64, True),
    Row("no base64", _cluster(certificate_authority_data="?"), False),
    Row("token file", token_file, True),
    Row("token file before token", token_file_before_token, True),
    Row("token without its file", token_without_its_file, True),
    Row("token file not there", lambda desk: setattr(desk, "user", {"tokenFile": "none"}), False),
    Row("token file empty", token_file_empty, False),
    Row("password", lambda desk: setattr(desk, "user", {"username": "a", "password": "b"}), False),
    Row("password and token", _user(username="a", password="b"), False),
    Row("password and token file", password_and_token_file, False),
    Row("auth-provider of old", _user(**{"auth-provider": {"name": "gcp"}}), False),
    Row("OpenID Connect", id_token, True),
    Row("OpenID Connect, over", id_token_over, False),
    Row("nobody", nobody, False),
    Row("for nobody", _speaks_for(**{"as": "nobody"}), False),
    Row("for somebody", _speaks_for(**{"as": "somebody"}), True),
    Row("for somebody of an odd name", _speaks_for(**{"as": "sömebody"}), False),
    Row("for a group", _speaks_for(**{"as": "nobody"}, as_groups=["a", "system:masters"]), True),
    Row("for a uid and more", _speaks_for(**{"as": "somebody"}, as_uid="7", as_user_extra=IMPERSONATED_EXTRA), True),
    Row("for a group without user", _speaks_for(as_groups=["system:masters"]), False),
    Row("plugin", _plugin(credential(token="TOKEN")), True),
    Row("plugin of v1beta1", plugin_of_v1beta1, True),
    Row("plugin of v1alpha1", _plugin(credential(V1ALPHA1, token="TOKEN"), apiVersion=V1ALPHA1), False),
    Row("plugin of another version", _plugin(credential(V1BETA1, token="TOKEN")), False),
    Row("plugin without its mode", _plugin(credential(token="TOKEN"), interactiveMode=None), False),
    Row("plugin that asks", _plugin(credential(token="TOKEN"), interactiveMode="Always"), False),
    Row("plugin that may ask", _plugin(credential(token="TOKEN"), interactiveMode="IfAvailable"), True),
    Row("plugin in the path", plugin_in_path, True),
    Row("plugin of certificates", plugin_of_certificates, True),
    Row("plugin that fails", _plugin("exit 3"), False),
    Row("plugin that is not there", _plugin(command="none-such", installHint="get it from example.org"), False),
    Row("plugin of nonsense", _plugin("echo hello"), False),
    Row("plugin of nothing", _plugin(credential()), False),
    Row("plugin of half a pair", _plugin(credential(clientCertificateData="x")), False),
    Row("plugin with variables", plugin_with_variables, True),
    Row("plugin behind a token", plugin_behind_a_token, True),
    Row("plugin told of the cluster", plugin_told_of_cluster, True),
    Row("proxy", _proxy("http", "http"), True),
    Row("proxy with a login", _proxy("http", "http", login=LOGIN, locked=True), True),
    Row("proxy without a login", _proxy("http", "http", locked=True), False),
    Row("proxy by TLS", proxy_by_tls, True),
    Row("proxy by TLS of another authority", proxy_by_tls_of_another, False),
    Row("proxy by SOCKS", _proxy("socks", "socks5"), True),
    Row("proxy by SOCKS with a login", _proxy("socks", "socks5", login=LOGIN, locked=True), True),
    Row("proxy by SOCKS with a wrong login", _proxy("socks", "socks5", login=("a", "b"), locked=True), False),
    Row("proxy by SOCKS that is none", _proxy("http", "socks5"), False),
    Row("proxy of another kind", _proxy("socks", "socks4"), False),
    Row("proxy that is not there", _cluster(proxy_url="http://127.0.0.1:1"), False),
    Row("proxy of the environment", _from_environment(), True),
    Row("proxy of the environment, but not there", _from_environment(NO_PROXY="a.test, .cluster.test"), False),
    Row("proxy of the environment, and another port", _from_environment(NO_PROXY="cluster.test:80"), True),
    Row("no proxy to ourselves", no_proxy_to_ourselves, True),
    Row("TLS server name", _cluster(tls_server_name="kubernetes.default.svc"), True),
    Row("TLS server name of another", _cluster(tls_server_name="example.org"), False),
    Row("authority without key identifiers", _shown(odd_servers.without_key_identifiers), True),
    Row("authority without constraints", _shown(odd_servers.without_constraints), False),
    Row("server as its own authority", _shown(odd_servers.self_signed), True),
    Row("authority in the middle", _shown(odd_servers.by_an_intermediate), True),
    Row("RSA of 1024 bits", _shown(odd_servers.short_rsa), True),
    Row("common name alone", _shown(odd_servers.common_name_alone, "localhost"), False),
    Row("certificate that has ended", _shown(odd_servers.ended), False),
    Row("certificate that has ended, not verified", not_verified, True),
    Row("authority in a bundle", authority_in_a_bundle, True),
    Row("authority of the system", of_the_system, True),
    Row("authority not in the system", lambda desk: setattr(desk, "cluster", {"server": desk.plane.url}), False),
    Row("authority that is none", _cluster(certificate_authority_data=b64(b"nothing")), False),
    Row("authority not there", _cluster(certificate_authority_data=None, certificate_authority="none"), False),
    Row("authority, and not verified", _cluster(insecure_skip_tls_verify=True), False),
    Row("not verified, in quotes", _cluster(certificate_authority_data=None, insecure_skip_tls_verify="true"), False),
    Row("server with a slash", lambda desk: desk.cluster.update(server=f"{desk.plane.url}/"), True),
    Row("server without scheme", without_scheme, False),
    Row("server of nothing", _cluster(server=""), False),
    Row("server of nonsense", _cluster(server="https://[::1"), False),
    Row("server in clear", lambda desk: desk.cluster.update(server=desk.plane.url.replace("https", "http")), False),
    Row("server not there", _cluster(server="https://127.0.0.1:1"), False),
    Row("two files", two_files, True),
    Row("a broken second file", a_broken_second, False),
    Row("relative files", relative_files, True),
    Row("at home", at_home, True),
    Row("not there", not_there, False),
    Row("twice the same", twice_the_same, False),
    Row("no context", lambda desk: desk.config(**{"current-context": ""}), False),
    Row("another context", lambda desk: desk.config(**{"current-context": "other"}), False),
    Row("a context of no cluster", lambda desk: desk.config(clusters=[]), False),
    Row("a context of no user", lambda desk: desk.config(users=[]), False),
    Row("another kind", lambda desk: desk.config(kind="Other"), False),
    Row("unknown fields", lambda desk: desk.config(preferences={"colors": True}, more=[1]), True),
    Row("JSON", lambda desk: json.dumps(desk.config(), indent=2), True),
    Row("empty", lambda _: "", False),
    Row("null", lambda _: "null", False),
    Row("no mapping", lambda _: "- a", False),
    Row("no YAML", lambda _: "a: [", False),
    Row("no users", _edited(lambda text: text.replace("users:", "others:")), False),
]


@pytest.mark.parametrize("row", TABLE, ids=[row.name for row in TABLE])
def test_the_same_answer_or_a_sentence(desk: Desk, row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    instead = row.set_up(desk)
    if not (desk.folder / "config").exists():
        desk.write("config", instead or desk.config() if instead != "" else "")
    seen = desk.kubectl()
    assert (seen == VALUE) is row.taken
    assert desk.ours(monkeypatch) == seen


OF_THE_OPERATOR = {
    *("token", "token file", "certificate in files", "for somebody", "for a group", "for a uid and more"),
    *("plugin of certificates", "proxy", "proxy with a login", "TLS server name", "TLS server name of another"),
    *("authority without key identifiers", "authority in the middle", "authority in a bundle", "two files", "at home"),
    *("RSA of 1024 bits", "certificate that has ended", "for nobody"),
}


@pytest.mark.parametrize("row", [row for row in TABLE if row.name in OF_THE_OPERATOR], ids=lambda row: row.name)
def test_the_operator_has_the_same_answer(desk: Desk, row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    row.set_up(desk)
    if not (desk.folder / "config").exists():
        desk.write("config", desk.config())
    desk.enter(monkeypatch)
    assert asyncio.run(_read_by_the_operator()) is row.taken


async def _read_by_the_operator() -> bool:
    async with ApiServer(await signed_in(None)) as server:
        try:
            secret = await server.read(f"/api/v1/namespaces/{NAMESPACE}/secrets/web")
        except (ApiError, ApiUnavailable) as error:
            print("operator:", error)
            return False
    return bool(base64.b64decode(secret["data"]["value"]).decode() == VALUE)


def test_the_table_has_what_the_operator_is_asked() -> None:
    assert {row.name for row in TABLE} >= OF_THE_OPERATOR
