"""Why a datagram can't leave by an interface, and from which address it does; one test per rule."""
from dataclasses import replace
from ipaddress import ip_address, ip_interface, ip_network

import pytest

from hasip.network import Address, Link, obstacle, source_on

LINK = Link("eth1", 3, is_up=True, has_carrier=True,
            addresses=(ip_interface("10.0.1.1/24"), ip_interface("169.254.3.1/16"), ip_interface("192.0.2.7/28"), ip_interface("2001:db8::1/64"),
                       ip_interface("fe80::1/64")),
            routes=frozenset(map(ip_network, ("10.0.1.0/24", "10.8.0.0/16", "2001:db8::/64", "fe80::/64"))))
LOOPBACK = Link("lo", 1, is_up=True, has_carrier=True, is_loopback=True,
                addresses=(ip_interface("127.0.0.1/8"), ip_interface("10.50.0.1/32"), ip_interface("::1/128")))


def ask(link: Link | None, source: str, destination: str, name: str = "eth1") -> str:
    return obstacle(link, name, ip_address(source), ip_address(destination))


def test_datagram_leaves_by_a_route_of_the_link() -> None:
    assert ask(LINK, "10.0.1.1", "10.0.1.9") == ""
    assert ask(LINK, "10.0.1.1", "10.8.9.9") == ""
    assert ask(LINK, "2001:db8::1", "2001:db8::9") == ""


def test_default_route_leads_everywhere_in_its_family() -> None:
    link = replace(LINK, routes=frozenset([ip_network("0.0.0.0/0")]))
    assert ask(link, "10.0.1.1", "203.0.113.1") == ""
    assert ask(link, "2001:db8::1", "2001:db8:1::1") == "no route to 2001:db8:1::1 by eth1"


def test_the_first_cause_is_named_with_the_interface() -> None:
    assert ask(None, "10.0.1.1", "10.9.0.1") == "interface eth1 does not exist"
    assert ask(replace(LINK, is_up=False, has_carrier=False), "10.0.1.1", "10.9.0.1") == "interface eth1 is switched off"
    assert ask(replace(LINK, has_carrier=False), "10.0.1.1", "10.9.0.1") == "interface eth1 has no carrier"
    assert ask(LINK, "10.0.1.2", "10.9.0.1") == "address 10.0.1.2 is not on eth1"
    assert ask(LINK, "10.0.1.1", "10.9.0.1") == "no route to 10.9.0.1 by eth1"


def test_all_of_127_is_local_on_the_loopback() -> None:
    assert ask(LOOPBACK, "127.44.0.1", "127.0.0.9", "lo") == ""
    assert ask(LOOPBACK, "127.44.0.1", "10.50.0.1", "lo") == ""
    assert ask(LOOPBACK, "::1", "::1", "lo") == ""
    assert ask(LOOPBACK, "127.0.0.1", "10.9.0.1", "lo") == "no route to 10.9.0.1 by lo"
    assert ask(LOOPBACK, "::2", "::1", "lo") == "address ::2 is not on lo"


def test_own_address_is_reached_without_a_route() -> None:
    assert ask(replace(LINK, routes=frozenset()), "10.0.1.1", "192.0.2.7") == ""


def test_unspecified_source_needs_some_address_of_the_family() -> None:
    assert ask(LINK, "0.0.0.0", "10.8.0.1") == ""
    link = replace(LINK, addresses=(ip_interface("10.0.1.1/24"), ip_interface("fe80::1/64")))
    assert ask(link, "::", "2001:db8::9") == "no IPv6 address is on eth1"
    assert ask(link, "::", "fe80::9") == ""


@pytest.mark.parametrize(("destination", "source"), [
    ("10.0.1.200", "10.0.1.1"),             # of the same network
    ("192.0.2.9", "192.0.2.7"),
    ("198.51.100.1", "10.0.1.1"),           # none is: the first global one
    ("169.254.9.9", "169.254.3.1"),         # link-local to link-local
    ("2001:db8::77", "2001:db8::1"),
    ("2001:db8:9::1", "2001:db8::1"),
    ("fe80::77", "fe80::1"),
])
def test_source_is_the_nearest_address(destination: str, source: str) -> None:
    assert source_on(LINK, ip_address(destination)) == ip_address(source)


def test_longest_network_decides_the_source() -> None:
    link = replace(LINK, addresses=(ip_interface("10.0.1.1/8"), ip_interface("10.0.2.1/24")))
    assert source_on(link, ip_address("10.0.2.9")) == ip_address("10.0.2.1")
    assert source_on(link, ip_address("10.9.9.9")) == ip_address("10.0.1.1")


@pytest.mark.parametrize("destination", ["198.51.100.1", "2001:db8::9"])
def test_link_local_address_is_no_source_for_elsewhere(destination: str) -> None:
    link = replace(LINK, addresses=(ip_interface("169.254.3.1/16"), ip_interface("fe80::1/64")))
    assert source_on(link, ip_address(destination)) is None


def test_loopback_sends_elsewhere_from_its_global_address() -> None:
    def source(destination: str) -> Address | None:
        return source_on(LOOPBACK, ip_address(destination))

    assert source("198.51.100.1") == ip_address("10.50.0.1")
    assert source("127.0.0.9") == ip_address("127.0.0.1")
