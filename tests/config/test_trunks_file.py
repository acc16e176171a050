"""The trunks file: what is accepted, and every error with its place."""
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from hasip.config import ConfigError, load_provisioning
from hasip.domain.trunk import FAILOVER_CODES, Mode, Target

EXAMPLE = Path(__file__).parent.parent / "data" / "trunks.toml"
CORE = '[[core]]\nname = "pstn"\nallow = ["10.0.0.0/8"]\ntarget = [{ address = "10.0.0.1:5060" }]\n'
TRUNK = '[[trunk]]\nname = "{name}"\ncalls = 10\nnumbers = ["{number}"]\nadd_ons = ["high_availability", "ip_authentication"]\n'
USER = '[trunk.primary]\nauthentication = "digest"\nusername = "{}"\npassword = "x"\n'
LEG = '[trunk.{leg}]\nauthentication = "ip"\naddress = "192.0.2.1:5060"\nallow = ["192.0.2.1"]\n'


def trunk(name: str = "acme", number: str = "+1", *, settings: str = "", legs: tuple[str, ...] = ("primary",)) -> str:
    return TRUNK.format(name=name, number=number) + settings + "\n" + "".join(LEG.format(leg=leg) for leg in legs)


def load(tmp_path: Path, text: str):
    file = tmp_path / "trunks.toml"
    file.write_text(text)
    return load_provisioning(file)


def problems(tmp_path: Path, text: str) -> list[str]:
    """Return the errors' lines, without the file's name in front, which every one has."""
    with pytest.raises(ConfigError) as raised:
        load(tmp_path, text)
    prefix = f"{tmp_path / 'trunks.toml'}: "
    lines = str(raised.value).splitlines()
    assert all(line.startswith(prefix) for line in lines), lines
    return [line.removeprefix(prefix) for line in lines]


def region(owner: str, name: str, *zones: str) -> str:
    """Return a region; a zone is its name, and what else is said of it after a comma."""
    lines = [f'  {{ name = "{zone.split(",")[0]}", address = "192.0.2.1:5060"{"," if "," in zone else ""}{zone.partition(",")[2]} }},' for zone in zones]
    return f'[[{owner}.region]]\nname = "{name}"\nzone = [\n' + "\n".join(lines) + "\n]\n"


def zoned(mode: str, *regions: str) -> str:
    """Return a trunk with regions, behind a core."""
    return CORE + trunk(settings=f'mode = "{mode}"', legs=()) + "".join(regions)


def zoned_core(mode: str, *regions: str, more: str = "") -> str:
    return CORE_WITHOUT_TARGET + (f'mode = "{mode}"\n' if mode else "") + more + "".join(regions) + trunk()


def test_example_loads_as_it_stands() -> None:
    provisioning = load_provisioning(EXAMPLE)
    acme, initech, globex = provisioning.trunks
    assert [each.name for each in provisioning.cores] == ["pstn"]
    assert (acme.calls, acme.mode, acme.numbers, acme.core) == (30, Mode.AUTO_FAILOVER, ("+6561230000", "+656124*"), "pstn")
    assert acme.primary and acme.primary.target == Target("127.0.0.21", 5060) and acme.primary.allow == (ip_network("127.0.0.21/32"),)
    assert acme.failover_codes == FAILOVER_CODES
    assert initech.mode is Mode.LOAD_BALANCING and initech.secondary and initech.secondary.transport == "tls"
    assert [[zone.name for zone in region.zones] for region in globex.regions] == [["sg-a", "sg-b"], ["hk-a", "hk-b"]]


@pytest.mark.parametrize(("address", "target"), [
    ("sip.example.com", Target("sip.example.com", 0)), ("sip.example.com:5070", Target("sip.example.com", 5070)), ("192.0.2.9:0", None)])
def test_a_name_may_stand_without_a_port_an_address_may_not(tmp_path: Path, address: str, target: Target | None) -> None:
    text = CORE + trunk().replace("192.0.2.1:5060", address)
    if target is None:
        with pytest.raises(ConfigError, match="port 0"):
            load(tmp_path, text)
        return
    primary = load(tmp_path, text).trunks[0].primary
    assert primary and primary.target == target


def test_ip_account_without_allow_is_warned_of(tmp_path: Path) -> None:
    text = CORE + trunk().replace('allow = ["192.0.2.1"]\n', "")
    assert load(tmp_path, text).warnings == ("trunk acme, account primary: allow is empty, so every call from it is refused",)


