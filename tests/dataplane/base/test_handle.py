"""Signed handles: a slot and its generation as 22 characters that nobody can make up."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import _base_text

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
KEY, OTHER_KEY = bytes(range(16)), bytes(range(1, 17))
PURPOSE, OTHER_PURPOSE = 1, 2
WORD = st.integers(0, 2**32 - 1)


@given(st.binary(min_size=16, max_size=16), st.integers(0, 2**64 - 1), WORD, WORD)
def test_a_handle_is_read_back(key, purpose, slot, generation):
    text = _base_text.write_handle(key, purpose, slot, generation)
    assert len(text) == _base_text.HANDLE_TEXT_BYTES and set(text) <= set(ALPHABET)
    assert _base_text.read_handle(key, purpose, text) == (slot, generation)


@given(WORD, WORD)
def test_a_handle_of_another_key_or_purpose_is_refused(slot, generation):
    text = _base_text.write_handle(KEY, PURPOSE, slot, generation)
    assert _base_text.read_handle(OTHER_KEY, PURPOSE, text) is None and _base_text.read_handle(KEY, OTHER_PURPOSE, text) is None


@given(WORD, WORD)
def test_a_handle_with_any_bit_flipped_is_refused(slot, generation):
    text = _base_text.write_handle(KEY, PURPOSE, slot, generation)
    for bit in range(8 * len(text)):
        flipped = bytearray(text)
        flipped[bit // 8] ^= 1 << bit % 8
        assert _base_text.read_handle(KEY, PURPOSE, bytes(flipped)) is None, (bit, text)


@given(WORD, WORD)
def test_a_handle_with_any_other_character_is_refused(slot, generation):
    text = _base_text.write_handle(KEY, PURPOSE, slot, generation)
    for place in range(len(text)):
        for character in ALPHABET.replace(text[place:place + 1], b""):
            assert _base_text.read_handle(KEY, PURPOSE, text[:place] + bytes([character]) + text[place + 1:]) is None, (place, text)


@given(st.binary(min_size=_base_text.HANDLE_TEXT_BYTES, max_size=_base_text.HANDLE_TEXT_BYTES))
def test_random_octets_are_refused(text):
    assert _base_text.read_handle(KEY, PURPOSE, text) is None


@given(st.integers(0, 2**64 - 1))
def test_a_word_is_written_lowest_bits_first_and_read_back(word):
    text = _base_text.write_word(word)
    assert text == bytes(ALPHABET[word >> 6 * place & 63] for place in range(_base_text.WORD_TEXT_BYTES))
    assert _base_text.read_word(text) == word


@pytest.mark.parametrize("character", range(256))
def test_every_octet_has_its_value_or_none(character):
    value = _base_text.character_value(character)
    assert value == ALPHABET.index(character) if character in ALPHABET else value > 63
