"""Through a proxy of our own: whom it leads to, what it never sees, and whose fault it is when it leads nowhere."""

from __future__ import annotations

import asyncio
import base64
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from support import scripted
from support.egress import ADDRESS, PASSWORD, USER, Answer, Egress, Switch, egress, is_silent, says, status
from support.scripted import GOOD, KEY, TRUST, Served, answer, server_context, serving
from wahealth.core.answer import Answered, FailureReason, Outcome, Unreachable
from wahealth.core.egress.proxy import Proxy, Trouble
from wahealth.core.reasons.asking import row_of
from wahealth.core.reasons.row import Surface
from wahealth.playground.pki import self_signed
from wahealth.probe.client import Prober
from wahealth.probe.credential import api_key
from wahealth.probe.dns import Resolver
from wahealth.probe.errors import ProxyFault
from wahealth.probe.trust import full
from wahealth.probe.waweb import HealthEndpoint, ProbeRequest

HOST = "waweb.invalid"  # nobody on this machine can look it up
ANSWERS = scripted.says(answer(GOOD), keep=True)
Told = Callable[[Egress, Served], Awaitable[Outcome]]


def through(proxy: Proxy, tls: bool = True, timeout: float = 2.0, **place: object) -> ProbeRequest:
    at = HealthEndpoint(HOST, (), 8443, TRUST if tls else None, "whatsapp-web" if tls else "", through=proxy)
    return ProbeRequest(replace(at, **place), api_key(KEY), timeout)  # type: ignore[arg-type]


def told(story: Told, instead: Answer | None = None, tls: bool = True) -> Outcome:
    async def run() -> Outcome:
        async with serving(ANSWERS, tls=tls) as served, egress(Switch(served.port, instead)) as proxy:
            return await story(proxy, served)

    return asyncio.run(run())


async def ask(probe_request: ProbeRequest) -> Outcome:
    async with Prober() as prober:
        return (await prober.ask(probe_request)).outcome


class TestTheWay:
    @pytest.mark.parametrize("tls", [True, False])
    def test_it_leads_to_the_host_whose_name_the_proxy_looks_up(self, tls: bool) -> None:
        async def story(proxy: Egress, served: Served) -> Outcome:
            outcome = await ask(through(proxy.proxy(), tls, host_header="" if tls else "support.example.com"))
            (head,), (heard, *_) = proxy.heads, served.heard
            assert head == f"CONNECT {HOST}:8443 HTTP/1.1\r\nHost: {HOST}:8443\r\n\r\n".encode()
            assert f"Host: {'whatsapp-web:8443' if tls else 'support.example.com'}\r\n".encode() in heard
            return outcome

        assert isinstance(told(story, tls=tls), Answered)

    def test_an_address_of_ipv6_stands_in_brackets(self) -> None:
        async def story(proxy: Egress, _: Served) -> Outcome:
            outcome = await ask(through(proxy.proxy(), host="2600::1"))
            assert proxy.heads[0].startswith(b"CONNECT [2600::1]:8443 HTTP/1.1\r\n")
            return outcome

        assert isinstance(told(story), Answered)

    def test_over_tls_the_proxy_sees_neither_key_nor_path(self) -> None:
        async def story(proxy: Egress, _: Served) -> Outcome:
            outcome = await ask(through(proxy.proxy()))
            for seen in (b"".join(proxy.heads), bytes(proxy.carried)):
                assert seen
                assert not [
                    secret for secret in (KEY, base64.b64encode(KEY), b"Apikey", b"/v1/health") if secret in seen
                ]
            return outcome

        told(story)

    def test_what_signs_in_at_the_proxy_goes_to_the_proxy_alone(self) -> None:
        async def story(proxy: Egress, served: Served) -> Outcome:
            outcome = await ask(through(proxy.proxy(USER, PASSWORD)))
            login = base64.b64encode(f"{USER}:{PASSWORD}".encode())
            assert b"\r\nProxy-Authorization: Basic " + login + b"\r\n" in proxy.heads[0]
            heard = b"".join(served.heard)
            assert heard
            assert b"Proxy" not in heard
            assert login not in heard
            return outcome

        told(story)

    def test_a_connection_is_kept_and_is_no_other_ways(self) -> None:
        async def story(proxy: Egress, served: Served) -> Outcome:
            async with Prober() as prober:
                probe_request = replace(through(proxy.proxy()), period=30.0)
                for _ in range(3):
                    outcome = (await prober.ask(probe_request)).outcome
                assert (len(proxy.heads), served.connections) == (1, 1)
                await prober.ask(
                    replace(probe_request, endpoint=replace(probe_request.endpoint, through=proxy.proxy(USER, "other")))
                )
                assert (len(proxy.heads), served.connections) == (2, 2)
                straight = replace(probe_request.endpoint, addresses=(ADDRESS,), port=served.port, through=None)
                await prober.ask(replace(probe_request, endpoint=straight))
                assert (len(proxy.heads), served.connections) == (2, 3)
                return outcome

        assert isinstance(told(story), Answered)

    def test_a_certificate_that_is_not_trusted_is_shown_all_the_same(self) -> None:
        async def story(proxy: Egress, served: Served) -> Outcome:
            outcome = await ask(through(proxy.proxy(), trust=full()))
            assert not served.heard
            return outcome

        outcome = told(story)
        assert isinstance(outcome, Unreachable)
        assert outcome.reason is FailureReason.TLS_VERIFICATION_FAILED
        assert outcome.presented is not None
        assert outcome.presented.name == "whatsapp-web"

    def test_the_environments_proxies_and_exceptions_are_nothing_to_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv("NO_PROXY", "*")

        async def story(proxy: Egress, served: Served) -> Outcome:
            outcome = await ask(through(proxy.proxy()))
            assert len(proxy.heads) == 1
            assert isinstance(await ask(served.question()), Answered)
            assert len(proxy.heads) == 1
            return outcome

        assert isinstance(told(story), Answered)


