"""What is made of a Secret as the API server tells it: the double of the API server is these few lines."""

from __future__ import annotations

import asyncio
import base64
import copy
import pickle
import traceback
from typing import Any

import pytest

from support.builders import resource
from wahealth.api.credential_source import CredentialSource, source_of
from wahealth.api.v1alpha1 import Spec
from wahealth.core.signin.flow import Reading
from wahealth.core.signin.keys import KeyRing
from wahealth.core.signin.logins import Session
from wahealth.core.signin.tokens import Token
from wahealth.core.status import Finding
from wahealth.kube.apiserver.api import ApiError, ApiServer
from wahealth.kube.entry import ResourceEntry, entry_of
from wahealth.kube.references import References
from wahealth.playground.pki import Authority, self_signed
from wahealth.probe.credential import Credential, api_key, bearer_token, login
from wahealth.probe.pair import Pair
from wahealth.probe.trust import NotAFingerprint, Trust, pinned

CANARY = b"canary-of-enough-characters"


def a_spec(auth: dict[str, Any]) -> Spec:
    return Spec.model_validate({"target": {"workload": {"name": "web"}}, "auth": auth})


KEY = source_of(a_spec({"apiKey": {"secretKeyRef": {"name": "k"}}}))
TOKEN = source_of(a_spec({"bearerToken": {"secretKeyRef": {"name": "k", "key": "token"}}}))
LOGIN = source_of(a_spec({"userCredentials": {"secretRef": {"name": "k"}}}))


class Answering(ApiServer):
    def __init__(self, answer: dict[str, Any] | Exception) -> None:
        self._answer = answer

    async def read(self, path: str, **_: Any) -> dict[str, Any]:
        if isinstance(self._answer, Exception):
            raise self._answer
        return {"kind": "Secret", "metadata": {"name": "k"}} | self._answer


def read(
    answer: dict[str, Any] | Exception, source: CredentialSource = KEY, only_labelled: bool = False
) -> Reading[Credential]:
    references = References(Answering(answer), 300, only_labelled)
    return asyncio.run(references.secret("acme", source))


class Several(ApiServer):
    """Secrets by name, all with a label."""

    def __init__(self, **secrets: dict[str, bytes]) -> None:
        self._secrets = secrets

    async def read(self, path: str, **_: Any) -> dict[str, Any]:
        name = path.rpartition("/")[2]
        if name not in self._secrets:
            raise ApiError(404, "NotFound")
        labels = {"wahealth.io/credentials": "token"}
        return {"kind": "Secret", "metadata": {"name": name, "labels": labels}} | data(**self._secrets[name])


PROVED = source_of(
    a_spec(
        {
            "bearerToken": {
                "secretKeyRef": {"name": "k", "key": "token"},
                "appSecretKeyRef": {"name": "a", "key": "secret"},
            }
        }
    )
)


def proved(**secrets: dict[str, bytes]) -> Reading[Credential]:
    return asyncio.run(References(Several(**secrets), 300).secret("acme", PROVED, labelled=True))


def test_the_secret_of_an_app_proves_its_token() -> None:
    """The proof was made with openssl: `printf canary-… | openssl dgst -sha256 -hmac an-invented-app-secret`."""
    found = proved(k={"token": CANARY}, a={"secret": b"an-invented-app-secret"})
    assert found.secret is not None
    assert found.secret.proof == "2c54dd49ae706ee250ee1e4699ac378a8ad67e86834635c91c2f4ecc8efbd021"
    assert found.secret.header() == ("Authorization", f"Bearer {CANARY.decode()}")
    assert found.secret != bearer_token(CANARY)


@pytest.mark.parametrize(
    ("app", "why"),
    [
        ({}, "SecretNotFound"),
        ({"a": {"another": b"x"}}, "SecretKeyMissing"),
        ({"a": {"secret": b"an-invented-app-secret\n"}}, "APIKeyInvalidCharacters"),
        ({"a": {"secret": b"x" * 257}}, "APIKeyTooLong"),
        ({"a": {"secret": b""}}, "APIKeyTooShort"),
    ],
)
def test_without_a_usable_one_nothing_is_asked(app: dict[str, dict[str, bytes]], why: str) -> None:
    found = proved(k={"token": CANARY}, **app)
    assert found.secret is None
    assert reason(found) == why


