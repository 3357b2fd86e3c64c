"""Whom a target means: its pods each by itself, a Service as one, a host outside; and whom it never means."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from support.builders import any_targets, resource
from wahealth.api.convert import InvalidSpec, spec_of
from wahealth.core.answer import FailureReason, Unreachable
from wahealth.core.status import Finding
from wahealth.kube.entry import ResourceEntry, entry_of
from wahealth.kube.inventory.inventory import Inventory
from wahealth.kube.settings import OperatorSettings
from wahealth.kube.targets import ProbeTarget, ResolvedTarget, Targets, limits_of
from wahealth.probe.dns import Lookup, Resolver, look_up

WEB = {"app": "web", "tier": "front"}


def pod(name: str, address: str, labels: dict[str, str] = WEB, ready: bool = True, **more: Any) -> dict[str, Any]:
    metadata = {"namespace": more.pop("namespace", "acme"), "name": name, "labels": labels}
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    ports = [{"name": name, "containerPort": port} for name, port in more.pop("ports", {}).items()]
    status = {"phase": "Running", "podIP": address, "conditions": conditions}
    return {"metadata": metadata, "spec": {"containers": [{"ports": ports}]}, "status": status}


def service(name: str = "web", **spec: Any) -> dict[str, Any]:
    spec = {"selector": {"app": "web"}, "ports": [{"port": 443, "targetPort": 8443}]} | spec
    return {"metadata": {"namespace": "acme", "name": name}, "spec": spec}


def there(*objects: dict[str, Any]) -> Inventory:
    inventory = Inventory()
    for each in objects:
        (inventory.services if "ports" in each["spec"] or "type" in each["spec"] else inventory.pods).put(each)
    return inventory


def located(inventory: Inventory, entry: ResourceEntry, *hosts: str, **limits: Any) -> ResolvedTarget | Finding:
    assert entry.spec is not None
    return asyncio.run(any_targets(inventory, *hosts, **limits).resolve(entry, entry.spec))


def of_service(*objects: dict[str, Any], **target: Any) -> ResolvedTarget | Finding:
    return located(there(*objects), entry_of(resource(target={"service": {"name": "web", **target}})))


def places(found: ResolvedTarget | Finding) -> dict[str, str]:
    assert isinstance(found, ResolvedTarget), found
    return {name: f"{probe_target.host}:{probe_target.port}" for name, probe_target in found.targets.items()}


def refused(found: ResolvedTarget | Finding) -> tuple[str, str]:
    assert isinstance(found, Finding), found
    return found.reason, found.message


class TestService:
    def test_every_running_pod_that_it_selects_at_the_port_behind_its_own(self) -> None:
        found = of_service(service(), pod("w1", "10.0.0.1"), pod("w2", "10.0.0.2", ready=False))
        assert places(found) == {"w1": "10.0.0.1:8443", "w2": "10.0.0.2:8443"}

    @pytest.mark.parametrize(
        "other", [pod("x", "10.0.0.9", {"app": "api"}), pod("x", "10.0.0.9", {}), pod("x", "10.0.0.9", namespace="b")]
    )
    def test_no_pod_that_it_does_not_select(self, other: dict[str, Any]) -> None:
        assert places(of_service(service(), pod("w1", "10.0.0.1"), other)) == {"w1": "10.0.0.1:8443"}

    def test_a_port_with_a_name_is_looked_up_in_each_pod(self) -> None:
        named = service(ports=[{"port": 443, "targetPort": "https"}])
        pods = pod("a", "10.0.0.1", ports={"https": 8443}), pod("b", "10.0.0.2", ports={"https": 9443})
        found = of_service(named, *pods, pod("c", "10.0.0.3", ports={"http": 80}))
        assert places(found) == {"a": "10.0.0.1:8443", "b": "10.0.0.2:9443"}

    def test_a_name_is_that_of_a_port_of_tcp(self) -> None:
        """As Kubernetes compares name and protocol: a port of QUIC may have the same name."""
        one = pod("a", "10.0.0.1", ports={"https": 8443})
        quic = {"name": "https", "containerPort": 9443, "protocol": "UDP"}
        one["spec"]["containers"][0]["ports"].insert(0, quic)
        named = service(ports=[{"port": 443, "targetPort": "https"}])
        assert places(of_service(named, one)) == {"a": "10.0.0.1:8443"}

    def test_without_a_target_port_it_is_the_same(self) -> None:
        found = of_service(service(ports=[{"port": 443}]), pod("w1", "10.0.0.1"))
        assert places(found) == {"w1": "10.0.0.1:443"}

    def test_pods_come_and_go(self) -> None:
        inventory = there(service(), pod("w1", "10.0.0.1"))
        entry = entry_of(resource(target={"service": {"name": "web"}}))
        inventory.pods.put(pod("w2", "10.0.0.2"))
        inventory.pods.drop(pod("w1", "10.0.0.1"))
        assert places(located(inventory, entry)) == {"w2": "10.0.0.2:8443"}
        inventory.pods.replace([pod("w3", "10.0.0.3")])
        assert places(located(inventory, entry)) == {"w3": "10.0.0.3:8443"}

    @pytest.mark.parametrize(
        ("named", "reason", "say"),
        [
            (service("other"), "TargetNotFound", "create it"),
            (service(ports=[{"port": 80}]), "TargetNotFound", "has no port 443"),
            (service(ports=[{"port": 443, "protocol": "UDP"}]), "TargetNotFound", "has no port 443"),
            (service(type="ExternalName", externalName="evil.example.com"), "TargetForbidden", "ExternalName"),
            (service(selector=None), "TargetForbidden", "no selector"),
            (service(selector={}), "TargetForbidden", "no selector"),
        ],
    )
    def test_one_that_leads_to_no_pods_that_are_known(self, named: dict[str, Any], reason: str, say: str) -> None:
        found = refused(of_service(named, pod("w1", "10.0.0.1")))
        assert found[0] == reason
        assert say in found[1]

    @pytest.mark.parametrize(
        ("families", "asked"),
        [
            (["IPv4"], ("10.0.0.1",)),
            (["IPv6", "IPv4"], ("fd00::1", "10.0.0.1")),
            (["IPv4", "IPv6"], ("10.0.0.1", "fd00::1")),
            ([], ("fd00::1", "10.0.0.1")),
        ],
    )
    def test_of_a_dual_stack_pod_what_the_service_sends_to(self, families: list[str], asked: tuple[str, ...]) -> None:
        """tailscale#13721: waweb may listen on one family alone."""
        one = pod("w1", "fd00::1")
        one["status"]["podIPs"] = [{"ip": "fd00::1"}, {"ip": "10.0.0.1"}]
        inventory = there(service(ipFamilies=families), one)
        each = entry_of(resource(target={"service": {"name": "web"}}))
        for entry in (each, entry_of(TestServiceAsOne.TARGET)):
            found = located(inventory, entry)
            assert isinstance(found, ResolvedTarget)
            assert [probe_target.addresses for probe_target in found.targets.values()] == [asked]

    def test_each_of_its_addresses_is_to_be_one_that_a_pod_may_have(self) -> None:
        one = pod("w1", "10.0.0.1")
        one["status"]["podIPs"] = [{"ip": "10.0.0.1"}, {"ip": "fe80::1"}]
        assert refused(of_service(service(), one))[0] == "TargetForbidden"

    def test_an_address_that_the_service_does_not_send_to_is_no_matter(self) -> None:
        one = pod("w1", "10.0.0.1")
        one["status"]["podIPs"] = [{"ip": "10.0.0.1"}, {"ip": "fe80::1"}]
        assert places(of_service(service(ipFamilies=["IPv4"]), one)) == {"w1": "10.0.0.1:8443"}
        assert refused(of_service(service(ipFamilies=["IPv6"]), one))[0] == "TargetForbidden"

    def test_a_pod_with_an_address_that_no_pod_has(self) -> None:
        found = refused(of_service(service(), pod("w1", "10.0.0.1"), pod("w2", "169.254.169.254")))
        assert found[0] == "TargetForbidden"
        assert "w2" in found[1]


