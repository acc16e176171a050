"""Edit lists: what is taken out of a message and put into it, written in one pass; a Python list of pieces is the reference."""
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests._transaction import EDIT_TEXT_BYTES, EDITS_MAX, EditList

MESSAGE = b"0123456789"


def reference(message, edits):
    """Return a message with edits (start, end, text) done: by place, insertions before a removal there, else in the order of their coming."""
    pieces, at = [], 0
    for start, end, text in sorted(edits, key=lambda each: (each[0], each[1] > each[0])):
        pieces += [message[at:start], text]
        at = end
    return b"".join(pieces) + message[at:]


@st.composite
def edited_messages(draw, edits_max=EDITS_MAX):
    """A message and edits of it that do not overlap, in any order; several may insert at one place."""
    message = draw(st.binary(max_size=200))
    places = sorted(draw(st.lists(st.integers(0, len(message)), max_size=edits_max)))
    edits, behind = [], 0
    for i, start in enumerate(places):
        start = max(start, behind)
        limit = places[i + 1] if i + 1 < len(places) else len(message)
        end = draw(st.integers(start, max(start, limit)))
        edits.append((start, end, draw(st.binary(max_size=40))))
        behind = end
    return message, draw(st.permutations(edits))


def apply(edits, list_of_edits):
    for start, end, text in edits:
        if text:
            list_of_edits.put(text)
            list_of_edits.replace(start, end)
        else:
            list_of_edits.remove(start, end)


@given(edited_messages())
def test_any_edits_come_out_as_in_the_reference_and_within_the_bound(drawn):
    message, edits = drawn
    edit_list = EditList()
    apply(edits, edit_list)
    assert not edit_list.has_overflowed
    assert edit_list.bytes_max(len(message)) == len(message) + sum(len(text) for _, _, text in edits)
    assert edit_list.write(message) == reference(message, edits)              # write() checks the bound


@given(edited_messages(), st.lists(st.integers(0, 200), max_size=5))
def test_a_message_written_in_parts_is_the_message(drawn, cuts):
    message, edits = drawn
    at_edits = {place for start, end, _ in edits for place in range(start, end + 1)}
    cuts = [0, *sorted({cut for cut in cuts if cut < len(message)} - at_edits - {0}), len(message)]
    edit_list = EditList()
    apply(edits, edit_list)
    assert b"".join(edit_list.write(message, *part) for part in itertools.pairwise(cuts)) == reference(message, edits)


def test_text_is_put_together_from_pieces_and_from_room_that_is_not_used_up():
    edits = EditList()
    edits.put(b"a")
    edits.put_into_room(b"bc", 10)
    edits.put(b"")
    edits.put_into_room(b"", 64)
    edits.put(b"d")
    edits.replace(3, 5)
    assert edits.write(MESSAGE) == b"012abcd56789"


def test_a_removal_between_text_and_its_edit_does_not_take_the_text():
    edits = EditList()
    edits.put(b"text")
    edits.remove(0, 1)
    edits.replace(5, 5)
    edits.remove(8, 9)
    assert edits.write(MESSAGE) == b"1234text5679"


def test_what_is_inserted_at_one_place_stands_in_the_order_of_its_coming_and_before_what_is_removed():
    edits = EditList()
    apply([(4, 4, b"a"), (4, 6, b""), (4, 4, b"b"), (4, 4, b"c"), (6, 6, b"d"), (0, 0, b"<"), (10, 10, b">")], edits)
    assert edits.write(MESSAGE) == b"<0123abcd6789>"


def test_an_edit_within_another_is_left_out():
    edits = EditList()
    apply([(2, 8, b"X"), (4, 6, b"Y"), (8, 9, b"Z")], edits)
    assert edits.write(MESSAGE) == b"01XZ9"


def test_a_list_begun_again_is_empty():
    edits = EditList()
    for _ in range(3):
        edits.begin()
        edits.put(b"x" * EDIT_TEXT_BYTES)
        edits.replace(0, 10)
        assert edits.write(MESSAGE) == b"x" * EDIT_TEXT_BYTES and not edits.has_overflowed
        edits.put(b"y")
        assert edits.has_overflowed
    edits.begin()
    assert not edits.has_overflowed and edits.write(MESSAGE) == MESSAGE


def test_one_edit_too_many_is_flagged():
    edits = EditList()
    for place in range(EDITS_MAX):
        edits.remove(place, place + 1)
    assert not edits.has_overflowed
    edits.remove(EDITS_MAX, EDITS_MAX + 1)
    assert edits.has_overflowed


@pytest.mark.parametrize("put", [lambda edits, length: edits.put(b"x" * length), lambda edits, length: edits.put_into_room(b"", length)])
def test_text_without_room_is_flagged(put):
    edits = EditList()
    edits.put(b"x" * (EDIT_TEXT_BYTES - 50))
    put(edits, 50)
    assert not edits.has_overflowed
    edits.begin()
    edits.put(b"x" * (EDIT_TEXT_BYTES - 49))
    put(edits, 50)
    assert edits.has_overflowed


STEPS = st.lists(st.one_of(
    st.tuples(st.just("put"), st.integers(0, EDIT_TEXT_BYTES)), st.tuples(st.just("room"), st.integers(0, 64)),
    st.tuples(st.just("replace"), st.integers(0, 10)), st.tuples(st.just("remove"), st.integers(0, 9))), max_size=60)


@given(STEPS)
def test_the_bound_holds_whatever_is_done_to_a_list_overflowed_or_not(steps):
    edits = EditList()
    for step, number in steps:
        if step == "put":
            edits.put(b"x" * number)
        elif step == "room":
            edits.put_into_room(b"y" * (number // 2), number)
        elif step == "replace":
            edits.replace(number, number)
        else:
            edits.remove(number, number + 1)
        assert len(edits.write(MESSAGE)) <= edits.bytes_max(len(MESSAGE))     # write() checks what lies behind


def test_room_that_is_missing_loses_no_text_that_was_put_before():
    edits = EditList()
    edits.put(b"x" * EDIT_TEXT_BYTES)
    edits.replace(0, 0)
    edits.put_into_room(b"1234567890", 10)
    edits.replace(5, 5)
    assert edits.has_overflowed and len(edits.write(MESSAGE)) <= edits.bytes_max(len(MESSAGE))
