"""Numbers: the exact one first, then the longest prefix; a dict is the reference."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import _routing_world

LONGEST = _routing_world.NUMBER_BYTES_MAX


def numbers_of(*texts):
    """Return a table in which number i ("*" at the end: a prefix) is trunk i's."""
    numbers = _routing_world.Numbers(len(texts))
    for trunk, text in enumerate(texts):
        assert numbers.add(text.rstrip(b"*"), text.endswith(b"*"), trunk) is None
    return numbers


def test_the_exact_number_wins_then_the_longest_prefix():
    numbers = numbers_of(b"+49*", b"+4930*", b"+493012345", b"+493012345*", b"100")
    found = {text: numbers.find(text) for text in (
        b"+491", b"+49", b"+49301", b"+493012345", b"+4930123456", b"+49301234", b"100", b"1000", b"10", b"+48", b"")}
    assert found == {
        b"+491": 0, b"+49": 0, b"+49301": 1, b"+493012345": 2, b"+4930123456": 3, b"+49301234": 1, b"100": 4, b"1000": None, b"10": None, b"+48": None,
        b"": None}


def test_the_empty_prefix_takes_what_nobody_has():
    numbers = numbers_of(b"*", b"1*", b"12")
    assert [numbers.find(text) for text in (b"", b"2", b"1", b"12", b"123", b"x" * 100)] == [0, 0, 1, 2, 1, 0]


def test_a_number_belongs_to_one_trunk():
    numbers = _routing_world.Numbers(4)
    assert numbers.add(b"100", False, 1) is None
    assert numbers.add(b"100", False, 2) == 1 and numbers.find(b"100") == 1
    assert numbers.add(b"100", True, 2) is None and numbers.find(b"1001") == 2          # the prefix is another thing


def test_a_number_and_a_prefix_of_one_text_stay_apart_in_a_full_table():
    texts = [b"%d" % i for i in range(1000)]
    numbers = _routing_world.Numbers(2 * len(texts))
    for trunk, text in enumerate(texts):
        assert numbers.add(text, False, trunk) is None and numbers.add(text, True, 1000 + trunk) is None
    assert all(numbers.find(text) == trunk and numbers.find(text + b"#") == 1000 + trunk for trunk, text in enumerate(texts))


def test_one_number_more_than_was_announced_is_refused():
    numbers = _routing_world.Numbers(1)
    assert numbers.add(b"1", False, 7) is None and numbers.add(b"2", False, 8) == 8
    assert numbers.find(b"1") == 7 and numbers.find(b"2") is None


@pytest.mark.parametrize("is_prefix", [False, True])
def test_the_longest_number_has_its_place_and_one_longer_is_refused(is_prefix):
    numbers = _routing_world.Numbers(2)
    assert numbers.add(b"9" * LONGEST, is_prefix, 1) is None and numbers.add(b"9" * (LONGEST + 1), is_prefix, 2) == 2
    assert numbers.find(b"9" * LONGEST) == 1
    assert numbers.find(b"9" * (LONGEST + 1)) == (1 if is_prefix else None) and numbers.find(b"9" * (LONGEST - 1)) is None
    assert numbers.find(b"9" * 1000) == (1 if is_prefix else None)


@pytest.mark.parametrize("length", range(1, LONGEST + 1))
def test_numbers_of_every_length_are_told_apart_by_every_octet(length):
    numbers = numbers_of(b"5" * length)
    assert numbers.find(b"5" * length) == 0
    for place in range(length):
        assert numbers.find(b"5" * place + b"6" + b"5" * (length - place - 1)) is None
    assert numbers.find(b"5" * (length - 1) + b"\0") is None and numbers.find(b"5" * length + b"\0") is None


DIGITS = st.text("12", max_size=12).map(str.encode)


@given(st.lists(st.tuples(DIGITS, st.booleans()), max_size=20), st.lists(st.one_of(DIGITS, st.binary(max_size=50)), max_size=20))
def test_any_number_finds_what_the_reference_finds(entries, dialled):
    numbers, exact, prefixes = _routing_world.Numbers(len(entries)), {}, {}
    for trunk, (text, is_prefix) in enumerate(entries):
        table = prefixes if is_prefix else exact
        assert numbers.add(text, is_prefix, trunk) == table.get(text)
        table.setdefault(text, trunk)
    for number in dialled + [text for text, _ in entries]:
        by_prefix = [prefixes[number[:length]] for length in range(len(number), -1, -1) if number[:length] in prefixes]
        assert numbers.find(number) == exact.get(number, by_prefix[0] if by_prefix else None)


def test_ten_thousand_numbers_are_all_found():
    numbers = numbers_of(*(b"+4930%05d" % i for i in range(10_000)))
    assert all(numbers.find(b"+4930%05d" % i) == i for i in range(10_000)) and numbers.find(b"+493010000") is None