def data(**entries: bytes) -> dict[str, Any]:
    return {"data": {name: base64.b64encode(value).decode() for name, value in entries.items()}}


def reason(found: Reading[Credential]) -> str | None:
    problem = found.reference or found.form
    return problem.reason if problem else None


def test_what_to_sign_in_with() -> None:
    assert read(data(WA_API_KEY=CANARY)).secret == api_key(CANARY)
    assert read(data(token=CANARY), TOKEN).secret == bearer_token(CANARY)
    found = read(data(username=b"monitoring", password="p\u00e4ss word:".encode()), LOGIN)
    assert found.secret == login(b"monitoring", "p\u00e4ss word:".encode())


@pytest.mark.parametrize(
    ("answer", "use", "expected"),
    [
        (ApiError(404, "NotFound"), KEY, "SecretNotFound"),
        (ApiError(403, "Forbidden"), KEY, "SecretForbidden"),
        ({}, KEY, "SecretKeyMissing"),
        ({"data": {"WA_API_KEY": "no base64!"}}, KEY, "SecretKeyMissing"),  # S12
        ({"data": {"WA_API_KEY": None}}, KEY, "SecretKeyMissing"),
        (data(WA_API_KEY=b""), KEY, "APIKeyTooShort"),
        ({"type": "kubernetes.io/service-account-token", **data(token=CANARY)}, TOKEN, "SecretForbidden"),
        ({"type": "bootstrap.kubernetes.io/token", **data(token=CANARY)}, TOKEN, "SecretForbidden"),
        (data(token=b""), TOKEN, "APIKeyTooShort"),
        (data(token=b"t"), TOKEN, None),
        (data(token=b"t" * 8192), TOKEN, None),
        (data(token=b"t" * 8193), TOKEN, "APIKeyTooLong"),
        (data(token=b"Bearer x"), TOKEN, "APIKeyInvalidCharacters"),
        (data(token=b"x\r\nX-Evil: 1"), TOKEN, "APIKeyInvalidCharacters"),
        (data(username=b"u"), LOGIN, "SecretKeyMissing"),
        (data(username=b"", password=b"p"), LOGIN, "APIKeyTooShort"),
        (data(username=b"u", password=b""), LOGIN, "APIKeyTooShort"),
        (data(username=b"u:v", password=b"p"), LOGIN, "APIKeyInvalidCharacters"),
        (data(username=b"u", password=b"p\n"), LOGIN, "APIKeyInvalidCharacters"),
        (data(username=b"u", password=b"p\x00q"), LOGIN, "APIKeyInvalidCharacters"),
        (data(username=b"u", password=b"\xff"), LOGIN, "APIKeyInvalidCharacters"),
        (data(username=b"u", password=b"p" * 1025), LOGIN, "APIKeyTooLong"),
    ],
)
def test_what_is_wrong_with_it(answer: dict[str, Any] | Exception, use: CredentialSource, expected: str | None) -> None:
    assert reason(read(answer, use)) == expected


@pytest.mark.parametrize(
    ("labels", "use", "expected"),
    [
        ({}, KEY, "SecretForbidden"),
        ({"wahealth.io/api-key": "OTHER"}, KEY, "SecretForbidden"),
        ({"wahealth.io/api-key": "WA_API_KEY"}, KEY, None),
        ({"wahealth.io/api-key": "token"}, TOKEN, "SecretForbidden"),
        ({"wahealth.io/credentials": ""}, TOKEN, None),
    ],
)
def test_only_what_is_labelled(labels: dict[str, str], use: CredentialSource, expected: str | None) -> None:
    answer = data(WA_API_KEY=CANARY, token=CANARY) | {"metadata": {"labels": labels}}
    assert reason(read(answer, use, only_labelled=True)) == expected
    assert reason(read(answer, use)) is None


def test_an_api_server_that_is_in_trouble_is_no_finding() -> None:
    with pytest.raises(ApiError):
        read(ApiError(500, "InternalError"))


SECRETS = (api_key(CANARY), bearer_token(CANARY), login(b"u", CANARY))
HELD = (
    *(Reading(secret) for secret in SECRETS),
    *(KeyRing(current=secret, previous=secret) for secret in SECRETS),
    *(Token(current=secret) for secret in SECRETS),
    *(Session(login=secret, token=secret) for secret in SECRETS),
)


