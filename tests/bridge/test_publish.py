"""Board slots by trunk name, and provisioning compiled into a snapshot."""
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hasip._fastpath import LEG_LIMIT, MODES, TRANSPORTS, Snapshot
from hasip.bridge.publish import (
    ADDRESS,
    ANY_SEAT,
    NOWHERE,
    REGISTERED,
    UNREACHABLE,
    SlotBook,
    account_leg,
    add_core,
    add_cores,
    add_trunk,
    add_trunks,
    any_seat,
    by_address_alone,
    packed_address,
    packed_network,
    room_for,
    target_legs,
    zone_legs,
)
from hasip.config import load_provisioning
from hasip.config.trunks_file import TrunkTable, trunk_of
from hasip.domain.node import Registrar
from hasip.domain.trunk import Account, Core, Fault, Mode, Provisioning, Region, Target, Trunk, Zone
from hasip.registrar.credentials import hash_passwords

EXAMPLE = Path(__file__).parent.parent / "data" / "trunks.toml"


def is_idle(_: int) -> bool:
    return False


def is_busy(_: int) -> bool:
    return True


def built(provisioning: Provisioning, slots: dict[str, int], core_slots: dict[str, int]) -> Snapshot:
    snapshot = room_for(provisioning)
    assert not add_trunks(snapshot, provisioning.trunks, slots, add_cores(snapshot, provisioning.cores, core_slots)[0])
    return snapshot


def test_trunk_keeps_its_slot_by_name() -> None:
    book = SlotBook(range(9))
    book.assign(["a", "b"], is_idle)
    before = dict(book.slots)
    book.assign(["b", "c", "a"], is_idle)
    assert {name: book.slots[name] for name in before} == before
    assert len(set(book.slots.values())) == 3


def test_slot_of_a_removed_trunk_waits_until_no_call_holds_it() -> None:
    book = SlotBook(range(2))                                      # two for trunks, one for calls whose trunk is gone
    book.assign(["a", "b"], is_idle)
    slot = book.slots["a"]
    book.assign(["b"], is_busy)
    assert book.leaving == (slot,)
    with pytest.raises(ValueError, match="trunk_capacity"):
        book.assign(["b", "c"], is_busy)
    book.assign(["b", "c"], is_idle)
    assert book.slots["c"] == slot and book.leaving == ()


@given(st.lists(st.sets(st.sampled_from("abcdefgh"), max_size=6), max_size=20))
def test_no_two_trunks_ever_share_a_slot(worlds: list[set[str]]) -> None:
    book = SlotBook(range(7))
    for names in worlds:
        book.assign(names, is_idle)
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
    book.assign([trunk.name for trunk in provisioning.trunks], is_idle)
    snapshot = built(provisioning, book.slots, {core.name: 60 for core in provisioning.cores})
    assert snapshot.leg_names[book.slots["acme"]] == ("primary", "secondary")


# ---------------------------------------------------------------------------------------- zones and cores

A, B, C, D = [Target(f"192.0.2.{place}", 5060 + place) for place in range(1, 5)]
NET = ip_network("192.0.2.0/24")
WORLD = (Region("sg", (Zone("a", A, (NET,)), Zone("b", B))), Region("hk", (Zone("c", C), Zone("d", D))))


def trunk_with(*regions: Region, **settings: Any) -> Trunk:
    return Trunk("acme", 1, ("+1",), "pstn", Mode.TWO_REGIONS_TWO_ZONES, regions=regions, **settings)


def place_of(target: Target, seat: int = ANY_SEAT) -> tuple[Any, ...]:
    assert target.ip is not None
    return ADDRESS, TRANSPORTS.index(target.transport), packed_address(target.ip), target.port, target.large_by_tcp, seat


