"""The token in our Record-Route URI: it names a call, and nobody else can write one (§16.6 step 4)."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import _routing_calls, _transaction
from tests._routing_calls import read_token, write_token

KEY, OTHER_KEY = bytes(range(16)), bytes(range(1, 17))
WORDS = st.integers(0, 2**32 - 1)
USER_OCTETS = set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")        # unreserved: never escaped


@given(st.binary(min_size=16, max_size=16), WORDS, WORDS, st.integers(0, 9))
def test_a_token_is_read_back_wherever_it_lies(key, slot, generation, lead):
    token = write_token(key, slot, generation)
    assert len(token) == _routing_calls.TOKEN_BYTES and set(token) <= USER_OCTETS
    assert read_token(key, token, lead) == (slot, generation)


@given(WORDS, WORDS)
def test_a_token_with_any_bit_flipped_is_refused(slot, generation):
    token = write_token(KEY, slot, generation)
    for bit in range(8 * len(token)):
        forged = bytearray(token)
        forged[bit // 8] ^= 1 << bit % 8
        assert read_token(KEY, bytes(forged)) is None


@given(WORDS, WORDS)
def test_a_token_of_another_key_is_refused(slot, generation):
    assert read_token(OTHER_KEY, write_token(KEY, slot, generation)) is None


@given(st.binary(max_size=40))
def test_a_user_part_somebody_else_chose_is_refused(user):
    assert read_token(KEY, user) is None


@pytest.mark.parametrize("user", [b"", b"+493012345678", b"A" * 22])
def test_an_ordinary_user_part_is_no_token(user):
    assert read_token(KEY, user) is None


def test_a_token_that_is_cut_or_lengthened_is_refused():
    token = write_token(KEY, 1, 2)
    assert read_token(KEY, token[:-1]) is None and read_token(KEY, token + b"A") is None


def test_the_handle_in_a_branch_is_no_token():
    branch = _transaction.write_branch(KEY, 0, 5, 7, 0)
    assert read_token(KEY, branch[7:7 + _routing_calls.TOKEN_BYTES]) is None
