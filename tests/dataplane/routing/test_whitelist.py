"""The whitelist: the longest network that holds an address; Python's ipaddress is the reference."""
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import _routing_world

MAPPED = b"\0" * 10 + b"\xff\xff"


def wide(address):
    return address.packed if address.version == 6 else MAPPED + address.packed


def wide_length(network):
    return network.prefixlen + (96 if network.version == 4 else 0)


def whitelist_of(*networks):
    """Return a whitelist in which network number i is owner i."""
    whitelist = _routing_world.Whitelist(len(networks))
    for owner, network in enumerate(networks):
        assert whitelist.add(wide(network.network_address), wide_length(network), owner=owner)
    return whitelist


def owners(whitelist, text):
    return [owner for _, owner, _ in whitelist.find(wide(ipaddress.ip_address(text)))]


def test_the_longest_network_that_holds_an_address_wins():
    whitelist = whitelist_of(*map(ipaddress.ip_network, ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "2001:db8::/32", "2001:db8:1::/48", "2001:db8:1::1/128"]))
    found = {text: owners(whitelist, text) for text in (
        "10.9.9.9", "10.1.9.9", "10.1.2.3", "10.1.2.4", "11.0.0.0", "2001:db8::1", "2001:db8:1::2", "2001:db8:1::1", "2001:db9::1", "::1")}
    assert found == {
        "10.9.9.9": [0], "10.1.9.9": [1], "10.1.2.3": [2], "10.1.2.4": [1], "11.0.0.0": [], "2001:db8::1": [3], "2001:db8:1::2": [4], "2001:db8:1::1": [5],
        "2001:db9::1": [], "::1": []}
    assert whitelist.lengths == [128, 112, 104, 48, 32]


def test_several_peers_of_one_network_are_all_found():
    whitelist = _routing_world.Whitelist(3)
    address = wide(ipaddress.ip_address("192.0.2.7"))
    assert whitelist.add(address, 128, 1, 5, 0) and whitelist.add(address, 128, 2, 6, 1) and whitelist.add(address, 128, 2, 6, 2)
    assert whitelist.find(address) == [(2, 6, 2), (2, 6, 1), (1, 5, 0)]


def test_one_network_more_than_was_announced_is_refused():
    whitelist = whitelist_of(ipaddress.ip_network("10.0.0.0/8"))
    assert not whitelist.add(wide(ipaddress.ip_address("11.0.0.0")), 104)
    assert not whitelist.add(wide(ipaddress.ip_address("10.0.0.0")), 104)
    assert owners(whitelist, "11.0.0.1") == [] and owners(whitelist, "10.0.0.1") == [0]


def test_an_empty_whitelist_knows_nobody():
    assert owners(_routing_world.Whitelist(0), "192.0.2.1") == []


@pytest.mark.parametrize("length", range(129))
def test_every_prefix_length_masks_exactly_its_bits(length):
    address = int(ipaddress.ip_address("a5a5:5a5a:c3c3:3c3c:a5a5:5a5a:c3c3:3c3c"))
    whitelist = _routing_world.Whitelist(1)
    assert whitelist.add(address.to_bytes(16, "big"), length)
    for bit in range(128):                                  # bit 0 is the first
        other = (address ^ 1 << 127 - bit).to_bytes(16, "big")
        assert bool(whitelist.find(other)) == (bit >= length)


# Few addresses near each other, so that networks nest and miss by one bit; and any at all.
ADDRESSES = st.one_of(
    st.builds(lambda low: ipaddress.IPv4Address(0x0A000000 | low), st.integers(0, 0x3FF)), st.ip_addresses(v=4),
    st.builds(lambda high, low: ipaddress.IPv6Address(0x20010DB8 << 96 | high << 62 | low), st.integers(0, 15), st.integers(0, 15)), st.ip_addresses(v=6))
NETWORKS = ADDRESSES.flatmap(lambda address: st.integers(0, address.max_prefixlen).map(lambda length: ipaddress.ip_network((address, length), strict=False)))


@given(st.lists(NETWORKS, max_size=20), st.lists(ADDRESSES, max_size=10))
def test_any_address_finds_what_the_reference_finds(networks, addresses):
    whitelist = whitelist_of(*networks)
    as_ipv6 = [ipaddress.IPv6Network((wide(each.network_address), wide_length(each))) for each in networks]
    for address in addresses + [each.network_address for each in networks] + [each.broadcast_address for each in networks]:
        holding = [(network.prefixlen, owner) for owner, network in enumerate(as_ipv6) if ipaddress.IPv6Address(wide(address)) in network]
        longest = max(holding, default=(0, 0))[0]
        assert owners(whitelist, address) == [owner for length, owner in reversed(holding) if length == longest]


def test_a_thousand_networks_are_all_found():
    networks = [ipaddress.ip_network((0x0A000000 + 256 * i, 24)) for i in range(1000)]
    whitelist = whitelist_of(*networks)
    assert all(owners(whitelist, network[77]) == [owner] for owner, network in enumerate(networks))
    assert owners(whitelist, "10.4.0.0") == []