class TestServiceAsOne:
    TARGET = resource(target={"service": {"name": "web"}, "scope": "Service"})

    def test_one_ready_pod_under_the_services_name(self) -> None:
        inventory = there(service(), pod("a", "10.0.0.1"), pod("b", "10.0.0.2"), pod("c", "10.0.0.3", ready=False))
        entry = entry_of(self.TARGET)
        rounds = [located(inventory, entry) for _ in range(4)]
        assert [places(one) for one in rounds] == [{"web": "10.0.0.1:8443"}] * 4
        assert {one.addresses["web"] for one in rounds if isinstance(one, ResolvedTarget)} == {"web.acme.svc"}
        assert all(
            one.hosts == {"10.0.0.1", "10.0.0.2", "10.0.0.3"} for one in rounds if isinstance(one, ResolvedTarget)
        )

    def test_another_one_when_that_does_not_answer_or_is_gone(self) -> None:
        inventory = there(service(), *(pod(name, f"10.0.0.{n}") for n, name in enumerate("abc")))
        entry = entry_of(self.TARGET)
        asked = []
        for _ in range(4):
            asked.append(places(located(inventory, entry))["web"])
            entry.probe.ask_another_pod()
        assert asked == ["10.0.0.0:8443", "10.0.0.1:8443", "10.0.0.2:8443", "10.0.0.0:8443"]
        inventory.pods.drop(pod("b", "10.0.0.1"))
        assert places(located(inventory, entry)) == {"web": "10.0.0.2:8443"}

    def test_none_is_ready(self) -> None:
        found = located(there(service(), pod("a", "10.0.0.1", ready=False)), entry_of(self.TARGET))
        assert places(found) == {}
        assert isinstance(found, ResolvedTarget)
        assert found.hosts == {"10.0.0.1"}  # what is known of it is not forgotten