def test_core_without_a_target_is_warned_of(tmp_path: Path) -> None:
    text = CORE.replace('target = [{ address = "10.0.0.1:5060" }]\n', "") + trunk()
    assert load(tmp_path, text).warnings == ("core pstn: target is empty, so calls of customers to it are refused",)


def test_mode_is_only_primary_unless_told(tmp_path: Path) -> None:
    assert load(tmp_path, CORE + trunk()).trunks[0].mode is Mode.ONLY_PRIMARY


def test_password_shows_neither_in_errors_nor_in_the_data(tmp_path: Path) -> None:
    legs = '[trunk.primary]\nauthentication = "digest"\nusername = "u"\npassword = "s3cret"\n'
    provisioning = load(tmp_path, CORE + trunk(legs=()) + legs)
    assert "s3cret" not in repr(provisioning)
    [line] = problems(tmp_path, CORE + trunk(legs=()) + legs.replace("password", "ha1_md5"))
    assert "s3cret" not in line and "ha1_md5" in line


def test_errors_of_one_trunk_do_not_hide_those_of_others(tmp_path: Path) -> None:
    found = problems(tmp_path, CORE + trunk("x").replace("calls = 10", 'calls = "many"') + trunk("y", "+2", settings='mode = "auto_failover"')
                     + "[[tunk]]\nname = 1\n")
    assert [line.partition(": ")[0] for line in found] == ['trunk "x"', "tunk", 'trunk "y"']
    assert "did you mean trunk?" in found[1]
    assert "needs [trunk.secondary]" in found[2]


@pytest.mark.parametrize(("text", "place", "wanted"), [
    (trunk(), "core", "no core: add [[core]]"),
    (CORE + trunk(settings='core = "none"'), 'trunk "acme": core', "none of pstn"),
    (CORE + CORE, 'core "pstn"', "used twice"),
    (CORE + trunk() + trunk(number="+2"), 'trunk "acme"', "used twice"),
    (CORE + trunk() + trunk("other"), 'trunk "other": numbers', 'belongs to trunk "acme" already'),
    (CORE + trunk(settings='mode = "2t"', legs=()), 'trunk "acme": region', "0 regions: mode 2t needs 1"),
    (CORE + trunk(legs=()), 'trunk "acme": primary', "add [trunk.primary]"),
    (CORE + trunk(settings='mode = "auto"'), 'trunk "acme": mode', "'auto_failover'"),
    (CORE + trunk(settings="failover_codes = [200]"), 'trunk "acme": failover_codes[0]', "300"),
    (CORE + trunk(number="+1 2"), 'trunk "acme": numbers[0]', "write it as it is dialled"),
    (CORE + trunk().replace('address = "192.0.2.1:5060"\n', ""), 'trunk "acme": primary.address', "needs address"),
    (CORE + trunk().replace("192.0.2.1:5060", "2001:db8::1:5060"), 'trunk "acme": primary.address', "needs brackets"),
    (CORE + trunk().replace('["192.0.2.1"]', '["192.0.2.1/24"]'), 'trunk "acme": primary.allow[0]', "192.0.2.0/24"),
    (CORE + trunk().replace('"ip"\naddress', '"digest"\naddress'), 'trunk "acme": primary.address', "remove the address"),
    (CORE + trunk(settings="no_response_ms = 10"), 'trunk "acme": no_response_ms', "100"),
    (CORE + trunk(settings="calls_max = 10"), 'trunk "acme": calls_max', "unknown key"),
    (CORE + trunk(settings=f'caller_id = "{"1" * 32}"'), 'trunk "acme": caller_id', "31 bytes"),
    (CORE + trunk(legs=()) + USER.format("u" * 64), 'trunk "acme": primary.username', "63 bytes"),
    (CORE + trunk(legs=()) + USER.format("\N{MICROPHONE}" * 16), 'trunk "acme": primary.username', "63 bytes"),
    (CORE + trunk(legs=()) + USER.format("u") + f'label = "{"x" * 101}"\n', 'trunk "acme": primary.label', "100"),
    (CORE + trunk("core:pstn"), 'trunk "core:pstn"', "a core's zones are named so"),
    (CORE + zoned("2t", region("trunk", "sg", "a/b", "c")), 'trunk "acme": zone "a/b"', "without a slash"),
])
def test_error_names_the_place_and_what_would_be_right(tmp_path: Path, text: str, place: str, wanted: str) -> None:
    assert any(line.startswith(f"{place}: ") and wanted in line for line in problems(tmp_path, text))