OURS: dict[str, tuple[Trouble, Answer]] = {
    "407": (Trouble.SIGN_IN, status("407 Proxy Authentication Required")),
    "400": (Trouble.OTHER_ANSWER, status("400 Bad Request")),
    "404": (Trouble.OTHER_ANSWER, status("404 Not Found")),
    "405": (Trouble.OTHER_ANSWER, status("405 Method Not Allowed")),
    "429": (Trouble.OTHER_ANSWER, status("429 Too Many Requests")),
    "501": (Trouble.OTHER_ANSWER, status("501 Not Implemented")),
    "a redirect": (Trouble.OTHER_ANSWER, status("302 Found")),
    "no HTTP": (Trouble.NO_PROXY, says(b"SSH-2.0-x\r\n\r\n")),
    "no HTTP, and no end of a line": (Trouble.NO_PROXY, says(b"\x05\xff")),
    "a status of two digits": (Trouble.NO_PROXY, says(b"HTTP/1.1 20 x\r\n\r\n")),
    "words behind the head": (Trouble.NO_PROXY, says(b"HTTP/1.1 200 OK\r\n\r\nhello")),
    "nothing": (Trouble.HANGS_UP, says()),
    "half a head": (Trouble.HANGS_UP, says(b"HTTP/1.1 200 OK\r\nVia: ")),
    "a head without end": (Trouble.NO_PROXY, says(b"HTTP/1.1 200 OK\r\n" + b"Via: " + b"x" * 70_000)),
    "too many lines": (Trouble.NO_PROXY, says(b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 300 + b"\r\n")),
    "too many informational ones": (Trouble.NO_PROXY, says(b"HTTP/1.1 103 Early\r\n\r\n" * 9)),
}