def of_url(url: str, *hosts: str, lookup: Lookup = look_up, networks: Iterable[str] = ()) -> ResolvedTarget | Finding:
    target: dict[str, Any] = {"url": url}
    target |= {"scheme": "HTTP"} if url.startswith("http://") else {}
    return located(Inventory(), entry_of(resource(target=target)), *hosts, lookup=lookup, networks=tuple(networks))


def answers(*addresses: str) -> Lookup:
    return lambda _: addresses


class TestUrl:
    def test_an_admitted_host_is_asked_at_the_addresses_that_were_checked(self) -> None:
        found = of_url("https://waweb.example.com", "waweb.example.com", lookup=answers("1.2.3.4", "2600::1"))
        probe_target = ProbeTarget("waweb.example.com", ("1.2.3.4", "2600::1"), 443)
        assert found == ResolvedTarget({"waweb.example.com": probe_target}, {"waweb.example.com": "waweb.example.com"})

    def test_its_port_stands_in_its_name(self) -> None:
        found = of_url("https://1.2.3.4:8443", "1.2.3.4")
        assert places(found) == {"1.2.3.4:8443": "1.2.3.4:8443"}

    @pytest.mark.parametrize(
        ("more", "name"),
        [
            ({"tls": {"serverName": "evil.example.com"}}, "evil.example.com"),
            ({"target": {"hostHeader": "evil.example.com:8443"}}, "evil.example.com"),
        ],
    )
    def test_another_name_there_decides_who_gets_the_key_so_it_is_to_be_admitted(
        self, more: dict[str, dict[str, str]], name: str
    ) -> None:
        """Behind a CDN or a shared proxy."""
        target = {"url": "https://w.example.com", **more.get("target", {})}
        entry = entry_of(resource(target=target, tls=more.get("tls")))
        inside = {"lookup": answers("1.2.3.4")}
        reason, says = refused(located(Inventory(), entry, "w.example.com", **inside))
        assert reason == "TargetForbidden"
        assert name in says
        assert places(located(Inventory(), entry, "w.example.com", name, **inside))

    def test_an_admitted_network_need_not_be_public(self) -> None:
        inside = answers("10.9.0.1")
        assert refused(of_url("https://w.corp", "w.corp", lookup=inside))[0] == "TargetForbidden"
        assert places(of_url("https://w.corp", "w.corp", lookup=inside, networks=["10.9.0.0/16"]))

    def test_a_name_that_is_not_to_be_found_is_a_failed_question(self) -> None:
        found = of_url("https://w.example.com", "w.example.com", lookup=answers())
        assert isinstance(found, ResolvedTarget)
        lost = found.failed["w.example.com"]
        assert isinstance(lost, Unreachable)
        assert lost.reason is FailureReason.DNS_LOOKUP_FAILED
        assert found.hosts == {"w.example.com"}

    def test_a_name_that_moves_is_looked_up_and_checked_in_each_round(self) -> None:
        """T4: first a public address, then ours."""
        said = iter([("1.2.3.4",), ("127.0.0.1",), ("1.2.3.4", "10.0.0.1")])
        moving: Lookup = lambda _: next(said)  # noqa: E731
        assert places(of_url("https://w.example.com", "w.example.com", lookup=moving))
        assert refused(of_url("https://w.example.com", "w.example.com", lookup=moving))[0] == "TargetForbidden"
        assert refused(of_url("https://w.example.com", "w.example.com", lookup=moving))[0] == "TargetForbidden"

    @pytest.mark.parametrize(
        ("host", "admitted"),
        [
            ("a.example.com", "*.example.com"),
            ("a.b.example.com", "*.example.com"),
            ("a.example.com.", "a.example.com"),
            ("[2600::1]", "2600:0:0::1"),
        ],
    )
    def test_who_is_admitted(self, host: str, admitted: str) -> None:
        assert places(of_url(f"https://{host}", admitted, lookup=answers("1.2.3.4")))


