"""The trunks file: what is accepted, and every error with its place."""
from ipaddress import ip_network
from pathlib import Path

import pytest

from hasip.config import ConfigError, load_provisioning
from hasip.domain.trunk import FAILOVER_CODES, Mode, Target

EXAMPLE = Path(__file__).parent.parent / "data" / "trunks.toml"
CORE = '[[core]]\nname = "pstn"\nallow = ["10.0.0.0/8"]\ntarget = [{ address = "10.0.0.1:5060" }]\n'
TRUNK = '[[trunk]]\nname = "{name}"\ncalls = 10\nnumbers = ["{number}"]\nadd_ons = ["high_availability", "ip_authentication"]\n'
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