@pytest.mark.parametrize("held", [*SECRETS, *HELD])
def test_whatever_holds_a_secret_does_not_show_it(held: Any) -> None:
    shown = [repr(held), str(held), f"{held}", f"{[held]!r}", f"{ {held: held}!r}"]
    try:
        raise ValueError(held)
    except ValueError as error:
        shown += traceback.format_exception(error, chain=True)
    encoded = base64.b64encode(b"u:" + CANARY).decode()
    assert not [text for text in shown for form in (CANARY.decode(), encoded) if form in text]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_neither_pickled_nor_copied(secret: Credential) -> None:
    for way in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            way(secret)


PEM = self_signed("waweb", ["waweb"])[0].decode()


def test_a_trust_that_was_edited_while_it_was_read_is_not_held() -> None:
    """The next round trusts whom the edit says."""
    metadata = {"name": "a", "namespace": "acme", "uid": "u", "generation": 1, "resourceVersion": "1"}
    auth = {"apiKey": {"secretKeyRef": {"name": "k"}}}
    tls = {"caRef": {"kind": "ConfigMap", "name": "ca"}}
    document = {"metadata": metadata, "spec": {"target": {"workload": {"name": "web"}}, "auth": auth, "tls": tls}}
    entry = entry_of(document)

    class Edited(Answering):
        async def read(self, path: str, **_: Any) -> dict[str, Any]:
            edited = {"metadata": metadata | {"generation": 2, "resourceVersion": "2"}, "spec": document["spec"]}
            entry.renew(edited)
            return {"kind": "ConfigMap", "data": {"ca.crt": PEM}}

    assert entry.spec is not None
    asyncio.run(References(Edited({}), 300).trust(entry, entry.spec.tls))
    assert entry.probe.trust is None
    asyncio.run(References(Edited({}), 300).trust(entry, entry.spec.tls))
    assert entry.probe.trust is not None


@pytest.mark.parametrize(("refresh", "more_reads"), [(300, 0), (0, 3)], ids=["once for all", "none is older than that"])
def test_a_ca_that_many_refer_to_is_read_when_its_time_is_up(refresh: float, more_reads: int) -> None:
    """And at once, for itself, by whom there is a reason for."""
    pem, _ = self_signed("waweb", ["waweb"])
    reads: list[str] = []

    class Counting(Answering):
        async def read(self, path: str, **more: Any) -> dict[str, Any]:
            reads.append(path)
            return {"kind": "ConfigMap", "metadata": {"name": "ca"}, "data": {"ca.crt": pem.decode()}}

    spec = {
        "target": {"workload": {"name": "web"}},
        "auth": {"apiKey": {"secretKeyRef": {"name": "k"}}},
        "tls": {"caRef": {"kind": "ConfigMap", "name": "ca"}, "verification": "SkipHostname"},
    }
    metadata = {"namespace": "acme", "generation": 1, "resourceVersion": "1"}
    entries = [entry_of({"metadata": {**metadata, "name": n, "uid": n}, "spec": spec}) for n in ("a", "b", "c")]
    references = References(Counting({}), refresh)

    async def rounds() -> None:
        for entry in entries:
            assert entry.spec is not None
            await references.trust(entry, entry.spec.tls)

    async def script() -> None:
        await rounds()
        assert len(reads) == 3  # each is new
        for entry in entries:
            assert entry.probe.trust is not None
            entry.probe.trust.until = 0.0
        await rounds()
        assert len(reads) == 3 + more_reads
        if more_reads:
            return
        entries[0].probe.trust = None
        await rounds()
        assert len(reads) == 4

    asyncio.run(script())


PAIR = Authority.new("clients").issue("operator")
TLS = "kubernetes.io/tls"
LABELLED: dict[str, Any] = {"metadata": {"labels": {"wahealth.io/credentials": ""}}}


def a_pair(certificate: bytes = PAIR[0], key: bytes = PAIR[1], **more: Any) -> dict[str, Any]:
    return {"type": TLS, **data(**{"tls.crt": certificate, "tls.key": key}), **more}


def showing(name: str = "own", **more: Any) -> ResourceEntry:
    """A resource that shows a client certificate."""
    tls = {"verification": "None", "clientCertificateRef": {"name": name}}
    return entry_of(resource(tls=tls, **more))