METADATA = ("169.254.169.254", "metadata.google.internal", "kubernetes.default.svc", "localhost", "127.0.0.1")
NOT_ADMITTED = (
    *METADATA,
    *("example.com", "aexample.com", "a.example.com.evil.org", "evil.org", "1.2.3.4", "[2600::1]", "example.com."),
    *(
        "xn--a.example.org",
        "a-example.com",
        "example.co",
        "10.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
    ),
)


@pytest.mark.parametrize("host", NOT_ADMITTED)
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("admitted", [(), ("*.example.com", "1.2.3.40")])
def test_a_host_that_the_installation_does_not_admit(scheme: str, host: str, admitted: tuple[str, ...]) -> None:
    def never(_: str) -> Iterable[str]:
        raise AssertionError("looked up")

    reason, said = refused(of_url(f"{scheme}://{host}", *admitted, lookup=never))
    assert reason == "TargetForbidden"
    assert "--allow-url-hosts" in said


INSIDE = (
    *("127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254"),
    *("168.63.129.16", "100.100.100.200", "192.0.0.192", "224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1"),
    *("fec0::1", "::ffff:0:10.0.0.1", "64:ff9b:1:a00:0:100:808:808"),
    *("::", "::1", "fe80::1", "fd00::1", "fd00:ec2::254", "ff02::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1"),
    *(
        "64:ff9b::10.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::1",
        "2002:a00:1::1",
        "2001:0:a9fe:a9fe::1",
        "::127.0.0.1",
    ),
)


@pytest.mark.parametrize("address", INSIDE)
@pytest.mark.parametrize("beside", [(), ("1.2.3.4",)])
def test_an_admitted_name_that_leads_inside(address: str, beside: tuple[str, ...]) -> None:
    reason, said = refused(of_url("https://w.example.com", "w.example.com", lookup=answers(*beside, address)))
    assert reason == "TargetForbidden"
    assert address not in said


