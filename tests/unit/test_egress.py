"""The installation's way out: which targets take it, who is trusted at its end, what is told of its faults."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import looptime
import pytest

from support.builders import CONNECTED, PERIOD, resource, single
from support.egress import ADDRESS, PASSWORD, USER, Switch, egress
from support.played import Played
from support.scripted import CERTIFICATE, GOOD, KEY, TRUST, answer, says, serving
from wahealth.api.credential_source import CredentialSource
from wahealth.api.v1alpha1 import Tls
from wahealth.core.answer import Answered, Outcome
from wahealth.core.egress.proxy import NotAProxy, Proxy, Trouble, proxy_of
from wahealth.core.instant import Instant
from wahealth.core.signin.flow import Reading
from wahealth.core.status import Finding
from wahealth.kube.egress import Authorities, NoAuthorities
from wahealth.kube.entry import ResourceEntry, entry_of
from wahealth.kube.gatherer import Gatherer
from wahealth.kube.inventory.inventory import Inventory
from wahealth.kube.reconciler import Action
from wahealth.kube.references import References
from wahealth.kube.scheduler import Scheduler
from wahealth.kube.settings import OperatorSettings
from wahealth.kube.targets import ResolvedTarget, Targets, limits_of
from wahealth.playground.pki import self_signed
from wahealth.probe.client import Prober, ProbeResponse
from wahealth.probe.credential import Credential, api_key
from wahealth.probe.dns import Resolver
from wahealth.probe.errors import ProxyFault
from wahealth.probe.trust import Trust, full
from wahealth.probe.waweb import HealthEndpoint, ProbeRequest
from wahealth.telemetry import metrics

PROXY = Proxy("http", "proxy.example.com", 3128, USER, PASSWORD)
OWNER = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "controller": True}
OF_PODS: dict[str, dict[str, Any]] = {
    "workload": {"workload": {"kind": "StatefulSet", "name": "web"}},
    "service": {"service": {"name": "web"}},
    "service as one": {"service": {"name": "web"}, "scope": "Service"},
}
NOW = Instant(0.0, datetime(2026, 1, 1, tzinfo=UTC))
URL = {"url": "https://waweb.example.com"}


def settings(**more: Any) -> OperatorSettings:
    return OperatorSettings(**{"egress_proxy": "http://proxy.example.com:3128", **more})


class Secrets(Played):
    async def secret(self, namespace: str, source: CredentialSource, labelled: bool = False) -> Reading[Credential]:
        return Reading(api_key(KEY))

    async def trust(self, entry: ResourceEntry, tls: Tls | None) -> Trust:
        return TRUST


class Listening(Prober):
    def __init__(self) -> None:
        super().__init__()
        self.places: list[HealthEndpoint] = []

    async def ask(self, probe_request: ProbeRequest) -> ProbeResponse[Outcome]:
        self.places.append(probe_request.endpoint)
        return ProbeResponse(single(CONNECTED))


def cluster(address: str, port: int) -> Inventory:
    """With one web pod, in a StatefulSet and behind a Service."""
    inventory, owner = Inventory(), OWNER | {"kind": "StatefulSet"}
    named = {"namespace": "acme", "name": "web"}
    inventory.workloads["StatefulSet"].put({"metadata": {**named, "uid": "w"}})
    ports = [{"port": 443, "targetPort": port}]
    inventory.services.put({"metadata": named, "spec": {"selector": {"app": "web"}, "ports": ports}})
    status = {"phase": "Running", "podIP": address, "conditions": [{"type": "Ready", "status": "True"}]}
    metadata = {"namespace": "acme", "name": "web-0", "labels": {"app": "web"}, "ownerReferences": [owner]}
    inventory.pods.put({"metadata": metadata, "status": status, "spec": {"containers": []}})
    return inventory


def targets(given: OperatorSettings, address: str = "10.0.0.1", port: int = 443) -> tuple[Inventory, Targets]:
    def never(_: str) -> list[str]:
        raise AssertionError("looked up")

    inventory = cluster(address, port)
    return inventory, Targets(inventory, limits_of(given, ()), Resolver(never))


def asked(target: dict[str, Any], given: OperatorSettings, address: str = "10.0.0.1") -> list[HealthEndpoint]:
    """The places that one round asks."""
    inventory, found = targets(given, address)
    prober = Listening()
    gatherer = Gatherer(inventory, found, Secrets(), prober)
    asyncio.run(gatherer.facts(entry_of(resource(target=target)), NOW))
    return prober.places


def located(url: str, *hosts: str, **more: Any) -> ResolvedTarget | Finding:
    _, found = targets(settings(allow_url_hosts=hosts, **more))
    entry = entry_of(resource(target={"url": url}))
    assert entry.spec is not None
    return asyncio.run(found.resolve(entry, entry.spec))


class TestWhoIsAskedThroughIt:
    def test_a_host_of_a_url_which_is_not_looked_up_here(self) -> None:
        (place,) = asked(URL, settings(allow_url_hosts=("waweb.example.com",)))
        assert place.through == Proxy("http", "proxy.example.com", 3128)
        assert (place.host, place.port, place.addresses) == ("waweb.example.com", 443, ())

    @pytest.mark.parametrize("target", OF_PODS.values(), ids=OF_PODS.keys())
    def test_no_pod_and_no_service(self, target: dict[str, Any]) -> None:
        (place,) = asked(target, settings())
        assert place.through is None
        assert place.addresses == ("10.0.0.1",)

    def test_with_no_proxy_nobody(self) -> None:
        inventory = Inventory()
        limits = limits_of(OperatorSettings(allow_url_hosts=("waweb.example.com",)), ())
        found = Targets(inventory, limits, Resolver(lambda _: ["1.2.3.4"]))
        entry = entry_of(resource(target=URL))
        assert entry.spec is not None
        probe_targets = asyncio.run(found.resolve(entry, entry.spec))
        assert isinstance(probe_targets, ResolvedTarget)
        assert [(probe_target.addresses, probe_target.through) for probe_target in probe_targets.targets.values()] == [
            (("1.2.3.4",), None)
        ]

    @pytest.mark.parametrize("target", [*OF_PODS, "url"])
    def test_over_real_connections(self, target: str) -> None:
        """The proxy stands there; the host of a URL is found through it alone, and no pod is."""

        async def run() -> tuple[int, int]:
            async with serving(says(answer(GOOD), keep=True)) as served, egress(Switch(served.port)) as proxy:
                allowed = {"allow_url_hosts": "waweb.example.com", "allow_pod_networks": "127.0.0.0/8"}
                inventory, found = targets(settings(egress_proxy=proxy.url, **allowed), ADDRESS, served.port)
                named = {"workload": {"workload": {"kind": "StatefulSet", "name": "web", "port": served.port}}}
                spec = ({"url": URL} | OF_PODS | named)[target]
                async with Prober() as prober:
                    gatherer = Gatherer(inventory, found, Secrets(), prober)
                    facts = await gatherer.facts(entry_of(resource(target=spec)), NOW)
                assert [type(one.outcome) for one in facts.outcomes] == [Answered]
                return served.connections, len(proxy.heads)

        assert asyncio.run(run()) == (1, target == "url")


class TestWhoMayBeAskedThroughIt:
    @pytest.mark.parametrize("url", ["https://other.example.com", "https://localhost", "http://169.254.169.254"])
    def test_only_an_admitted_host(self, url: str) -> None:
        found = located(url, "waweb.example.com")
        assert isinstance(found, Finding)
        assert found.reason == "TargetForbidden"
        assert "--allow-url-hosts" in found.message

    @pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "[::1]", "[::ffff:10.0.0.1]"])
    def test_an_address_is_what_it_is(self, address: str) -> None:
        bare = address.strip("[]")
        found = located(f"https://{address}", bare)
        assert isinstance(found, Finding)
        assert found.reason == "TargetForbidden"
        assert isinstance(located("https://10.0.0.1", "10.0.0.1", allow_url_networks="10.0.0.0/8"), ResolvedTarget)
        assert isinstance(located("https://1.2.3.4", "1.2.3.4"), ResolvedTarget)


class TestPodsOfNetworksWhereNoneShouldLive:
    """Those of 240.0.0.0/4, as some clouds have them."""

    @pytest.mark.parametrize("target", OF_PODS.values(), ids=OF_PODS.keys())
    def test_they_are_asked_where_the_installation_says_so(self, target: dict[str, Any]) -> None:
        assert asked(target, OperatorSettings(), "240.1.2.3") == []
        (place,) = asked(target, OperatorSettings(allow_pod_networks="240.0.0.0/4"), "240.1.2.3")
        assert (place.host, place.addresses) == ("240.1.2.3", ("240.1.2.3",))

    def test_others_are_denied_still(self) -> None:
        given = OperatorSettings(allow_pod_networks="240.0.0.0/4")
        for address in ("169.254.169.254", "127.0.0.1", "224.0.0.1"):
            assert asked(OF_PODS["workload"], given, address) == []
        assert limits_of(given, ()).pods.admitted == (ip_network("240.0.0.0/4"),)


class TestItsUrl:
    @pytest.mark.parametrize(
        ("url", "proxy"),
        [
            ("http://proxy.example.com:3128", Proxy("http", "proxy.example.com", 3128)),
            ("http://10.0.0.1", Proxy("http", "10.0.0.1", 80)),
            ("http://[fd00::1]:8080/", Proxy("http", "fd00::1", 8080)),
            ("HTTP://Proxy.Example.com:3128", Proxy("http", "proxy.example.com", 3128)),
            ("http://a%40b:p%3Aw%2F%23@proxy:3128", Proxy("http", "proxy", 3128, "a@b", "p:w/#")),
        ],
    )
    def test_what_is_one(self, url: str, proxy: Proxy) -> None:
        assert proxy_of(url) == proxy

    @pytest.mark.parametrize(
        ("url", "says"),
        [
            ("https://canary:canary@proxy:3128", "spoken with over http://"),
            *((f"{scheme}://canary:canary@proxy:1080", "SOCKS") for scheme in ("socks", "socks4", "socks5", "socks5h")),
            *((url, "such as http://proxy.example.com:3128") for url in (
                "proxy:3128",
                "canary",
                "ftp://canary",
                "http://",
                "http://canary:canary@",
                "http://canary:0",
                "http://canary:65536",
                "http://canary:x",
                "http://proxy:",
                "http://proxy/canary",
                "http://proxy?canary",
                "http://proxy#canary",
                "http://canary:pa/ss@proxy:3128",
                "http://pro xy",
                " http://canary",
                "ht\ntp://canary",
                "http://canary//",
                "http://proxy\r\ncanary: x",
                "http://[::1",
                "http://127.1:3128",
                "http://canary:pass\u00e9@proxy",
            )),
        ],
    )  # fmt: skip
    def test_what_is_none_is_told_without_it(self, url: str, says: str) -> None:
        with pytest.raises(NotAProxy, match=re.escape(says)) as told:
            proxy_of(url)
        assert "canary" not in str(told.value)

    def test_what_signs_in_stands_in_no_repr(self) -> None:
        given = settings(egress_proxy="http://canary%2Duser:canary%2Dpass@proxy.example.com:3128")
        place = HealthEndpoint("waweb.example.com", (), through=given.egress_proxy)
        probe_request = ProbeRequest(place, api_key(KEY), 2.0)
        faults = [ProxyFault(given.egress_proxy, problem, 599) for problem in Trouble if given.egress_proxy]
        shown = [
            repr(given),
            str(given),
            repr(probe_request),
            repr(limits_of(given, ())),
            *map(repr, faults),
            *map(str, faults),
        ]
        assert not [text for text in shown if "canary" in text]
        assert all("proxy.example.com:3128" in str(fault) for fault in faults)

    @pytest.mark.parametrize("name", ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "EGRESS_PROXY"])
    def test_no_other_variable_names_one(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        assert OperatorSettings().egress_proxy is None
        monkeypatch.setenv("WAHEALTH_EGRESS_PROXY", "")
        assert OperatorSettings().egress_proxy is None
        monkeypatch.setenv("WAHEALTH_EGRESS_PROXY", "http://proxy:3128")
        assert OperatorSettings().egress_proxy == Proxy("http", "proxy", 3128)


class TestAFaultOfTheProxy:
    def test_the_round_counts_for_nothing_and_is_said_once(self, caplog: pytest.LogCaptureFixture) -> None:
        """Law 3: of the client nothing is believed, and nothing is written."""
        entries: list[ResourceEntry] = []

        async def merged(entry: ResourceEntry) -> Action | None:
            entries.append(entry)
            raise ProxyFault(PROXY, Trouble.SIGN_IN)

        async def main() -> None:
            scheduler = Scheduler(merged)
            scheduler.upsert(resource("a", target=URL))
            running = asyncio.create_task(scheduler.run())
            await asyncio.sleep(5.5 * PERIOD)
            running.cancel()

        before, bugs = _count("SignIn"), metrics.bugs.labels("round")._value.get()
        with (
            caplog.at_level(logging.DEBUG),
            asyncio.Runner(loop_factory=lambda: looptime.new_event_loop(start=1000, end=1000 + 20 * PERIOD)) as runner,
        ):
            runner.run(main())
        assert len(entries) >= 5
        assert _count("SignIn") - before == len(entries)
        assert metrics.bugs.labels("round")._value.get() == bugs
        left = {(entry.state, entry.history.last_probe, entry.writes.pending_events) for entry in entries}
        assert left == {(None, None, ())}
        (said,) = {str(vars(line).get("error")) for line in caplog.records if line.levelno == logging.WARNING}
        wants = "wants another sign-in (HTTP 407): put its user and password into --egress-proxy"
        assert said == f"the proxy proxy.example.com:3128 {wants}"
        logged = caplog.text + str([vars(line) for line in caplog.records])
        assert not [secret for secret in (USER, PASSWORD) if secret in logged]

    def test_it_reaches_whoever_gathers(self) -> None:
        with socket.socket() as closed:
            closed.bind((ADDRESS, 0))
            given = settings(
                egress_proxy=f"http://{ADDRESS}:{closed.getsockname()[1]}", allow_url_hosts=("waweb.example.com",)
            )
            inventory, found = targets(given)

            async def run() -> None:
                async with Prober() as prober:
                    await Gatherer(inventory, found, Secrets(), prober).facts(entry_of(resource(target=URL)), NOW)

            with pytest.raises(ProxyFault):
                asyncio.run(run())


def _count(problem: str) -> float:
    return float(metrics.proxy_faults.labels(problem)._value.get())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "ca.crt"
    path.write_bytes(b"# our company's\n" + CERTIFICATE)
    return path


def trusted(references: References, **spec: Any) -> Trust:
    entry = entry_of(resource(**spec))
    found = asyncio.run(references.trust(entry, entry.spec.tls if entry.spec else None))
    assert isinstance(found, Trust)
    return found


def authorities(trust: Trust) -> set[bytes]:
    return set(trust.context.get_ca_certs(binary_form=True))


def references(path: Path | None) -> References:
    return References(None, 300, outside=Authorities(path))  # type: ignore[arg-type]


def der(pem: bytes) -> set[bytes]:
    return authorities(full(pem))


class TestItsAuthorities:
    def test_they_are_trusted_for_hosts_outside_beside_the_public_ones(self, file: Path) -> None:
        given = references(file)
        for verification in ("Full", "SkipHostname"):
            found = trusted(given, target=URL, tls={"verification": verification})
            assert authorities(found) == authorities(full()) | der(CERTIFICATE)
            assert found.context.check_hostname is (verification == "Full")

    def test_not_for_pods(self, file: Path) -> None:
        for target in OF_PODS.values():
            assert authorities(trusted(references(file), target=target)) == authorities(full())

    def test_without_a_file_the_public_ones_alone(self) -> None:
        assert authorities(trusted(references(None), target=URL)) == authorities(full())

    def test_a_pin_stays_a_pin(self, file: Path) -> None:
        found = trusted(references(file), target=URL, tls={"verification": "Pinned", "pinnedSHA256": ["ab" * 32]})
        assert found.pins == {"ab" * 32}

    def test_what_replaces_it_is_read_with_the_next_look(self, file: Path) -> None:
        given, another = references(file), self_signed("another", ["another"])[0]
        first = trusted(given, target=URL)
        assert trusted(given, target=URL) is first
        file.write_bytes(another)
        assert authorities(trusted(given, target=URL)) == authorities(full()) | der(another)

    @pytest.mark.parametrize("bad", [b"", b"no certificate", None])
    def test_what_cannot_be_used_leaves_the_one_of_before(
        self, file: Path, bad: bytes | None, caplog: pytest.LogCaptureFixture
    ) -> None:
        given = references(file)
        first = trusted(given, target=URL)
        file.unlink() if bad is None else file.write_bytes(bad)
        assert trusted(given, target=URL) is first
        assert str(file) in str([vars(line) for line in caplog.records if line.levelno == logging.WARNING])

    def test_at_the_start_it_has_to_be_good(self, tmp_path: Path) -> None:
        (tmp_path / "empty").write_bytes(b"")
        for name, why in (("nowhere", "cannot be read"), ("", "not a regular file"), ("empty", "holds no certificate")):
            with pytest.raises(NoAuthorities, match=why):
                Authorities(tmp_path / name)
