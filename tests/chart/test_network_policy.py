"""Whom the chart's NetworkPolicy lets the operator reach, for each combination of values that decide about it."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import NamedTuple

import pytest

from support.rendered import Document, Refused, documents


class Place(NamedTuple):
    """Where a connection goes. `pod`: the policy takes it for a pod of the cluster."""

    address: str
    port: int = 443
    pod: bool = False


API_SERVER, ELSEWHERE = Place("192.0.2.10"), Place("192.0.2.11")
DNS = Place("10.96.0.10", 53)
POD, POD_ELSEWHERE = Place("10.244.0.7", pod=True), Place("10.244.0.7", 5432, pod=True)
NODE = Place("10.1.0.4")
PUBLIC, PUBLIC_V6 = Place("157.240.1.1"), Place("2a03:2880::1")
INSIDE = [Place("169.254.169.254"), Place("100.100.100.200"), Place("172.20.0.1"), Place("192.168.1.1")]
INSIDE_V6 = [Place("fd00::1"), Place("fe80::1")]
URL = Place("198.51.100.20")
PROXY, PROXY_V6, PROXY_DEFAULT = Place("10.2.0.8", 3128), Place("fd00::8", 3128), Place("10.2.0.8", 80)
ALWAYS = {API_SERVER, DNS, POD}
PLACES = {*ALWAYS, *INSIDE, *INSIDE_V6, ELSEWHERE, POD_ELSEWHERE, NODE, PUBLIC, PUBLIC_V6, URL}
PLACES |= {PUBLIC._replace(port=8443), PROXY, PROXY_V6, PROXY_DEFAULT, PROXY._replace(address="10.2.0.9")}

WAWEB, CLOUD = {"wawebCidrs": ["10.1.0.0/16"]}, {"cloud": {"enabled": True}}
SECRET = {"egress": {"proxySecret": {"name": "proxy"}}}
EVERYTHING = {**CLOUD, "allowUrlHosts": ["waweb.example.com"]}


def proxied(url: str) -> Document:
    return {"egress": {"proxy": url}}


# Name: values but for the policy's own, values of the policy, what can be reached beside the API server, DNS and pods.
CASES: dict[str, tuple[Document, Document, set[Place]]] = {
    "nothing is set": ({}, {}, set()),
    "pods that the policy does not know": ({}, WAWEB, {NODE}),
    "hosts of target.url": ({"allowUrlHosts": ["a.example"]}, {"urlCidrs": ["198.51.100.0/24"]}, {URL}),
    "no Cloud API": ({}, {"cloudCidrs": ["0.0.0.0/0"]}, set()),
    "the Cloud API": (CLOUD, {}, {PUBLIC, PUBLIC_V6, URL, ELSEWHERE, API_SERVER}),
    "networks of the Cloud API": (CLOUD, {"cloudCidrs": ["157.240.0.0/16"]}, {PUBLIC}),
    "the Cloud API elsewhere": (
        {"cloud": {"enabled": True, "origin": "https://graph.test:8443/"}},
        *({"cloudCidrs": ["157.240.0.0/16"]}, {PUBLIC, PUBLIC._replace(port=8443)}),
    ),
    "all of it elsewhere": (
        {"cloud": {"enabled": True, "origin": "https://g.test:8443", "dialog360Origin": "https://d.test:8443"}},
        *({"cloudCidrs": ["157.240.0.0/16"]}, {PUBLIC._replace(port=8443)}),
    ),
    "a proxy with an address": (EVERYTHING | proxied("http://10.2.0.8:3128"), {}, {PROXY}),
    "a proxy without a port": (EVERYTHING | proxied("http://10.2.0.8/"), {}, {PROXY_DEFAULT}),
    "a proxy of IPv6": (EVERYTHING | proxied("http://[fd00::8]:3128"), {}, {PROXY_V6}),
    "a proxy with a name": (
        EVERYTHING | proxied("http://proxy.example.com:3128"),
        *({"proxyCidrs": ["10.2.0.8/31"]}, {PROXY, PROXY._replace(address="10.2.0.9")}),
    ),
    "a proxy of which nothing is known": (
        EVERYTHING | SECRET,
        *({"proxyCidrs": ["10.2.0.8/32"], "proxyPorts": [3128, 80]}, {PROXY, PROXY_DEFAULT}),
    ),
    "a proxy alone, whatever else is set": (
        EVERYTHING | proxied("http://10.2.0.8:3128"),
        *({"urlCidrs": ["0.0.0.0/0"], "cloudCidrs": ["0.0.0.0/0"]}, {PROXY}),
    ),
    "a proxy in the cluster": (
        EVERYTHING | proxied("http://proxy.egress:3128"),
        {"extraEgress": [{"ports": [{"port": 5432}], "to": [{"namespaceSelector": {}}]}]},
        {POD_ELSEWHERE},
    ),
}


def policy(values: Document, own: Document) -> Document:
    own = {"enabled": True, "apiServerCidrs": ["192.0.2.10/32"], **own}
    return next(one for one in documents({**values, "networkPolicy": own}) if one["kind"] == "NetworkPolicy")


def reached(found: Document) -> set[Place]:
    return {place for place in PLACES if any(_admits(rule, place) for rule in found["spec"]["egress"])}


def _admits(rule: Document, place: Place) -> bool:
    ports = place.port in {one["port"] for one in rule["ports"] if one.get("protocol", "TCP") == "TCP"}
    return ports and ("to" not in rule or any(_is_peer(peer, place) for peer in rule["to"]))


def _is_peer(peer: Document, place: Place) -> bool:
    """Nobody looks at the address of a pod that the policy knows."""
    if place.pod or "ipBlock" not in peer:
        return place.pod and peer == {"namespaceSelector": {}}
    block = peer["ipBlock"]
    return _within(place, block["cidr"]) and not any(_within(place, each) for each in block.get("except", ()))


def _within(place: Place, network: str) -> bool:
    address, within = ip_address(place.address), ip_network(network)
    return address.version == within.version and address in within


@pytest.mark.parametrize(("values", "own", "more"), CASES.values(), ids=CASES.keys())
def test_who_is_reached(values: Document, own: Document, more: set[Place]) -> None:
    assert reached(policy(values, own)) == ALWAYS | more


def test_without_networks_of_the_api_server_its_ports_lead_everywhere() -> None:
    anywhere = {place for place in PLACES if place.port == 443}
    assert reached(policy({}, {"apiServerCidrs": []})) == anywhere | {DNS}


UNKNOWN = "set networkPolicy.proxyCidrs and, if the URL is in a Secret, networkPolicy.proxyPorts"


@pytest.mark.parametrize(
    ("values", "own", "said"),
    [
        (proxied("http://proxy.example.com:3128"), {}, UNKNOWN),
        (SECRET, {}, UNKNOWN),
        (SECRET, {"proxyCidrs": ["10.2.0.8/32"]}, UNKNOWN),
        (SECRET, {"proxyPorts": [3128]}, UNKNOWN),
        (SECRET, {"proxyCidrs": ["10.2.0.8/32"], "extraEgress": [{}]}, UNKNOWN),
        ({"allowUrlHosts": ["a.example"]}, {}, "set networkPolicy.urlCidrs to their networks"),
    ],
)
def test_what_cannot_be_derived_is_asked_for(values: Document, own: Document, said: str) -> None:
    with pytest.raises(Refused) as refused:
        policy(values, own)
    assert said in " ".join(str(refused.value).split())
