"""The permissions module's address file: what a line says, as the module itself reads it."""
from ipaddress import ip_network
from pathlib import Path

import pytest

from hasip.config.kamailio.address_list import AllowedNetwork, allowed_network_of, read_address_list
from hasip.config.kamailio.lines import LineError


@pytest.mark.parametrize(("line", "network"), [
    ("1 192.0.2.1", "192.0.2.1/32"),
    ("1 192.0.2.1 32 5060 acme", "192.0.2.1/32"),
    ("1 192.0.2.1 0 0", "192.0.2.1/32"),                # no mask: one address
    ("1 192.0.2.77 24", "192.0.2.0/24"),                # bits behind the mask do not count
    ("1 192.0.2.64/27 32 0", "192.0.2.64/27"),
    ("1 2001:db8::1", "2001:db8::1/128"),
    ("1 [2001:db8::1] 64", "2001:db8::/64"),
])
def test_address_and_mask_are_a_network(line: str, network: str) -> None:
    assert allowed_network_of(1, line.split()).network == ip_network(network)


@pytest.mark.parametrize(("line", "why"), [
    ("1", "group 1 without an address"),
    ("x 192.0.2.1", "is no group"),
    ("1 sbc.example.net", "allow takes no names"),
    ("1 192.0.2.1 33", "no mask of an IPv4"),
    ("1 192.0.2.1 many", "is no mask"),
    ("1 192.0.2.1 32 sip", "is no port"),
    ("1 0.0.0.0/0", "let everybody in"),
    ("1 fe80::1%eth0 128", "one link only"),
])
def test_a_line_that_cannot_be_turned_says_why(line: str, why: str) -> None:
    with pytest.raises(LineError, match=why):
        allowed_network_of(1, line.split())


def test_a_port_is_noted_for_the_whitelist_has_none(tmp_path: Path) -> None:
    file = tmp_path / "address.list"
    file.write_text("# who may call\n7 192.0.2.1 32 5060 acme\nnobody\n")
    networks, remarks = read_address_list(file)
    assert networks == [AllowedNetwork(2, 7, ip_network("192.0.2.1/32"), 5060, "acme")]
    assert [(remark.line, remark.is_left_out) for remark in remarks] == [(2, False), (3, True)]
