"""Hexadecimal digits: small ones out, either case in, nothing else."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import _base_text


@given(st.binary(max_size=64))
def test_bytes_become_small_digits_and_nothing_is_written_behind_them(content):
    assert _base_text.write_hex(content) == content.hex().encode() + b"\xee\xee"


@given(st.binary(max_size=64), st.data())
def test_digits_of_either_case_are_read(content, data):
    text = "".join(data.draw(st.sampled_from([digit, digit.upper()])) for digit in content.hex())
    assert _base_text.read_hex(text.encode()) == content


@pytest.mark.parametrize("octet", [octet for octet in range(256) if chr(octet) not in "0123456789abcdefABCDEF"])
def test_any_other_octet_is_refused_wherever_it_stands(octet):
    for place in range(4):
        text = bytearray(b"0a9F")
        text[place] = octet
        assert _base_text.read_hex(bytes(text)) is None