class Recorder:
    """A snapshot that writes down what it is given."""

    def __init__(self) -> None:
        self.cores: list[dict[str, Any]] = []
        self.trunks: list[dict[str, Any]] = []

    def add_core(self, **fields: Any) -> int:
        self.cores.append(fields)
        return len(self.cores) - 1

    def add_trunk(self, **fields: Any) -> None:
        self.trunks.append(fields)


def test_zones_become_legs_region_by_region() -> None:
    legs = zone_legs(trunk_with(*WORLD), by_address_alone, any_seat)
    assert legs == [("a", [place_of(A)], [packed_network(NET)], 0), ("b", [place_of(B)], [], 0), ("c", [place_of(C)], [], 1), ("d", [place_of(D)], [], 1)]


def test_a_zone_has_the_seat_its_interface_gives_it_at_every_address_of_its_name() -> None:
    zone = Zone("a", Target("sip.example.com", 0, "tcp"), interface="eth1")
    elsewhere = [Target("192.0.2.7", 5060, "tcp"), Target("2001:db8::7", 5060, "tcp")]
    [(_, places, _, _)] = zone_legs(trunk_with(Region("sg", (zone,))), lambda target: elsewhere, lambda asked: 7 if asked is zone else None)
    assert places == [place_of(target, 7) for target in elsewhere]


def test_a_zone_without_a_way_out_is_nowhere_and_keeps_its_place() -> None:
    legs = zone_legs(trunk_with(*WORLD), by_address_alone, lambda zone: None if zone.name == "b" else 3)
    assert [places for _, places, _, _ in legs] == [[place_of(A, 3)], [NOWHERE], [place_of(C, 3)], [place_of(D, 3)]]


def test_a_zone_by_a_name_without_an_address_is_nowhere() -> None:
    [(_, places, _, _)] = zone_legs(trunk_with(Region("sg", (Zone("a", Target("sip.example.com", 0)),))), by_address_alone, any_seat)
    assert places == [NOWHERE]


@pytest.mark.parametrize("intra_region", ["round_robin", "priority"])
def test_a_trunk_with_regions_is_given_coreits_zones_and_policy(intra_region: Any) -> None:
    snapshot = Recorder()
    add_trunk(snapshot, trunk_with(*WORLD, intra_region=intra_region), 4, 0)       # type: ignore[arg-type]
    [trunk] = snapshot.trunks
    assert (trunk["slot"], MODES[trunk["mode"]], trunk["is_priority"]) == (4, "2t4t", intra_region == "priority")
    assert [(leg[0], leg[3]) for leg in trunk["legs"]] == [("a", 0), ("b", 0), ("c", 1), ("d", 1)]


def test_accounts_are_each_a_region_of_their_own() -> None:
    snapshot = Recorder()
    accounts = {name: Account(name, "", "ip", target=target) for name, target in (("primary", A), ("secondary", B))}       # type: ignore[arg-type]
    add_trunk(snapshot, Trunk("acme", 1, ("+1",), "pstn", Mode.AUTO_FAILOVER, **accounts), 0, 0)       # type: ignore[arg-type]
    assert [(leg[0], leg[1], leg[3]) for leg in snapshot.trunks[0]["legs"]] == [("primary", [place_of(A)], 0), ("secondary", [place_of(B)], 1)]


def test_a_core_with_regions_is_given_coreits_zones_and_mode() -> None:
    snapshot = Recorder()
    core = Core("pstn", (NET,), mode=Mode.TWO_REGIONS_TWO_ZONES, regions=WORLD, intra_region="priority", no_response_ms=700)
    assert add_core(snapshot, core, 60, seat_of=lambda zone: 9) == 0        # type: ignore[arg-type]
    [given_core] = snapshot.cores
    assert (given_core["slot"], MODES[given_core["mode"]], given_core["is_priority"], given_core["no_response_ms"]) == (60, "2t4t", True, 700)
    assert [(leg[1], leg[3]) for leg in given_core["legs"]] == [([place_of(target, 9)], region) for target, region in ((A, 0), (B, 0), (C, 1), (D, 1))]


