"""Branches of ours: they name a client transaction, nobody can make one up, and a loop shows (§8.1.1.7, §16.3, §16.6 step 8)."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import _transaction
from tests._transaction import read_branch, repeats_loop, write_branch

KEY, OTHER_KEY = bytes(range(16)), bytes(range(1, 17))
WORKERS, SLOTS, WORDS = st.integers(0, 63), st.integers(0, 2**26 - 1), st.integers(0, 2**32 - 1)
SIGNED = len(b"z9hG4bK") + 22                 # behind it lies the loop hash, which names nothing
TOKEN = set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@given(st.binary(min_size=16, max_size=16), WORKERS, SLOTS, WORDS, WORDS, st.integers(0, 9))
def test_a_branch_is_read_back_wherever_it_lies(key, worker, slot, generation, loop_hash, lead):
    branch = write_branch(key, worker, slot, generation, loop_hash)
    assert branch.startswith(b"z9hG4bK") and len(branch) == _transaction.BRANCH_BYTES and set(branch) <= TOKEN
    assert read_branch(key, branch, lead) == (worker, slot, generation)
    assert _transaction.has_cookie(branch)


@given(WORKERS, SLOTS, WORDS, WORDS)
def test_a_branch_with_any_bit_flipped_is_refused(worker, slot, generation, loop_hash):
    branch = write_branch(KEY, worker, slot, generation, loop_hash)
    for bit in range(8 * SIGNED):
        forged = bytearray(branch)
        forged[bit // 8] ^= 1 << bit % 8
        assert read_branch(KEY, bytes(forged)) is None


@given(WORKERS, SLOTS, WORDS, WORDS)
def test_a_branch_of_another_node_is_refused(worker, slot, generation, loop_hash):
    assert read_branch(OTHER_KEY, write_branch(KEY, worker, slot, generation, loop_hash)) is None


@given(st.binary(max_size=60))
def test_a_branch_somebody_else_chose_is_refused(text):
    assert read_branch(KEY, text) is None and read_branch(KEY, b"z9hG4bK" + text) is None


def test_a_branch_that_is_cut_or_lengthened_is_refused():
    branch = write_branch(KEY, 1, 2, 3, 4)
    assert read_branch(KEY, branch[:-1]) is None and read_branch(KEY, branch + b"A") is None and read_branch(KEY, b"") is None


@given(WORDS, WORDS)
def test_a_loop_is_the_same_hash_again_rfc3261_16_3_step_4(loop_hash, other):
    branch = write_branch(KEY, 1, 2, 3, loop_hash)
    assert repeats_loop(branch, loop_hash) and repeats_loop(branch, other) == (other == loop_hash)
    assert all(not repeats_loop(branch, loop_hash ^ 1 << bit) for bit in range(32))


def test_a_branch_that_was_lengthened_repeats_no_loop():
    assert not repeats_loop(write_branch(KEY, 1, 2, 3, 4) + b"A", 4)


@pytest.mark.parametrize("branch", [b"", b"z9hG4bK", b"z9hG4bK776asdhds", b"z9hG4bK" + b"\xff" * 28])
def test_a_branch_of_others_repeats_no_loop(branch):
    assert not repeats_loop(branch, 0)


@pytest.mark.parametrize(("branch", "is_unique"), [
    (b"z9hG4bK1", True), (b"z9hG4bK", False), (b"", False), (b"Z9hG4bK1", False), (b"1", False), (b"xz9hG4bK1", False)])
def test_the_magic_cookie_is_told_from_rfc2543_branches_rfc3261_8_1_1_7(branch, is_unique):
    assert _transaction.has_cookie(branch) == is_unique