@pytest.mark.parametrize(("text", "add_on"), [
    (trunk(settings='mode = "load_balancing"', legs=("primary", "secondary")), "high_availability"),
    (trunk(legs=("primary", "secondary")), "high_availability"),
    (trunk(), "ip_authentication"),
])
def test_missing_add_on_is_refused_by_name(tmp_path: Path, text: str, add_on: str) -> None:
    found = problems(tmp_path, CORE + text.replace(f'"{add_on}"', "").replace("[, ", "[").replace(", ]", "]"))
    assert found and all(line.startswith('trunk "acme": add_ons: ') and f'"{add_on}"' in line for line in found)


def test_two_accounts_with_one_username_are_refused(tmp_path: Path) -> None:
    leg = '[trunk.{}]\nauthentication = "digest"\nusername = "same"\npassword = "x"\n'
    [line] = problems(tmp_path, CORE + trunk(settings='mode = "load_balancing"', legs=()) + leg.format("primary") + leg.format("secondary"))
    assert line.startswith('trunk "acme": secondary.username: "same" belongs to')


# ---------------------------------------------------------------------------------------- regions and zones, of trunks and of cores

CORE_WITHOUT_TARGET = '[[core]]\nname = "pstn"\nallow = ["10.0.0.0/8"]\n'


def one_zone(setting: str, address: str = "192.0.2.1:5060") -> str:
    return zoned("2t", region("trunk", "sg", f"a,{setting}", "b")).replace('"a", address = "192.0.2.1:5060"', f'"a", address = "{address}"')


def test_a_core_may_have_regions_and_is_not_warned_of(tmp_path: Path) -> None:
    provisioning = load(tmp_path, zoned_core("2t4t", region("core", "sg", "a", "b"), region("core", "hk", "c", "d"), more='intra_region = "priority"\n'))
    [core] = provisioning.cores
    assert (core.mode, core.intra_region, core.targets) == (Mode.TWO_REGIONS_TWO_ZONES, "priority", ())
    assert [[zone.name for zone in each.zones] for each in core.regions] == [["a", "b"], ["c", "d"]]
    assert not [line for line in provisioning.warnings if "core" in line]


def test_a_core_with_targets_has_no_mode(tmp_path: Path) -> None:
    [core] = load(tmp_path, CORE + trunk()).cores
    assert (core.mode, core.regions, core.intra_region) == (None, (), "round_robin")


@pytest.mark.parametrize(("address", "source"), [("192.0.2.1:5060", "192.0.2.9"), ("[2001:db8::1]:5060", "2001:db8::9"), ("zone.example.com", "2001:db8::9")])
def test_a_zone_may_say_from_where_it_is_reached(tmp_path: Path, address: str, source: str) -> None:
    zone = load(tmp_path, one_zone(f'interface = "eth1.100", source = "{source}"', address)).trunks[0].regions[0].zones[0]
    assert (zone.interface, zone.source) == ("eth1.100", ip_address(source))


def test_without_a_source_there_is_none(tmp_path: Path) -> None:
    zone = load(tmp_path, one_zone('interface = "eth1"')).trunks[0].regions[0].zones[0]
    assert (zone.interface, zone.source) == ("eth1", None)


@pytest.mark.parametrize(("text", "place", "wanted"), [
    (one_zone('interface = "eth1", source = "192.0.2.9:5060"'), 'trunk "acme": region "sg": zone "a": source', "write 192.0.2.1 or 2001:db8::1"),
    (one_zone('interface = "eth1", source = "[2001:db8::9]"'), 'trunk "acme": region "sg": zone "a": source', "without brackets"),
    (one_zone('interface = "eth1", source = "zone.example.com"'), 'trunk "acme": region "sg": zone "a": source', "is no address"),
    (one_zone('interface = "eth1", source = ""'), 'trunk "acme": region "sg": zone "a": source', "is no address"),
    (one_zone('source = "192.0.2.9"'), 'trunk "acme": zone "a".source', 'add interface = "eth1"'),
    (one_zone('interface = "eth1", source = "2001:db8::9"'), 'trunk "acme": zone "a".source', "is IPv6, and the address is IPv4"),
    (one_zone('interface = "eth1", source = "192.0.2.9"', "[2001:db8::1]:5060"), 'trunk "acme": zone "a".source', "is IPv4, and the address is IPv6"),
    (one_zone("", "192.0.2.1:0").replace(", }", " }"), 'trunk "acme": zone "a".address', "port 0 can't be called"),
    (one_zone('interface = "eth 1"'), 'trunk "acme": region "sg": zone "a": interface', "write eth1 or eth1.100"),
    (one_zone('interface = "eth1/2"'), 'trunk "acme": region "sg": zone "a": interface', "write eth1 or eth1.100"),
    (one_zone('interface = "eth1:0"'), 'trunk "acme": region "sg": zone "a": interface', "write eth1 or eth1.100"),
    (one_zone('interface = "sixteen-letters-"'), 'trunk "acme": region "sg": zone "a": interface', "up to 15 characters"),
])
def test_a_zone_that_cannot_be_reached_as_it_says_is_refused(tmp_path: Path, text: str, place: str, wanted: str) -> None:
    found = problems(tmp_path, text)
    assert any(line.startswith(place) and wanted in line for line in found), found


