"""Which hosts outside the cluster a resource may name: only those that the installation admits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address, ip_address

from wahealth.core.egress.origin import is_address, is_host

_ANY_BELOW = "*."


@dataclass(frozen=True)
class Hosts:
    """The hosts that are `admitted`: names and addresses, or `*.example.com` for every name below that one."""

    admitted: frozenset[str] = frozenset()

    @cached_property
    def _addresses(self) -> frozenset[IPv4Address | IPv6Address]:
        return frozenset(ip_address(host) for host in self.admitted if is_address(host))

    def admit(self, host: str) -> bool:
        """Whether a resource may name this host, written as in an `Origin`. A pattern never admits an address."""
        if host in self.admitted:
            return True
        if is_address(host):
            return ip_address(host) in self._addresses
        name = host.removesuffix(".")
        parents = (name.split(".", depth)[-1] for depth in range(1, name.count(".") + 1))
        return name in self.admitted or any(_ANY_BELOW + parent in self.admitted for parent in parents)


def is_pattern(written: str) -> bool:
    """Whether this is valid in a list of admitted hosts: a host, or `*.` and a name."""
    return is_host(written.removeprefix(_ANY_BELOW)) and not (
        written.startswith(_ANY_BELOW) and is_address(written.removeprefix(_ANY_BELOW))
    )
