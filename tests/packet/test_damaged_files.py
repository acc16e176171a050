"""Files of the last run that a bad disk, or a power failure, has changed: what can be read is, and nothing leads out of bounds."""
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hasip.bridge.records import left_records
from hasip.records.packing import unpack_all
from tests.packet import sip
from tests.packet.node import Node, trunk
from tests.packet.records import record, records

JOURNAL_BYTES, HEADER_BYTES = 4096, 4096
SIZE, PENDING_ID, PENDING_END, WRITTEN, READ = 16, 24, 32, 64, 128      # where they stand in a journal's header
EDGES = [0, 1, 4, 7, 8, 4088, 4096, 4104, 1 << 31, (1 << 32) - 1, 1 << 63, (1 << 64) - 1]


def refused(node: Node, count: int, call_id: str = "call") -> list[str]:
    """Let so many calls be refused; return their Call-IDs."""
    call_ids = [f"{call_id}{'x' * (place * 13 % 90)}-{place}" for place in range(count)]
    for each in call_ids:
        node.stranger.sends(node.stranger.invite(call_id=each))
    node.stranger.received()
    return call_ids


def told(packed: bytes) -> list[str]:
    return [each.call_id for each in unpack_all(packed, "edge-1", 1)]


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A journal that went round once, with a batch under way and records behind it."""
    folder = tmp_path_factory.mktemp("journal")
    node = Node(state_dir=str(folder), journal_bytes=JOURNAL_BYTES)
    refused(node, 15)
    assert len(records(node)) == 15
    taken = refused(node, 5)
    assert told(node.router.take_records(77)) == taken
    behind = refused(node, 4)
    content = (folder / "records.0").read_bytes()
    number, under_way, rest = left_records(str(folder / "records.0"))
    assert (number, told(under_way), told(rest)) == (77, taken, behind)
    return content


@settings(max_examples=500)
@given(changes=st.dictionaries(st.one_of(st.sampled_from([SIZE, PENDING_ID, PENDING_END, WRITTEN, READ]), st.integers(HEADER_BYTES, HEADER_BYTES + JOURNAL_BYTES - 9)),
                               st.one_of(st.sampled_from(EDGES), st.integers(0, 9000), st.integers(0, (1 << 64) - 1)), max_size=4),
       length=st.one_of(st.just(HEADER_BYTES + JOURNAL_BYTES), st.integers(0, HEADER_BYTES + JOURNAL_BYTES)))
def test_whatever_a_journal_holds_only_whole_records_are_read(journal: bytes, tmp_path_factory: pytest.TempPathFactory, changes: dict[int, int], length: int) -> None:
    content = bytearray(journal)
    for place, value in changes.items():
        content[place:place + 8] = value.to_bytes(8, "little")
    file = tmp_path_factory.getbasetemp() / "damaged-journal"
    file.write_bytes(content[:length])
    try:
        _, under_way, rest = left_records(str(file))
    except ValueError:
        return
    for packed in (under_way, rest):
        assert len(list(unpack_all(packed, "edge-1", 1))) <= JOURNAL_BYTES // 64


@settings(max_examples=100)
@given(steps=st.lists(st.integers(1, 12), min_size=1, max_size=25))
def test_records_that_go_round_the_journals_end_are_whole_in_order_and_each_there_once(steps: list[int]) -> None:
    node = Node(journal_bytes=JOURNAL_BYTES)
    for count in steps:
        wanted = refused(node, count)
        lost = node.count("DROPPED_RECORD")
        found = [each.call_id for each in records(node)]
        assert found == wanted or (lost and found == wanted[:len(found)])


def leave_a_call(folder: Path, *, is_answered: bool) -> tuple[bytes, sip.Dialog | None]:
    """Let a node die while a call is set up, or is up; return its calls file."""
    node = Node(trunk(max_call_s=1_500_000_000), state_dir=str(folder))
    dialog = None
    if is_answered:
        dialog = node.established().caller
    else:
        node.offer()
    return (folder / "calls").read_bytes(), dialog


@pytest.mark.parametrize("is_answered", [False, True])
@pytest.mark.parametrize(("found", "put"), [(b"\x07primary", b"\xffprimary"), (b"\x07primary", b"\x1dprimary"), (b"acme" + b"\0" * 60, b"acme" + b"A" * 60)])
def test_a_call_whose_record_would_lead_out_of_bounds_is_given_up(tmp_path: Path, is_answered: bool, found: bytes, put: bytes) -> None:
    content, _ = leave_a_call(tmp_path, is_answered=is_answered)
    assert content.count(found) == 1
    (tmp_path / "calls").write_bytes(content.replace(found, put))
    node = Node(state_dir=str(tmp_path), slots={"acme": 0})
    assert (node.pool(), records(node)) == (0, [])
    node.finish()


def test_a_call_of_a_listener_that_is_no_more_is_recorded(tmp_path: Path) -> None:
    folder = tmp_path
    node = Node(state_dir=str(folder), ipv6=True)
    party = node.party(("2001:db8:c::10", 5070))
    party.sends(party.invite())
    del node
    again = Node(state_dir=str(folder), slots={"acme": 0})
    ended = record(again)
    assert (ended.reason, ended.source) == ("ended_by_restart", "2001:db8:c::10")


def test_a_call_that_began_where_no_records_were_kept_leaves_none(tmp_path: Path) -> None:
    lasting = trunk(max_call_s=1_500_000_000)
    node = Node(lasting, state_dir=str(tmp_path), journal_bytes=0)
    dialog = node.established().caller
    del node
    again = Node(lasting, state_dir=str(tmp_path), slots={"acme": 0})
    again.core.sends(sip.in_dialog("BYE", dialog, again.core.place))
    again.primary.answers(again.primary.gets("BYE"), 200)
    again.core.gets(200)
    assert (again.pool(), records(again)) == (0, [])
    again.finish()
