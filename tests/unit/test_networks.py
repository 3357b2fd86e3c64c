"""Addresses to which no key is ever sent, in every spelling that an address can have."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from wahealth.core.egress.networks import Networks

V4 = (
    "127.0.0.1",
    "127.8.9.1",
    "0.0.0.0",
    "0.1.2.3",
    "169.254.169.254",
    "169.254.170.2",
    "224.0.0.1",
    "255.255.255.255",
)
METADATA = ("168.63.129.16", "100.100.100.200", "192.0.0.192")
V6 = ("::", "::1", "fe80::1", "fe80::1%eth0", "ff02::1", "fd00:ec2::254")


def packed(v4: str) -> list[str]:
    """An IPv4 address inside of IPv6: mapped, compatible, 6to4, NAT64, and Teredo with it as server and as client."""
    number = int(ip_address(v4))
    high, low = number >> 16, number & 0xFFFF
    turned = number ^ 0xFFFFFFFF
    return [
        f"::ffff:{v4}",
        f"::ffff:{high:x}:{low:x}",
        f"2002:{high:x}:{low:x}::1",
        f"64:ff9b::{v4}",
        f"2001:0:{high:x}:{low:x}::1",
        f"2001:0:808:808::{turned >> 16:x}:{turned & 0xFFFF:x}",
    ]


HOSTILE = [*V4, *METADATA, *V6, *(spelling for address in (*V4, *METADATA) for spelling in packed(address))]
NO_ADDRESS = (
    *(
        "",
        " ",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "10.0.0.256",
        "metadata.google.internal",
    ),
    *("127.0.0.1:443", "127.0.0.1@10.0.0.1", "10.0.0.1\r\nX: y", "10.0.0.1/8", "[::1]", "10.0.0.1\0"),
    "\uff11\uff12\uff17.0.0.1",
)


@pytest.mark.parametrize("address", [*HOSTILE, *NO_ADDRESS])
def test_it_is_never_asked(address: str) -> None:
    assert not Networks().admit(address)


@pytest.mark.parametrize(
    "address", ["10.0.0.7", "192.168.1.2", "100.64.0.9", "fd12::7", "2a00:1450::1", "::ffff:10.0.0.7"]
)
def test_a_pods_address(address: str) -> None:
    assert Networks().admit(address)


def test_what_the_playground_admits() -> None:
    networks = Networks((ip_network("127.64.0.0/16"),))
    assert networks.admit("127.64.3.4")
    assert not networks.admit("127.0.0.1")


def test_the_api_server_is_never_asked() -> None:
    networks = Networks((ip_network("10.0.0.0/8"),), frozenset({ip_address("10.96.0.1")}))
    assert not networks.admit("10.96.0.1")
    assert not networks.admit("::ffff:10.96.0.1")
    assert networks.admit("10.96.0.2")