@pytest.mark.parametrize(("mode", "regions", "place", "wanted"), [
    ("2t", [("sg", "a", "b"), ("hk", "c", "d")], "region", "2 regions: mode 2t needs 1"),
    ("2t", [("sg", "a")], 'region "sg"', "1 zones: mode 2t needs 2"),
    ("4t", [("sg", "a")], "region", "1 regions: mode 4t needs 2"),
    ("4t", [("sg", "a"), ("hk", "b", "c")], 'region "hk"', "2 zones: mode 4t needs 1"),
    ("2t4t", [("sg", "a", "b"), ("hk", "c")], 'region "hk"', "1 zones: mode 2t4t needs 2"),
    ("4t", [("sg", "a"), ("sg", "b")], 'region "sg"', "used twice"),
    ("4t", [("sg", "a"), ("hk", "a")], 'zone "a"', "used twice"),
    ("2t", [("sg", "a", "a")], 'zone "a"', "used twice"),
    ("2t", [("sg", 'a, source = "192.0.2.9"', "b")], 'zone "a".source', "add interface"),
])
@pytest.mark.parametrize("owner", ["trunk", "core"])
def test_regions_of_trunks_and_cores_obey_the_same_rules(tmp_path: Path, owner: str, mode: str, regions: list[tuple[str, ...]], place: str, wanted: str) -> None:
    text = (zoned if owner == "trunk" else zoned_core)(mode, *(region(owner, *each) for each in regions))
    name = 'trunk "acme"' if owner == "trunk" else 'core "pstn"'
    found = problems(tmp_path, text)
    assert any(line.startswith(f"{name}: {place}: ") and wanted in line for line in found), found


@pytest.mark.parametrize(("text", "place", "wanted"), [
    (zoned_core("", region("core", "sg", "a", "b")), 'core "pstn": mode', "a core with regions needs mode 2t, 4t or 2t4t"),
    (zoned_core("2t", region("core", "sg", "a", "b"), more='target = [{ address = "10.0.0.1:5060" }]\n'), 'core "pstn": target', "mode 2t has regions, not targets"),
    (zoned_core("2t"), 'core "pstn": region', "0 regions: mode 2t needs 1"),
    (zoned_core("load_balancing"), 'core "pstn": mode', "'2t', '4t' or '2t4t'"),
    (CORE_WITHOUT_TARGET + "target = [" + '{ address = "10.0.0.1:5060" },' * 9 + "]\n" + trunk(), 'core "pstn": target', "8"),
    ("".join(CORE.replace("pstn", f"core{number}") for number in range(65)) + trunk(), "core", "65 cores: at most 64 are possible"),
])
def test_a_core_that_cannot_be_is_refused(tmp_path: Path, text: str, place: str, wanted: str) -> None:
    found = problems(tmp_path, text)
    assert any(line.startswith(f"{place}: ") and wanted in line for line in found), found


def test_eight_targets_and_64_cores_are_possible(tmp_path: Path) -> None:
    targets = "target = [" + '{ address = "10.0.0.1:5060" },' * 8 + "]\n"
    text = "".join(CORE_WITHOUT_TARGET.replace("pstn", f"core{number}") + targets for number in range(64)) + trunk()
    assert {len(core.targets) for core in load(tmp_path, text).cores} == {8}


def test_an_account_that_registers_is_not_probed(tmp_path: Path) -> None:
    legs = '[trunk.primary]\nauthentication = "digest"\nusername = "u"\npassword = "p"\nprobe = true\n'
    [line] = problems(tmp_path, CORE + trunk(legs=()) + legs)
    assert line.startswith('trunk "acme": primary.probe: ') and 'authentication = "ip"' in line


def test_an_account_known_by_its_address_may_be_probed(tmp_path: Path) -> None:
    primary = load(tmp_path, CORE + trunk() + "probe = true\n").trunks[0].primary
    assert primary and primary.probe