NO_ORIGIN = (
    *("", "waweb", "ftp://a.example.com", "file:///etc/passwd", "//a.example.com", "https://", "https:a.example.com"),
    *("https://a.example.com/v1", "https://a.example.com?x", "https://a.example.com#x", "https://a.example.com/..;/"),
    *(
        "https://u@a.example.com",
        "https://u:p@a.example.com",
        "https://a.example.com@evil.org",
        "https://@a.example.com",
    ),
    *("https://a.example.com\r\nHost: evil.org", "https://a.example.com\n", "https://a.example.com\t", " https://a.b"),
    *("https://a.example.com\\@evil.org", "https://a.example.com:443@evil.org", "https://a.example.com:0"),
    *("https://a.example.com:65536", "https://a.example.com:", "https://a.example.com:x", "https://a.example.com:-1"),
    *("https://127.1", "https://2130706433", "https://0x7f000001", "https://0177.0.0.1", "https://10.0.0.256"),
    *("https://[::1", "https://[::1%25eth0]", "https://[evil]", "https://a..b", "https://-a.example.com"),
    *(
        "https://\uff11\uff12\uff17.0.0.1",
        "https://ex\u0430mple.com",
        "https://a.example.com\0",
        "https://a example.com",
    ),
    *("https://%31%32%37.0.0.1", "https://a.example.com%00", "javascript:alert(1)", "https://*.example.com"),
)


@pytest.mark.parametrize("url", NO_ORIGIN)
def test_what_is_no_origin(url: str) -> None:
    with pytest.raises(InvalidSpec, match=r"target.*correct|correct .*target") as told:
        spec_of(resource(target={"url": url}))
    assert url not in str(told.value) or url == ""


ANOTHER_NAMESPACE = (
    "other/web",
    "other.web/x",
    "../web",
    "..",
    "web/../../other",
    "web%2f..",
    "WEB",
    "web other",
    "",
    "a" * 254,
)


@pytest.mark.parametrize("name", ANOTHER_NAMESPACE)
@pytest.mark.parametrize(
    "spec",
    [
        lambda name: {"target": {"workload": {"name": name}}},
        lambda name: {"target": {"service": {"name": name}}},
        lambda name: {"auth": {"apiKey": {"secretKeyRef": {"name": name}}}},
        lambda name: {"tls": {"caRef": {"name": name}}},
        lambda name: {"tls": {"clientCertificateRef": {"name": name}}},
    ],
)
def test_a_name_that_could_lead_out_of_the_namespace(spec: Any, name: str) -> None:
    document = resource()
    document["spec"] |= spec(name)
    with pytest.raises(InvalidSpec):
        spec_of(document)


@pytest.mark.parametrize("target", [{}, {"workload": {"name": "w"}, "service": {"name": "s"}}, {"scope": "Service"}])
def test_not_exactly_one_target(target: dict[str, Any]) -> None:
    with pytest.raises(InvalidSpec):
        spec_of(resource(target=target))


def test_a_service_of_another_namespace_is_not_there() -> None:
    inventory = there(service(), pod("w1", "10.0.0.1"))
    entry = entry_of(resource(namespace="other", target={"service": {"name": "web"}}))
    assert refused(located(inventory, entry))[0] == "TargetNotFound"


def test_no_number_is_probed_unless_the_settings_say_so() -> None:
    auth = {"bearerToken": {"secretKeyRef": {"name": "t", "key": "token"}}}
    entry = entry_of(resource(target={"cloud": {"phoneNumberID": "900000000000001"}}, auth=auth))
    assert entry.spec is not None
    found = asyncio.run(Targets(Inventory(), limits_of(OperatorSettings(), ()), Resolver()).resolve(entry, entry.spec))
    assert isinstance(found, Finding)
    assert (found.reason, found.message) == (
        "TargetForbidden",
        "The operator does not probe phone numbers of the Cloud API: start it with --allow-cloud.",
    )
