"""Nothing a caller wrote may steer a terminal."""
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hasip.printable import printable


@pytest.mark.parametrize(("text", "shown"), [
    ("+6561234567", "+6561234567"), ("Grüße von 李", "Grüße von 李"), ("\x1b[2Jgone", "\\x1b[2Jgone"), ("a\r\nb", "a\\r\\nb"), ("\x9b31m", "\\x9b31m"),
    ("\x00\x07\x7f", "\\x00\\x07\\x7f"), ("\u202e321", "\\u202e321"), ("\u2028", "\\u2028"), ("\udcff", "\\udcff"), ("\ufffd", "\ufffd")])
def test_what_is_not_to_be_seen_stands_as_its_escape(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(st.characters(), max_size=40))
def test_no_control_and_no_mark_of_direction_is_left(text: str) -> None:
    shown = printable(text)
    assert not [each for each in shown if unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    assert printable(shown) == shown
