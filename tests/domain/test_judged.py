"""Which legs are judged, and by which name people know them. (spec §8)"""
from ipaddress import ip_address

from hasip.domain.judged import JudgedLeg, judged_legs
from hasip.domain.trunk import Account, Core, Mode, Provisioning, Region, Target, Trunk, Zone

A, B, C, D = [Target(f"192.0.2.{place}", 5060) for place in range(4)]
ZONES = [Zone(name, target) for name, target in zip("abcd", (A, B, C, D), strict=True)]


def trunk(**settings: object) -> Trunk:
    return Trunk("acme", 1, ("+1",), "pstn", **settings)        # type: ignore[arg-type]


def account(name: str, *, probe: bool, target: Target | None = A) -> Account:
    return Account(name, name, "ip" if target else "digest", target=target, probe=probe)        # type: ignore[arg-type]


def test_zones_are_judged_in_the_order_of_the_board_whatever_their_region() -> None:
    owner = trunk(mode=Mode.TWO_REGIONS_TWO_ZONES, regions=(Region("sg", tuple(ZONES[:2])), Region("hk", tuple(ZONES[2:]))))
    assert list(judged_legs(Provisioning((), (owner,)))) == [
        JudgedLeg("acme/a", "acme", 0, "sg", A), JudgedLeg("acme/b", "acme", 1, "sg", B), JudgedLeg("acme/c", "acme", 2, "hk", C), JudgedLeg("acme/d", "acme", 3, "hk", D)]


def test_interface_and_source_go_along() -> None:
    zone = Zone("a", A, interface="eth1", source=ip_address("192.0.2.9"))
    [leg] = judged_legs(Provisioning((), (trunk(regions=(Region("sg", (zone,)),)),)))
    assert (leg.interface, leg.source) == ("eth1", ip_address("192.0.2.9"))


def test_a_cores_zones_come_first_and_cannot_be_taken_for_a_trunks() -> None:
    core = Core("acme", (), mode=Mode.TWO_ZONES, regions=(Region("r", tuple(ZONES[:2])),))
    legs = list(judged_legs(Provisioning((core,), (trunk(regions=(Region("r", (ZONES[0],)),)),))))
    assert [(leg.name, leg.owner) for leg in legs] == [("core:acme/a", "core:acme"), ("core:acme/b", "core:acme"), ("acme/a", "acme")]


def test_accounts_are_judged_that_ask_for_it_and_have_a_place() -> None:
    owner = trunk(primary=account("primary", probe=False), secondary=account("secondary", probe=True, target=B))
    assert list(judged_legs(Provisioning((), (owner,)))) == [JudgedLeg("acme/secondary", "acme", 1, "", B)]
    registers = trunk(primary=account("primary", probe=True, target=None))
    assert list(judged_legs(Provisioning((), (registers,)))) == []


def test_targets_of_a_core_are_judged_by_nobody() -> None:
    assert list(judged_legs(Provisioning((Core("pstn", (), (A, B)),)))) == []
