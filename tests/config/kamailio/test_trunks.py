"""Tables become a trunks file that our own loader reads, once what they do not tell is filled in."""
import tomllib
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hasip.config import ConfigError, load_provisioning
from hasip.config.kamailio import LineError, Wishes, import_tables
from hasip.domain.trunk import Mode, Provisioning, Target
from tests.config.kamailio.tables import filled_in, imported, remarks

DATA = Path(__file__).parent.parent.parent / "data" / "kamailio"


def trunks(tmp_path: Path, dispatcher: str, address: str | None = None, wishes: Wishes | None = None) -> Provisioning:
    return filled_in(tmp_path, imported(tmp_path, dispatcher, address, wishes).text)


def a_set(*priorities: int, flags: int = 0) -> str:
    return "".join(f"1 sip:192.0.2.{place}:5060 {flags} {priority}\n" for place, priority in enumerate(priorities, 1))


@pytest.mark.parametrize(("dispatcher", "mode", "legs"), [
    (a_set(0), "only_primary", [1]),
    (a_set(1, 2), "auto_failover", [2, 1]),                             # the higher priority first
    (a_set(5, 5), "load_balancing", [1, 2]),
    (a_set(5, 5, flags=8), "2t", [1, 2]),
    (a_set(1, 1, 9, 9), "2t4t", [3, 4, 1, 2]),
    (a_set(1, 2, 3, 4), "2t4t", [4, 3, 2, 1]),
])
def test_a_set_becomes_a_trunk_whose_mode_fits(tmp_path: Path, dispatcher: str, mode: str, legs: list[int]) -> None:
    trunk, = trunks(tmp_path, dispatcher).trunks
    assert trunk.mode == Mode(mode)
    targets = [account.target for account in trunk.accounts] or [zone.target for region in trunk.regions for zone in region.zones]
    assert targets == [Target(f"192.0.2.{leg}", 5060) for leg in legs]


def test_four_priorities_are_tried_in_order(tmp_path: Path) -> None:
    assert trunks(tmp_path, a_set(1, 2, 3, 4)).trunks[0].intra_region == "priority"
    assert trunks(tmp_path, a_set(1, 1, 2, 2)).trunks[0].intra_region == "round_robin"


@pytest.mark.parametrize("priorities", [(1, 2, 3), (1, 1, 1), (1, 1, 1, 1), (1, 1, 2, 3), (1, 2, 3, 4, 5)])
def test_more_destinations_than_a_mode_has_are_named_line_by_line(tmp_path: Path, priorities: tuple[int, ...]) -> None:
    result = imported(tmp_path, a_set(*priorities))
    assert result.trunks_count == 0
    assert [remark.line for remark in result.remarks if remark.is_left_out] == list(range(1, len(priorities) + 1))
    assert f"set 1 has {len(priorities)} destinations" in str(result.remarks[0])


def test_every_choice_is_explained_beside_it(tmp_path: Path) -> None:
    for priorities, words in {(0,): "One destination: only_primary", (1, 2): "priorities 2 and 1: auto_failover", (0, 0): "load_balancing, call by call"}.items():
        assert words in imported(tmp_path, a_set(*priorities)).text.replace("\n# ", " ")


def test_probed_accounts_stay_probed(tmp_path: Path) -> None:
    trunk, = trunks(tmp_path, "1 sip:192.0.2.1 8 2\n1 sip:192.0.2.2 0 1\n").trunks
    assert [account.probe for account in trunk.accounts] == [True, False]


def test_maxload_is_the_pool_of_the_legs_that_carry_calls(tmp_path: Path) -> None:
    two = "1 sip:192.0.2.1 0 {} maxload=20\n1 sip:192.0.2.2 0 {} maxload=30\n"
    assert trunks(tmp_path, two.format(2, 1)).trunks[0].calls == 20
    assert trunks(tmp_path, two.format(1, 1)).trunks[0].calls == 50
    assert trunks(tmp_path, "1 sip:192.0.2.1 0 0 maxload=0\n", wishes=Wishes(calls=7)).trunks[0].calls == 7


def test_each_leg_may_call_from_its_own_address_without_an_address_file(tmp_path: Path) -> None:
    trunk, = trunks(tmp_path, "1 sip:192.0.2.1 0 1\n1 sip:gw.example.net 0 0\n").trunks
    assert [account.allow for account in trunk.accounts] == [(ip_network("192.0.2.1/32"),), ()]


def test_addresses_go_to_the_leg_they_hold_else_to_the_first(tmp_path: Path) -> None:
    trunk, = trunks(tmp_path, a_set(2, 1), "1 192.0.2.2\n1 192.0.2.1\n1 198.51.100.0 24 0 branch\n").trunks
    assert [account.allow for account in trunk.accounts] == [(ip_network("192.0.2.1/32"), ip_network("198.51.100.0/24")), (ip_network("192.0.2.2/32"),)]


def test_a_set_without_addresses_lets_nobody_in_and_says_so(tmp_path: Path) -> None:
    result = imported(tmp_path, a_set(1), "9 192.0.2.1\n")
    assert filled_in(tmp_path, result.text).trunks[0].accounts[0].allow == ()
    assert remarks(result) == ["dispatcher.list:1: note: no address of set 1 is in the address file: `allow` is empty, so calls from it are refused",
                               "address.list:1: group 9 belongs to no set that was taken: --group 9=SET says whose it is"]