def trusted(entry: ResourceEntry, answer: dict[str, Any] | Exception, only_labelled: bool = False) -> Trust | Finding:
    assert entry.spec is not None
    return asyncio.run(References(Answering(answer), 300, only_labelled).trust(entry, entry.spec.tls))


@pytest.mark.parametrize("labelled", [True, False])
def test_a_client_certificate(labelled: bool) -> None:
    found = trusted(showing(), a_pair(**LABELLED) if labelled else a_pair(), only_labelled=labelled)
    assert isinstance(found, Trust)
    assert found.own == Pair(*PAIR).own


@pytest.mark.parametrize(
    ("answer", "expected", "said"),
    [
        (ApiError(404, "NotFound"), "SecretNotFound", "Secret own does not exist"),
        (ApiError(403, "Forbidden"), "SecretForbidden", "allow it to get this Secret"),
        (a_pair(), "SecretForbidden", 'add the label wahealth.io/credentials: "true"'),
        (a_pair(type="Opaque", **LABELLED), "SecretForbidden", "is not of type kubernetes.io/tls"),
        ({"type": TLS, **LABELLED, **data(**{"tls.crt": PAIR[0]})}, "SecretKeyMissing", "has no entry tls.key"),
        ({"type": TLS, **LABELLED, **data(**{"tls.key": PAIR[1]})}, "SecretKeyMissing", "has no entry tls.crt"),
        (a_pair(key=b"", **LABELLED), "ClientCertificateInvalid", "there is no key in PEM: put it there"),
        (a_pair(key=CANARY, **LABELLED), "ClientCertificateInvalid", "there is no key in PEM: put it there"),
    ],
)
def test_what_is_wrong_with_a_client_certificate(answer: dict[str, Any] | Exception, expected: str, said: str) -> None:
    entry = showing()
    found = trusted(entry, answer, only_labelled=True)
    assert isinstance(found, Finding)
    assert found.reason == expected
    assert said in found.message
    assert CANARY.decode() not in found.message
    assert entry.probe.trust is None


def test_a_trust_is_shared_by_those_who_show_the_same_alone() -> None:
    references = References(Answering(a_pair()), 300)

    def trust(entry: ResourceEntry) -> Trust | Finding:
        assert entry.spec is not None
        return asyncio.run(references.trust(entry, entry.spec.tls))

    one, another, none = (
        trust(entry_of(resource(tls=tls)))
        for tls in (
            {"verification": "None", "clientCertificateRef": {"name": "one"}},
            {"verification": "None", "clientCertificateRef": {"name": "another"}},
            {"verification": "None"},
        )
    )
    assert one is another
    assert none is not one
    references._api = Answering(a_pair(*Authority.new("clients").issue("operator")))
    assert trust(showing()) not in {one, none}


def test_a_pair_that_many_show_is_read_once_when_its_time_is_up() -> None:
    """And by each for itself that has none, or was told of a change."""
    reads: list[str] = []

    class Counting(Answering):
        async def read(self, path: str, **more: Any) -> dict[str, Any]:
            reads.append(path)
            return await super().read(path, **more)

    entries, references = (showing(), showing()), References(Counting(a_pair()), 300)

    def rounds() -> int:
        """How often it was read."""
        before = len(reads)
        for entry in entries:
            assert entry.spec is not None
            asyncio.run(references.trust(entry, entry.spec.tls))
        return len(reads) - before

    assert rounds() == 2
    for entry in entries:
        assert entry.probe.trust is not None
        entry.probe.trust.until = 0.0
    assert rounds() == 0
    assert all(entry.secret_changed("own") for entry in entries)
    assert rounds() == 2


def test_an_edit_lets_go_of_what_was_shown() -> None:
    """Whoever is asked from then on is shown what the spec names now, and nothing that was held for another."""
    entry = showing()
    assert isinstance(trusted(entry, a_pair()), Trust)
    tls = {"verification": "None", "clientCertificateRef": {"name": "another"}}
    entry.renew(resource(generation=2, version="2", tls=tls, target={"workload": {"name": "elsewhere"}}))
    assert isinstance(trusted(entry, ApiError(404, "NotFound")), Finding)


def test_a_change_of_its_secret_is_noticed() -> None:
    entry = showing()
    trusted(entry, a_pair())
    assert entry.secret_changed("own")
    assert entry.probe.trust is None


def test_pinned_without_pins_trusts_nobody() -> None:
    with pytest.raises(NotAFingerprint):
        pinned(frozenset())