def test_a_cores_targets_are_legs_that_fail_over_in_order() -> None:
    snapshot = Recorder()
    add_core(snapshot, Core("pstn", (NET,), (A, B)), 60)       # type: ignore[arg-type]
    [given_core] = snapshot.cores
    assert MODES[given_core["mode"]] == "auto_failover"
    assert given_core["legs"] == [("192.0.2.1:5061", [place_of(A)], [], 0), ("192.0.2.2:5062", [place_of(B)], [], 1)]


@pytest.mark.parametrize("count", range(9))
def test_targets_beyond_the_fourth_are_further_places_of_it_and_none_is_lost(count: int) -> None:
    targets = tuple(Target(f"192.0.2.{place}", 5060) for place in range(count))
    legs = target_legs(Core("pstn", (), targets), by_address_alone)
    assert [leg[3] for leg in legs] == list(range(min(count, LEG_LIMIT)))
    assert [place for leg in legs for place in leg[1]] == [place_of(target) for target in targets]


def test_a_target_beyond_the_fourth_without_an_address_is_nowhere() -> None:
    legs = target_legs(Core("pstn", (), (A, B, C, D, Target("sip.example.com", 0), A)), by_address_alone)
    assert legs[3][1] == [place_of(D), NOWHERE, place_of(A)]


def test_a_world_has_room_for_the_networks_of_all_zones() -> None:
    zones = tuple(Zone(f"z{number}", A, tuple(ip_network(f"10.{number}.{each}.0/24") for each in range(3))) for number in range(4))
    core = Core("pstn", (NET,), mode=Mode.TWO_REGIONS_TWO_ZONES, regions=(Region("r", zones[:2]), Region("s", zones[2:])))
    provisioning = Provisioning((core,), (trunk_with(Region("r", zones[:2]), Region("s", zones[2:])),))
    assert built(provisioning, {"acme": 2}, {"pstn": 60}).leg_names == {2: ("z0", "z1", "z2", "z3"), 60: ("z0", "z1", "z2", "z3")}


@pytest.mark.parametrize("kind", ["core", "trunk"])
def test_more_legs_than_the_data_plane_carries_are_refused_by_name(kind: Literal["core", "trunk"]) -> None:
    region = Region("r", tuple(Zone(f"z{number}", A) for number in range(LEG_LIMIT + 1)))
    core = Core("pstn", (), mode=Mode.TWO_ZONES, regions=(region,) * (kind == "core"))
    provisioning = Provisioning((core,), (trunk_with(*(region,) * (kind == "trunk")),))
    snapshot, name = room_for(provisioning), "pstn" if kind == "core" else "acme"
    indexes, faults = add_cores(snapshot, provisioning.cores, {"pstn": 60})
    faults = faults or add_trunks(snapshot, provisioning.trunks, {"acme": 2}, indexes)
    assert faults == [Fault(kind, name, "", f"'{name}': 5 legs, at most 4 are possible")]


def test_the_longest_values_that_the_trunks_file_takes_can_be_published() -> None:
    table = TrunkTable.model_validate({
        "name": "\N{MICROPHONE}" * 63, "calls": 1, "numbers": ["9" * 40, "8" * 40 + "*"], "caller_id": "1" * 31, "add_ons": ["high_availability"],
        "primary": {"authentication": "digest", "username": "u" * 63, "ha1_md5": "0" * 32},
        "secondary": {"authentication": "digest", "username": "\N{MICROPHONE}" * 15, "ha1_sha256": "0" * 64, "label": "x" * 100}})
    provisioning = Provisioning((Core("pstn", ()),), (trunk_of(table, "pstn"),))
    snapshot = room_for(provisioning)
    assert not add_trunks(snapshot, provisioning.trunks, {table.name: 0}, add_cores(snapshot, provisioning.cores, {"pstn": 0})[0])