class TestWhatIsOurFault:
    @pytest.mark.parametrize(("trouble", "instead"), OURS.values(), ids=OURS.keys())
    def test_the_proxys_own_answers(self, trouble: Trouble, instead: Answer) -> None:
        async def story(proxy: Egress, served: Served) -> Outcome:
            with pytest.raises(ProxyFault) as raised:
                await ask(through(proxy.proxy(USER, PASSWORD)))
            assert raised.value.trouble is trouble
            assert str(raised.value).startswith(f"the proxy {ADDRESS}:{proxy.port} ")
            assert ": " in str(raised.value)
            assert not [secret for secret in (USER, PASSWORD) if secret in str(raised.value) + repr(raised.value)]
            assert served.connections == 0
            return Unreachable(FailureReason.READ_TIMEOUT)

        told(story, instead)

    def test_nobody_listens_there(self) -> None:
        with socket.socket() as closed:
            closed.bind((ADDRESS, 0))
            proxy = Proxy("http", ADDRESS, closed.getsockname()[1])
            assert trouble(through(proxy)) is Trouble.NOT_CONNECTED

    def test_nobody_takes_the_connection_in_time(self) -> None:
        with socket.socket() as full_:
            full_.bind((ADDRESS, 0))
            full_.listen(0)
            with socket.create_connection(full_.getsockname()):
                proxy = Proxy("http", ADDRESS, full_.getsockname()[1])
                others = [socket.socket() for _ in range(3)]
                for other in others:
                    other.setblocking(False)
                    other.connect_ex(full_.getsockname())
                assert trouble(through(proxy, timeout=0.5)) is Trouble.NOT_CONNECTED
                for other in others:
                    other.close()

    def test_its_name_is_none(self) -> None:
        assert trouble(through(Proxy("http", "proxy.invalid", 3128))) is Trouble.NOT_FOUND

    def test_its_name_is_not_looked_up_in_time(self) -> None:
        def hangs(_: str) -> list[str]:
            time.sleep(1)
            return [ADDRESS]

        resolver = Resolver(hangs)
        assert trouble(through(Proxy("http", "proxy.invalid", 3128), timeout=0.2), resolver) is Trouble.NOT_FOUND


def trouble(probe_request: ProbeRequest, resolver: Resolver | None = None) -> Trouble:
    async def run() -> None:
        async with Prober(resolver) as prober:
            await prober.ask(probe_request)

    with pytest.raises(ProxyFault) as raised:
        asyncio.run(run())
    return raised.value.trouble


THEIRS = {
    403: (FailureReason.CONNECTION_REFUSED, "does not allow it (HTTP 403)", "allow the host and the port"),
    500: (FailureReason.CONNECTION_REFUSED, "gets no connection there (HTTP 500)", "check whether waweb is running"),
    502: (FailureReason.CONNECTION_REFUSED, "gets no connection there (HTTP 502)", "check whether waweb is running"),
    503: (FailureReason.CONNECTION_REFUSED, "gets no connection there (HTTP 503)", "check whether waweb is running"),
    504: (FailureReason.CONNECT_TIMEOUT, "gets no connection there (HTTP 504)", "check whether the proxy can reach it"),
}


