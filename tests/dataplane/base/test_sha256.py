"""SHA-256 (FIPS 180-4), against hashlib: any content, cut into any pieces."""
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import _base_text


@given(st.lists(st.binary(max_size=200), max_size=8))
def test_any_content_in_any_pieces_has_the_digest_hashlib_finds(pieces):
    assert _base_text.sha256(pieces) == hashlib.sha256(b"".join(pieces)).digest()


@pytest.mark.parametrize("length", range(200))
def test_every_length_around_the_ends_of_blocks_is_padded_rightly(length):
    content = bytes(range(length))
    expected = hashlib.sha256(content).digest()
    assert _base_text.sha256([content]) == expected and _base_text.sha256([content[i:i + 1] for i in range(length)]) == expected


@pytest.mark.parametrize(("text", "digest"), [
    (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")])
def test_the_digests_nist_publishes_come_out(text, digest):
    assert _base_text.sha256([text]).hex() == digest
