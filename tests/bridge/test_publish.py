"""Board slots by trunk name, and provisioning compiled into a snapshot."""
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hasip.bridge.publish import ADDRESS, REGISTERED, UNREACHABLE, SlotBook, account_leg, build_snapshot, packed_address, packed_network
from hasip.config import load_provisioning
from hasip.domain.node import Registrar
from hasip.domain.trunk import Account, Target
from hasip.registrar.credentials import hash_passwords

EXAMPLE = Path(__file__).parent.parent / "data" / "trunks.toml"


def test_trunk_keeps_its_slot_by_name() -> None:
    book = SlotBook(range(9))
    book.assign(["a", "b"], {})
    before = dict(book.slots)
    book.assign(["b", "c", "a"], {})
    assert {name: book.slots[name] for name in before} == before
    assert len(set(book.slots.values())) == 3


def test_slot_of_a_removed_trunk_waits_until_no_call_holds_it() -> None:
    book = SlotBook(range(2))                                      # two for trunks, one for calls whose trunk is gone
    book.assign(["a", "b"], {})
    slot = book.slots["a"]
    book.assign(["b"], {slot: True})
    assert book.leaving == (slot,)
    with pytest.raises(ValueError, match="trunk_capacity"):
        book.assign(["b", "c"], {slot: True})
    book.assign(["b", "c"], {slot: False})
    assert book.slots["c"] == slot and book.leaving == ()


@given(st.lists(st.sets(st.sampled_from("abcdefgh"), max_size=6), max_size=20))
def test_no_two_trunks_ever_share_a_slot(worlds: list[set[str]]) -> None:
    book = SlotBook(range(7))
    for names in worlds:
        book.assign(names, {})
        assert set(book.slots) == names
        assert len(set(book.slots.values())) == len(names)


def test_addresses_become_16_bytes_with_ipv4_mapped() -> None:
    assert packed_address(ip_address("192.0.2.1")).hex() == "00000000000000000000ffffc0000201"
    assert packed_address(ip_address("2001:db8::1")) == ip_address("2001:db8::1").packed
    assert packed_network(ip_network("192.0.2.0/24")) == (packed_address(ip_address("192.0.2.0")), 120)
    assert packed_network(ip_network("2001:db8::/32")) == (ip_address("2001:db8::").packed, 32)


@pytest.mark.parametrize(("account", "kind"), [
    (Account("primary", "", "ip", target=Target("192.0.2.1", 5060)), ADDRESS),
    (Account("primary", "", "ip", target=Target("192.0.2.1", 5060, "tls")), ADDRESS),
    (Account("primary", "", "ip", target=Target("sip.example.com", 5060)), UNREACHABLE),
    (Account("primary", "", "digest", username="u", password="p"), REGISTERED),
])
def test_leg_that_cannot_be_called_is_said_to_be_so_and_not_left_out(account: Account, kind: int) -> None:
    assert account_leg(account, 0)[1][0][0] == kind


def test_example_becomes_a_snapshot() -> None:
    provisioning = hash_passwords(load_provisioning(EXAMPLE), Registrar())
    book = SlotBook(range(15))
    book.assign([trunk.name for trunk in provisioning.trunks], {})
    snapshot = build_snapshot(provisioning, book.slots, {core.name: 60 for core in provisioning.cores})
    assert snapshot.leg_names[book.slots["acme"]] == ("primary", "secondary")
