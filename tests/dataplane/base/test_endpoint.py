"""Endpoints: addresses as text, as 16 bytes and as sockaddr; Python's ipaddress and socket are the reference."""
import ipaddress
import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import _base_text

MAPPED = b"\0" * 10 + b"\xff\xff"
PORTS = st.integers(0, 65535)
IPV4 = st.ip_addresses(v=4)
IPV6 = st.one_of(st.ip_addresses(v=6), st.ip_addresses(v=6, network="2001:db8::/32"), st.ip_addresses(v=6, network="::/96")).filter(
    lambda address: address.ipv4_mapped is None)


def wide(address):
    return address.packed if address.version == 6 else MAPPED + address.packed


def reference(text):
    """Return the 16 bytes that Python understands, or None."""
    if "%" in text or "/" in text:
        return None
    try:
        return wide(ipaddress.ip_address(text))
    except ValueError:
        return None


@given(IPV4)
def test_ipv4_addresses_are_read_and_written(address):
    text = str(address).encode()
    assert _base_text.endpoint_from_host(text) == wide(address) and _base_text.is_ipv4(wide(address))
    assert _base_text.write_address(wide(address)) == text


@given(IPV6)
def test_ipv6_addresses_are_read_with_and_without_brackets_in_every_form(address):
    for text in (str(address), address.exploded, str(address).upper()):
        assert _base_text.endpoint_from_host(text.encode()) == _base_text.endpoint_from_host(f"[{text}]".encode()) == address.packed
    assert not _base_text.is_ipv4(address.packed)


@given(IPV6)
def test_ipv6_addresses_are_written_without_brackets_and_shortened(address):
    text = _base_text.write_address(address.packed).decode()
    assert ipaddress.IPv6Address(text) == address and text == text.lower() and len(text) <= len(address.exploded) + 6


@given(st.one_of(IPV4, IPV6), PORTS)
def test_host_and_port_are_written_as_a_uri_wants_them_rfc3261_25_1(address, port):
    text = _base_text.write_host_port(wide(address), port).decode()
    host, _, written_port = text.rpartition(":")
    assert written_port == str(port)
    assert (host[0] == "[" and host[-1] == "]") == (address.version == 6)
    assert ipaddress.ip_address(host.strip("[]")) == address


@given(st.one_of(
    st.text("0123456789.", max_size=18), st.text("0123456789abcdefABCDEF:.", max_size=46),
    st.lists(st.integers(0, 300).map(str), min_size=3, max_size=5).map(".".join),
    st.lists(st.sampled_from(["", "0", "1", "12345", "ffff", "g", "1.2.3.4"]), min_size=2, max_size=9).map(":".join)))
def test_exactly_what_is_an_address_is_read(text):
    assert _base_text.endpoint_from_host(text.encode()) == reference(text)


@pytest.mark.parametrize("text", [
    b"", b".", b"1", b"1.2.3", b"1.2.3.", b"1.2.3.4.", b"1.2.3.4.5", b"1.2.3.256", b"1.2.3.999", b"01.2.3.4", b"1.2.3.04", b"1.2.3.0000",
    b" 1.2.3.4", b"1.2.3.4 ", b"1.2.3.-4", b"0x1.2.3.4", b"example.com", b"localhost", b"[]", b"[", b"[:", b"[1.2.3.4]", b"[example.com]",
    b":", b":::", b"1::2::3", b"g::", b"::1%lo", b"::1/128",
    b"[::1", b"[::12", b"::1]", b"[[::1]]", b"[::1]]", b"[::1]:5060", b"::" + b"0" * 60, b"1:2:3:4:5:6:7", b"1:2:3:4:5:6:7:8:9"])
def test_what_is_no_address_is_refused(text):
    assert _base_text.endpoint_from_host(text) is None


@pytest.mark.parametrize("text", [b"::1\0", b"[::1\0]", b"::1\0:garbage", b"1.2.3.4\0"])
def test_a_zero_octet_does_not_end_an_address(text):
    assert _base_text.endpoint_from_host(text) is None


def test_an_ipv4_address_mapped_into_ipv6_is_the_ipv4_address():
    assert _base_text.endpoint_from_host(b"[::ffff:192.0.2.1]") == _base_text.endpoint_from_host(b"192.0.2.1")
    assert _base_text.write_address(ipaddress.IPv6Address("::ffff:192.0.2.1").packed) == b"192.0.2.1"


@given(IPV4, PORTS)
def test_an_ipv4_endpoint_becomes_a_sockaddr_in_and_back(address, port):
    name, back, back_port = _base_text.through_sockaddr(wide(address), port)
    assert name == struct.pack("=H", socket.AF_INET) + struct.pack("!H", port) + address.packed + bytes(8)
    assert (back, back_port) == (wide(address), port)


@given(IPV6, PORTS)
def test_an_ipv6_endpoint_becomes_a_sockaddr_in6_and_back(address, port):
    name, back, back_port = _base_text.through_sockaddr(address.packed, port)
    assert name == struct.pack("=H", socket.AF_INET6) + struct.pack("!HI", port, 0) + address.packed + bytes(4)
    assert (back, back_port) == (address.packed, port)


@given(IPV6, PORTS, st.integers(0, 127))
def test_places_are_the_same_when_address_and_port_are(address, port, bit):
    other = (int(address) ^ 1 << bit).to_bytes(16, "big")
    assert _base_text.is_same_place(address.packed, port, address.packed, port)
    assert not _base_text.is_same_place(address.packed, port, other, port)
    assert not _base_text.is_same_place(address.packed, port, address.packed, port ^ 1)


@given(st.one_of(st.integers(0, 2**32 - 1), st.sampled_from([0, 9, 10, 99, 100, 2**32 - 1])))
def test_numbers_are_written_in_decimal(number):
    assert _base_text.write_number(number) == str(number).encode()
