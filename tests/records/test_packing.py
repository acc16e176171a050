"""Records as bytes: what is packed is what is read."""
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hasip.bridge.records import MODES, group_records, key_of_call_id
from hasip.domain.node import Transport
from hasip.domain.record import Attempt, CallRecord, Result
from hasip.records.packing import ATTEMPT, HEAD, pack, position_of, record_id, unpack_all
from tests.records.samples import AT_MS, MOVED

texts = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=31)
lasting = st.one_of(st.none(), st.integers(0, 100_000_000).map(lambda ms: AT_MS + ms))
addresses = st.one_of(st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).filter(lambda address: not address.ipv4_mapped).map(str))
transports = st.sampled_from(get_args(Transport))
moments = st.integers(0, 100_000_000).map(lambda ms: AT_MS + ms)
places = st.one_of(st.tuples(st.just(""), st.just(0)), st.tuples(addresses, st.integers(1, 65_535)))
attempts = st.builds(lambda leg, result, began_ms, status, place, transport, ringing_ms, ended_ms: Attempt(
    leg, result, began_ms, status, *place, transport, ringing_ms, ended_ms),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=27), st.sampled_from(Result), moments, st.integers(0, 699), places, transports, lasting, lasting)
legs = st.sets(st.integers(0, 7)).map(lambda each: tuple(sorted(each)))
record = st.builds(
    CallRecord, id=st.just(record_id(AT_MS, "edge-1", 0)), node=st.just("edge-1"), call_id=texts, trunk=texts, direction=st.sampled_from(["to trunk", "to core"]),
    mode=st.sampled_from(["", *MODES]), caller=texts, number=texts, source=addresses, source_port=st.integers(0, 65_535), source_transport=transports,
    source_leg=texts, received_ms=st.just(AT_MS), ended_ms=moments, reason=texts.map(str.lower), status=st.integers(0, 699),
    ended_by=st.sampled_from(["caller", "callee", "hasip"]), ringing_ms=lasting, answered_ms=lasting, attempts=st.lists(attempts, max_size=8).map(tuple),
    attempts_left_out=st.integers(0, 9), targets=st.integers(0, 8), legs_down=legs, legs_drained=legs, fails_over=st.booleans())


@given(record)
def test_what_is_packed_is_what_is_read(wanted: CallRecord) -> None:
    assert list(unpack_all(pack(wanted), "edge-1", AT_MS)) == [wanted]


@given(st.lists(record, max_size=20))
def test_groups_hold_every_record_once_under_its_trunk(wanted: list[CallRecord]) -> None:
    groups = group_records(b"".join(pack(each) for each in wanted))
    assert len(groups) == len({each.trunk for each in wanted})
    for trunk, keys, content, count, moved, first_ms, last_ms in groups:
        own = [each for each in wanted if each.trunk == trunk.decode()]
        assert content == b"".join(pack(each) for each in own)
        assert keys == b"".join(key_of_call_id(each.call_id.encode()).to_bytes(4, "little") for each in own)
        assert (count, moved, first_ms, last_ms) == (len(own), sum(len(each.attempts) > 1 for each in own), AT_MS, AT_MS)


@given(st.binary(max_size=300))
def test_rubbish_is_refused_or_read_and_never_crashes(rubbish: bytes) -> None:
    group_records(rubbish)
    group_records(pack(MOVED)[:64] + rubbish)


@given(st.binary(max_size=200))
def test_damage_is_said(rubbish: bytes) -> None:
    whole = pack(MOVED)
    with pytest.raises(ValueError, match="damaged"):
        list(unpack_all(whole + (63).to_bytes(2, "little") + rubbish, "edge-1", 1))


def test_a_record_of_a_newer_hasip_is_refused() -> None:
    packed = bytearray(pack(MOVED))
    packed[2] = 99
    with pytest.raises(ValueError, match="newer hasip"):
        list(unpack_all(bytes(packed), "edge-1", 1))


def test_the_python_layout_is_that_of_the_data_plane() -> None:
    source = (Path(__file__).parents[2] / "hasip" / "dataplane" / "stage" / "record.pxd").read_text()
    assert (HEAD.size, ATTEMPT.size) == (64, 36) and "ATTEMPT_BYTES = 36" in source and "RECORD_VERSION = 1" in source


def test_the_key_of_a_call_id_is_the_same_for_ever() -> None:
    assert (key_of_call_id(b""), key_of_call_id(b"a"), key_of_call_id(b"foobar")) == (0x811C9DC5, 0xE40C292C, 0xBF9CF968)     # FNV-1a's own
    assert key_of_call_id(b"x" * 127 + b"1") == key_of_call_id(b"x" * 127 + b"2")


def test_the_name_of_a_record_tells_where_it_is() -> None:
    assert position_of(record_id(AT_MS, "edge-1-a", 77)) == (AT_MS, "edge-1-a", 77)
    for wrong in ("", "12", "12-34", "zz-1-a", "-1-0-a", "f" * 16 + "-0-a", "1-" + "9" * 10 + "-a", "1_0-0-a"):
        with pytest.raises(ValueError):
            position_of(wrong)


@given(st.integers(2, len(pack(MOVED)) - 1), st.binary(min_size=1, max_size=8))
def test_a_changed_record_is_read_or_said_to_be_damaged(place: int, rubbish: bytes) -> None:
    packed = bytearray(pack(MOVED))
    packed[place:place + len(rubbish)] = rubbish
    try:
        assert list(unpack_all(bytes(packed[:len(pack(MOVED))]), "edge-1", 1))
    except ValueError as error:
        assert "record" in str(error)