def test_a_group_goes_to_the_set_it_is_told(tmp_path: Path) -> None:
    assert trunks(tmp_path, a_set(1), "9 192.0.2.1\n", Wishes(group_sets={9: 1})).trunks[0].accounts[0].allow == (ip_network("192.0.2.1/32"),)


def test_the_core_is_the_set_that_is_named(tmp_path: Path) -> None:
    wishes = Wishes(core_set=7, core_allow=(ip_network("10.0.0.0/8"),))
    provisioning = trunks(tmp_path, a_set(1) + "7 sip:203.0.113.1 0 1\n7 sip:203.0.113.2 0 2\n", "1 192.0.2.1\n7 203.0.113.0 24\n", wishes)
    core, = provisioning.cores
    assert core.allow == (ip_network("203.0.113.0/24"), ip_network("10.0.0.0/8"))
    assert [target.host for target in core.targets] == ["203.0.113.2", "203.0.113.1"]
    assert [trunk.name for trunk in provisioning.trunks] == ["set-1"] and provisioning.warnings == ()


def test_a_core_set_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LineError, match="no destination of set 8"):
        imported(tmp_path, a_set(1), wishes=Wishes(core_set=8))


def test_more_core_targets_than_there_is_room_for_are_named(tmp_path: Path) -> None:
    result = imported(tmp_path, "".join(f"7 sip:203.0.113.{place} 0 {place}\n" for place in range(1, 11)), wishes=Wishes(core_set=7))
    assert len(filled_in(tmp_path, result.text).cores[0].targets) == 8
    assert [remark.line for remark in result.remarks] == [1, 2]             # the lowest priorities


def test_what_the_tables_do_not_tell_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "trunks.toml"
    file.write_text(imported(tmp_path, a_set(1)).text)
    with pytest.raises(ConfigError) as raised:
        load_provisioning(file)
    sentences = [str(problem).removeprefix(f"{file}: ") for problem in raised.value.problems]
    assert any(sentence.startswith('trunk "set-1": calls: still to be filled in: how many calls at once') for sentence in sentences)
    assert any("still to be filled in: the numbers that are dialled for set 1" in sentence for sentence in sentences)
    assert any("still to be filled in: the networks that calls of the core come from" in sentence for sentence in sentences)


def test_the_example_of_the_documents(tmp_path: Path) -> None:
    result = import_tables(DATA / "dispatcher.list", DATA / "address.list", Wishes(core_set=100, group_sets={40: 4}))
    provisioning = filled_in(tmp_path, result.text)
    assert [trunk.mode.value for trunk in provisioning.trunks] == ["auto_failover", "load_balancing", "2t4t", "only_primary"]
    assert sum(remark.is_left_out for remark in result.remarks) == 6


WORDS = st.one_of(
    st.sampled_from(["sip:192.0.2.1:5060", "sip:gw.example.net;transport=tls", "sip:[2001:db8::1]", "sips:a.example", "sip:192.0.2.1;transport=ws", "sip:[::1", "8", "0",
                     "4", "duid=a;maxload=3", 'duid="x;y"', "duid=\x01", "weight=0", '"', "#", "192.0.2.0/24", "192.0.2.9", "33", "99999999999", "maxload=²", "duid=" + "n" * 80]),
    st.text(max_size=12))
LINES = st.lists(st.builds(lambda set_id, words: " ".join([str(set_id), *words]), st.integers(0, 6), st.lists(WORDS, max_size=5)), max_size=14)
DESTINATIONS = st.lists(st.builds(
    "{} sip:192.0.2.{}:5060;transport={} {} {} duid={};maxload={}".format, st.integers(0, 4), st.integers(1, 9), st.sampled_from(["udp", "tcp", "tls"]), st.integers(0, 31),
    st.integers(0, 3), st.sampled_from(["a", "b", "", "é"]), st.integers(0, 9)), max_size=14)
ADDRESSES = st.lists(st.builds("{} 192.0.2.{} {} {} tag".format, st.integers(0, 4), st.integers(0, 9), st.integers(0, 33), st.integers(0, 1)), max_size=8)
TABLE = st.builds(lambda lines, others: "\n".join([*lines, *others]), LINES, DESTINATIONS)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(TABLE, st.one_of(st.none(), st.builds(lambda lines, others: "\n".join([*lines, *others]), LINES, ADDRESSES)), st.sampled_from([None, 0, 1]), st.sampled_from([None, 5]))
def test_whatever_the_tables_hold_the_file_loads_and_every_line_is_accounted_for(
        tmp_path: Path, dispatcher: str, address: str | None, core_set: int | None, calls: int | None) -> None:
    try:
        result = imported(tmp_path, dispatcher, address, Wishes(calls=calls, core_set=core_set))
    except LineError:
        assert core_set is not None
        return
    provisioning = filled_in(tmp_path, result.text)
    assert len(provisioning.trunks) == result.trunks_count
    legs = sum(len(trunk.accounts) for trunk in provisioning.trunks) + len(provisioning.zones) + len(provisioning.cores[0].targets)
    left_out = {remark.line for remark in result.remarks if remark.is_left_out and remark.file.name == "dispatcher.list"}
    written = (tmp_path / "dispatcher.list").read_text().split("\n")
    assert legs + len(left_out) == sum(bool(line.strip(" \t\r")) and not line.lstrip(" \t\r").startswith("#") for line in written)
    assert tomllib.loads(result.text)