class TestWhatIsAboutWhoeverIsBehindIt:
    @pytest.mark.parametrize(("number", "means"), THEIRS.items(), ids=map(str, THEIRS))
    @pytest.mark.parametrize("tls", [True, False])
    def test_an_answer(self, number: int, means: tuple[FailureReason, str, str], tls: bool) -> None:
        async def story(proxy: Egress, _: Served) -> Outcome:
            outcome = await ask(through(proxy.proxy(USER, PASSWORD), tls))
            reason, detail, step = means
            assert isinstance(outcome, Unreachable)
            assert (outcome.reason, outcome.detail) == (reason, f"the proxy {ADDRESS}:{proxy.port} {detail}")
            for at in Surface:
                row = row_of(outcome)
                said = row.says(at, who="The web pod", does="does", comma=", ", detail=outcome.detail)
                assert row.reason.value == reason.value
                assert f"does not answer ({reason}, the proxy {ADDRESS}:{proxy.port} {detail}): {step}" in said
            return outcome

        told(story, status(f"{number} x"))

    def test_silence(self) -> None:
        """It answers at once for itself; else a host that lets all packets fall would never be told of."""

        async def story(proxy: Egress, _: Served) -> Outcome:
            outcome = await ask(through(proxy.proxy(), timeout=0.3))
            detail = f"the proxy {ADDRESS}:{proxy.port} has opened no tunnel there within 0.3 s"
            assert outcome == Unreachable(FailureReason.CONNECT_TIMEOUT, detail, by_proxy=True)
            return outcome

        told(story, is_silent)

    def test_a_drip_does_not_stretch_the_deadline(self) -> None:
        async def story(proxy: Egress, _: Served) -> Outcome:
            started = time.monotonic()
            outcome = await ask(through(proxy.proxy(), timeout=0.5))
            assert time.monotonic() - started < 1.0
            return outcome

        drip = says(b"HTTP/1.1 200 OK\r\n", *[b"a: b\r\n"] * 50, pause=0.05)
        assert isinstance(told(story, drip), Unreachable)

    def test_an_informational_answer_is_passed_over(self) -> None:
        async def story(proxy: Egress, _: Served) -> Outcome:
            return await ask(through(proxy.proxy()))

        outcome = told(story, says(b"HTTP/1.1 103 Early\r\n\r\n", b"HTTP/1.1 503 x\r\n\r\n"))
        assert isinstance(outcome, Unreachable)
        assert outcome.status == 503


class TestTheDesk:
    """`wahealth check` takes the same two settings."""

    @pytest.fixture
    def files(self, tmp_path: Path) -> Path:
        (tmp_path / "key").write_bytes(KEY)
        (tmp_path / "ca.crt").write_bytes(self_signed(HOST, [HOST])[0])
        return tmp_path

    def typed(self, files: Path, proxy: Egress, *flags: str) -> tuple[int, str]:
        login = f"{quote(USER, '')}:{quote(PASSWORD, '')}"
        url = f"http://{login}@{ADDRESS}:{proxy.port}"
        argv = ["check", f"https://{HOST}:8443", f"--key-file={files / 'key'}", f"--egress-proxy={url}", *flags]
        done = subprocess.run([sys.executable, "-m", "wahealth", *argv], capture_output=True, text=True, check=False)
        secrets = (USER, PASSWORD, quote(PASSWORD, ""), KEY.decode(), base64.b64encode(KEY).decode())
        assert not [secret for secret in secrets if secret in done.stdout + done.stderr]
        return done.returncode, done.stdout + done.stderr

    def of(self, files: Path, *flags: str, instead: Answer | None = None) -> tuple[int, str]:
        certificate, private = self_signed(HOST, [HOST])
        (files / "ca.crt").write_bytes(certificate)

        async def run() -> tuple[int, str]:
            async with (
                serving(ANSWERS, server_context(certificate, private)) as served,
                egress(Switch(served.port, instead)) as proxy,
            ):
                return await asyncio.to_thread(self.typed, files, proxy, *flags)

        return asyncio.run(run())

    def test_it_asks_through_the_proxy_and_trusts_the_authorities(self, files: Path) -> None:
        code, said = self.of(files, f"--egress-ca-file={files / 'ca.crt'}")
        assert (code, "HealthNodeAnswered" in said) == (0, True)
        code, said = self.of(files)
        assert (code, "TLSVerificationFailed" in said) == (1, True)

    @pytest.mark.parametrize("form", ["table", "json"])
    def test_it_says_whose_fault_it_is(self, files: Path, form: str) -> None:
        code, said = self.of(files, "-o", form, instead=status("407 x"))
        assert code == 2
        assert "wants another sign-in (HTTP 407): put its user and password into --egress-proxy.\n" in said
        code, said = self.of(files, "-o", form, instead=status("403 x"))
        assert code != 0
        assert (
            "does not allow it (HTTP 403)): allow the host and the port of the URL in the rules of this proxy." in said
        )

    def test_authorities_that_cannot_be_used(self, files: Path) -> None:
        code, said = self.of(files, f"--egress-ca-file={files / 'key'}")
        assert (code, said) == (69, f"wahealth check: {files / 'key'} holds no certificate in PEM.\n")
