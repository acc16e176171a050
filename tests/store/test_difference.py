"""The difference: what came, went, or is another now, in the words of the file."""
from dataclasses import replace
from ipaddress import ip_network

from hypothesis import given, settings

from hasip.domain.trunk import Account, Mode, Provisioning, Region, Target, Zone
from hasip.store.difference import Change, FieldChange, difference

from .worlds import HA1_MD5, HA1_SHA256, PSTN, office, provisionings, world


def changed_fields(old: Provisioning, new: Provisioning) -> list[FieldChange]:
    [change] = difference(old, new).changes
    assert change.kind == "changed"
    return list(change.fields)


@settings(max_examples=30)
@given(provisionings())
def test_nothing_differs_from_itself_in_whatever_order(provisioning: Provisioning) -> None:
    turned = Provisioning(provisioning.cores[::-1], provisioning.trunks[::-1])
    assert difference(provisioning, turned).changes == ()


@settings(max_examples=60)
@given(provisionings(), provisionings())
def test_a_change_has_fields_and_a_peer_is_named_once(old: Provisioning, new: Provisioning) -> None:
    found = difference(old, new).changes
    assert len({(change.table, change.name) for change in found}) == len(found)
    assert all(bool(change.fields) == (change.kind == "changed") for change in found)


def test_added_and_removed_are_named() -> None:
    assert difference(world(office("gone", "+1")), world(office("new", "+2"))).changes == (Change("removed", "trunk", "gone"), Change("added", "trunk", "new"))


def test_a_changed_field_has_its_old_and_new_value() -> None:
    assert changed_fields(world(office()), world(office(mode=Mode.AUTO_FAILOVER, calls=31))) == [
        FieldChange("calls", "30", "31"), FieldChange("mode", '"only_primary"', '"auto_failover"')]


def test_a_field_of_an_account_is_named_by_its_path() -> None:
    trunk = office()
    assert trunk.primary
    moved = office(primary=replace(trunk.primary, label="Annexe", allow=(ip_network("192.0.2.0/24"),)))
    assert changed_fields(world(trunk), world(moved)) == [
        FieldChange("primary.label", '"HQ"', '"Annexe"'), FieldChange("primary.allow", "(none)", '["192.0.2.0/24"]')]


def test_a_field_of_a_zone_is_named_by_its_path() -> None:
    def zoned(host: str) -> Provisioning:
        return world(office(primary=None, mode=Mode.TWO_REGIONS, regions=tuple(Region(name, (Zone("a", Target(host, 5060)),)) for name in ("sg", "hk"))))
    assert changed_fields(zoned("192.0.2.1"), zoned("192.0.2.2"))[1] == FieldChange("region[1].zone[0].address", '"192.0.2.1:5060"', '"192.0.2.2:5060"')


def test_of_a_list_only_what_came_and_went_is_shown() -> None:
    old, new = office(numbers=("+1", "+2", "+3")), office(numbers=("+1", "+3", "+4"))
    assert changed_fields(world(old), world(new)) == [FieldChange("numbers", '["+2"]', '["+4"]')]


def test_a_list_in_another_order_is_shown_whole() -> None:
    old, new = office(numbers=("+1", "+2")), office(numbers=("+2", "+1"))
    assert changed_fields(world(old), world(new)) == [FieldChange("numbers", '["+1", "+2"]', '["+2", "+1"]')]


def test_a_changed_hash_is_a_change_and_is_hidden() -> None:
    trunk = office()
    assert trunk.primary
    other = office(primary=replace(trunk.primary, ha1_md5="00" * 16, ha1_sha256=""))
    assert changed_fields(world(trunk), world(other)) == [
        FieldChange("primary.ha1_md5", "(hidden)", "(hidden)"), FieldChange("primary.ha1_sha256", "(hidden)", "(none)")]


def test_hashes_of_an_account_that_came_are_hidden() -> None:
    secondary = Account("secondary", "", "digest", username="dr", ha1_md5=HA1_MD5, ha1_sha256=HA1_SHA256)
    [field] = changed_fields(world(office()), world(office(secondary=secondary)))
    assert (field.place, field.old) == ("secondary", "(none)") and '"username": "dr"' in field.new
    assert HA1_MD5 not in field.new and HA1_SHA256 not in field.new


def test_a_target_more_is_shown_with_all() -> None:
    [field] = changed_fields(Provisioning((replace(PSTN, targets=()),)), Provisioning((PSTN,)))
    assert (field.place, field.old) == ("target", "(none)") and "10.0.0.1:5060" in field.new


def test_a_core_is_compared_as_well() -> None:
    [field] = changed_fields(Provisioning((PSTN,)), Provisioning((replace(PSTN, targets=(Target("10.0.0.1", 5061),)),)))
    assert field == FieldChange("target[0].address", '"10.0.0.1:5060"', '"10.0.0.1:5061"')
