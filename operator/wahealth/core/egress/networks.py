"""Which addresses may be probed.

A tenant says where a key is sent, so an address that no pod can have is denied, and for a host outside the cluster any
address that is not public. The address of a pod comes from the API server, that of a host from its name server. Each is
checked, and the connection goes to that very address.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# No pod lives there: this host, loopback, link-local with the clouds' metadata, site-local, multicast, broadcast, the
# ranges that hide an IPv4 address; and metadata services outside link-local (Azure, Alibaba, Oracle, AWS over IPv6).
_DENIED: tuple[Network, ...] = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/128",
        "::1/128",
        "fe80::/10",
        "fec0::/10",
        "::ffff:0:0:0/96",
        "64:ff9b:1::/48",
        "ff00::/8",
        "168.63.129.16/32",
        "100.100.100.200/32",
        "192.0.0.192/32",
        "fd00:ec2::/32",
    )
)
_NAT64: tuple[Network, ...] = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))


@dataclass(frozen=True)
class Networks:
    """The addresses that may be probed.

    `admitted`: networks that may be probed although they would be denied. `denied`: the API server's own addresses,
    which are never admitted. `only_public`: deny private addresses too, for hosts outside the cluster, whose own ranges
    are private ones.
    """

    admitted: tuple[Network, ...] = ()
    denied: frozenset[Address] = frozenset()
    only_public: bool = False

    def admit(self, written: str) -> bool:
        """Whether this address may be probed; False for anything that is not an IP address."""
        return _admitted(self, written)


@lru_cache(maxsize=65_536)  # the same addresses come with each round
def _admitted(networks: Networks, written: str) -> bool:
    try:
        meanings = tuple(_meanings(ip_address(written)))
    except ValueError:
        return False
    return all(_admits(networks, meaning) for meaning in meanings)


def _admits(networks: Networks, address: Address) -> bool:
    if address in networks.denied:
        return False
    if _within(address, networks.admitted):
        return True
    return not _within(address, _DENIED) and (address.is_global or not networks.only_public)


def _within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _meanings(address: Address) -> Iterator[Address]:
    """The address, and every IPv4 address that is embedded in it."""
    if isinstance(address, IPv4Address):
        yield address
        return
    packed = tuple(_packed(address))
    if not address.ipv4_mapped:
        yield address
    yield from packed


def _packed(address: IPv6Address) -> Iterator[IPv4Address]:
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo
    if _within(address, _NAT64) or (int(address) >> 32 == 0 and int(address) > 1):
        yield IPv4Address(int(address) & 0xFFFFFFFF)
