"""The call table: calls that are up outlive the process, in ranges that workers own; a file that is not ours is refused."""
import os
import stat

import pytest

from hasip._fastpath import Router
from tests import _routing_calls
from tests._routing_calls import CALL_RECORD_BYTES, CALL_TABLE_HEADER_BYTES, CALL_TABLE_VERSION, CallMemory, CallRange, make_call_file

NOW_S = 1_000
LATER_S = NOW_S + 1
NEVER_S, LONG_AGO_S = 2**32 - 1, 1        # a Router reads the real clock


REGISTRAR = {"realm": "test", "min_expires_s": 60, "default_expires_s": 3600, "max_expires_s": 7200, "nonce_key": b""}
GUARD = {"requests_per_s": 0, "burst": 0, "failures_max": 0, "ban_s": 0, "scanners": ()}


def open_router(directory, *, workers=1, call_capacity=8):
    return Router(state_dir=str(directory), node="test", workers=workers, listeners=[("udp", "127.0.0.1", 0, "", "")], trunk_capacity=4,
                  call_capacity=call_capacity, binding_capacity=8, registrar=REGISTRAR, guard=GUARD, transaction_capacity=64, spin_us=0, drop_unknown=False, domains=[])


def put(directory, content):
    (directory / "calls").write_bytes(content)


def started(calls, *, capacity=4, workers=1, now_s=NOW_S):
    """Return the range of a first worker that adopts its calls, after `calls` (state, holds_slot, expires_s) were made."""
    memory = CallMemory(capacity)
    before = CallRange(memory, 0, 1, now_s)
    for state, holds_slot, expires_s in calls:
        before.set(before.take()[0], state, holds_slot, expires_s, b"100")
    return CallRange(memory, 0, workers, now_s), before


@pytest.mark.parametrize(("state", "holds_slot", "expires_s", "is_kept"), [
    ("answered", True, LATER_S, True), ("established", True, LATER_S, True), ("established", True, NOW_S, False), ("established", True, 0, False),
    ("established", False, LATER_S, False), ("setup", True, LATER_S, False), ("ended", True, LATER_S, False), ("none", True, LATER_S, False)])
def test_a_start_keeps_the_calls_that_are_up(state, holds_slot, expires_s, is_kept):
    after, _ = started([(state, holds_slot, expires_s)])
    assert after.adopted == after.taken == is_kept
    assert after.has(0, 1) == is_kept
    assert after.number(0) == b"100"


def test_a_slot_that_was_given_back_before_the_stop_is_free_after_it():
    memory = CallMemory(2)
    before = CallRange(memory, 0, 1, NOW_S)
    slot, generation = before.take()
    before.set(slot, "established", True, LATER_S)
    before.give(slot)
    after = CallRange(memory, 0, 1, NOW_S)
    assert after.adopted == 0 and not after.has(slot, generation)
    assert after.take() == (slot, generation + 2)


def test_no_handle_of_before_the_stop_names_a_call_of_after_it():
    after, before = started([("established", True, LATER_S), ("setup", True, LATER_S), ("ended", False, LATER_S)])
    old = {slot: before.generation(slot) for slot in range(3)}
    taken = [after.take() for _ in range(4)]
    assert {slot for slot, _ in taken[:3]} == {1, 2, 3} and taken[3] is None       # 0 is still up, 4 slots in all
    assert after.has(0, old[0]) and after.generation(0) == old[0]
    assert all(generation > old.get(slot, 0) and generation % 2 for slot, generation in taken[:3])


def test_every_slot_can_be_taken_after_a_start():
    after, _ = started([("established", True, LATER_S), ("setup", True, LATER_S)], capacity=6)
    assert sorted(after.take()[0] for _ in range(5)) == [1, 2, 3, 4, 5] and after.take() is None


def test_starting_twice_keeps_the_same_calls():
    memory = CallMemory(3)
    first = CallRange(memory, 0, 1, NOW_S)
    slot, generation = first.take()
    first.set(slot, "established", True, LATER_S)
    assert [CallRange(memory, 0, 1, NOW_S).adopted for _ in range(3)] == [1, 1, 1]
    assert CallRange(memory, 0, 1, NOW_S).has(slot, generation) and CallRange(memory, 0, 1, LATER_S).adopted == 0


def test_a_calls_owner_follows_from_its_slot():
    table = CallRange(CallMemory(12, 3), 0, 3, NOW_S)
    assert [table.owner(slot) for slot in range(12)] == [0] * 4 + [1] * 4 + [2] * 4


