"""MD5 (RFC 1321), against hashlib: any content, cut into any pieces."""
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import _base_text


@given(st.lists(st.binary(max_size=200), max_size=8))
def test_any_content_in_any_pieces_has_the_digest_hashlib_finds(pieces):
    assert _base_text.md5(pieces) == hashlib.md5(b"".join(pieces), usedforsecurity=False).digest()


@pytest.mark.parametrize("length", range(200))
def test_every_length_around_the_ends_of_blocks_is_padded_rightly(length):
    content = bytes(range(length))
    expected = hashlib.md5(content, usedforsecurity=False).digest()
    assert _base_text.md5([content]) == expected and _base_text.md5([content[i:i + 1] for i in range(length)]) == expected


@pytest.mark.parametrize(("text", "digest"), [
    (b"", "d41d8cd98f00b204e9800998ecf8427e"), (b"abc", "900150983cd24fb0d6963f7d28e17f72"),
    (b"message digest", "f96b697d7cb7938d525a2f31aaf161d0"), (b"1234567890" * 8, "57edf4a22be3c955ac49da2e2107b67a")])
def test_rfc1321_a_5_the_published_digests_come_out(text, digest):
    assert _base_text.md5([text]).hex() == digest