def test_another_number_of_workers_adopts_every_call():
    memory = CallMemory(8)
    before = CallRange(memory, 0, 1, NOW_S)
    for _ in range(8):
        before.set(before.take()[0], "established", True, LATER_S)
    assert [CallRange(memory, worker, 4, NOW_S).adopted for worker in range(4)] == [2, 2, 2, 2]


def test_a_new_file_is_private_and_has_a_key_of_its_own(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    open_router(tmp_path / "one")
    open_router(tmp_path / "two")
    path = tmp_path / "one" / "calls"
    magic, version, record_bytes, capacity, _, key, _ = _routing_calls.header_of(path.read_bytes())
    assert (magic, version, record_bytes, capacity) == (b"hasipcal", CALL_TABLE_VERSION, CALL_RECORD_BYTES, 8)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and path.stat().st_size == CALL_TABLE_HEADER_BYTES + 8 * CALL_RECORD_BYTES
    assert any(key) and key != _routing_calls.header_of((tmp_path / "two" / "calls").read_bytes())[5]


def test_a_file_opened_again_keeps_its_key_and_its_capacity(tmp_path):
    open_router(tmp_path)
    before = (tmp_path / "calls").read_bytes()
    open_router(tmp_path, call_capacity=1000)
    assert (tmp_path / "calls").read_bytes() == before


def test_the_calls_of_a_file_hold_their_pool_slots_again(tmp_path):
    put(tmp_path, make_call_file(8, [
        (0, 5, "established", True, NEVER_S, "alpha", "100"), (1, 7, "answered", True, NEVER_S, "alpha", "101"), (2, 9, "setup", True, NEVER_S, "alpha", "102"),
        (3, 11, "established", True, LONG_AGO_S, "beta", "103"), (4, 12, "established", True, NEVER_S, "beta", "104"),
        (6, 13, "established", True, NEVER_S, "gone", "105")]))
    for _ in range(2):                                      # the second start finds what the first one left
        router = open_router(tmp_path)
        assert router.adopt_calls({"alpha": 1, "beta": 2}) == 3
        assert [(call["number"], call["trunk"], call["state"], call["holds_slot"]) for call in router.calls()] == [
            ("100", "alpha", "established", True), ("101", "alpha", "established", True), ("105", "gone", "established", True)]
        assert [router.trunk(slot)["calls"] for slot in range(4)] == [0, 2, 0, 1]     # the last row: trunks that are configured no more
        assert router.calls_in_progress() == 3
        del router
    content = (tmp_path / "calls").read_bytes()
    assert [_routing_calls.generation_in(content, slot) for slot in range(8)] == [5, 7, 10, 12, 12, 0, 13, 0]


def test_more_workers_than_before_share_out_the_calls(tmp_path):
    put(tmp_path, make_call_file(8, [(slot, 1, "established", True, NEVER_S, "alpha", str(slot)) for slot in range(8)]))
    router = open_router(tmp_path, workers=2)
    assert router.adopt_calls({"alpha": 0}) == 8
    assert [worker["calls"] for worker in router.workers()] == [4, 4] and [call["worker"] for call in router.calls()] == [0] * 4 + [1] * 4
    del router
    assert _routing_calls.header_of((tmp_path / "calls").read_bytes())[4:7:2] == (2, [4, 4, 0, 0])


SOUND = make_call_file(8, [])


@pytest.mark.parametrize("content", [
    b"x", b"hasipcal", SOUND[:100], bytes(len(SOUND)), b"HASIPCAL" + SOUND[8:],
    make_call_file(8, [], version=CALL_TABLE_VERSION + 1), make_call_file(8, [], version=0),
    make_call_file(8, [], record_bytes=CALL_RECORD_BYTES + 8), make_call_file(0, []),
    SOUND[:-1], SOUND[:CALL_TABLE_HEADER_BYTES], SOUND + b"\0"],
    ids=["one octet", "the magic alone", "a cut header", "zeros", "another magic", "a later version", "version 0", "another record", "no capacity",
         "one octet short", "a header alone", "one octet too much"])
def test_a_file_that_is_no_call_table_of_this_version_is_refused_and_left_as_it_is(tmp_path, content):
    put(tmp_path, content)
    with pytest.raises(ValueError, match="not a call table of this version"):
        open_router(tmp_path)
    assert (tmp_path / "calls").read_bytes() == content


def test_a_state_directory_that_is_not_there_is_named(tmp_path):
    with pytest.raises(OSError, match="nowhere"):
        open_router(tmp_path / "nowhere")


def test_a_file_that_can_not_be_opened_is_named(tmp_path):
    os.mkdir(tmp_path / "calls")
    with pytest.raises(IsADirectoryError, match="calls"):
        open_router(tmp_path)
