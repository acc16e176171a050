"""Users by name."""
from hypothesis import given
from hypothesis import strategies as st

from tests._routing_registration import USERNAME_BYTES_MAX, Users

names = st.binary(min_size=1, max_size=USERNAME_BYTES_MAX)


def users_of(*found: bytes) -> Users:
    users = Users(len(found))
    for trunk, name in enumerate(found):
        assert users.add(name, trunk)
    return users


@given(st.lists(names, unique=True, max_size=200), names)
def test_each_is_found_by_its_name_and_nobody_by_another(known: list[bytes], other: bytes) -> None:
    users = users_of(*known)
    assert [users.find(name) for name in known] == list(range(len(known)))
    assert users.find(other) == (known.index(other) if other in known else None)


def test_case_counts() -> None:
    users = users_of(b"Ann", b"ann")
    assert (users.find(b"Ann"), users.find(b"ann"), users.find(b"ANN")) == (0, 1, None)


def test_a_name_is_not_the_beginning_of_another() -> None:
    users = users_of(b"ann", b"ann-1")
    assert (users.find(b"ann-"), users.find(b"an"), users.find(b"ann-1\0")) == (None, None, None)


def test_a_name_is_taken_once() -> None:
    users = Users(4)
    assert [users.add(b"ann"), users.add(b"ann", 7)] == [True, False]
    assert users.find(b"ann") == 0


def test_names_are_as_long_as_they_may_be() -> None:
    users = Users(4)
    assert not users.add(b"")
    assert not users.add(b"x" * (USERNAME_BYTES_MAX + 1))
    assert users.add(b"x" * USERNAME_BYTES_MAX)
    assert (users.find(b""), users.find(b"x" * USERNAME_BYTES_MAX), users.find(b"x" * 1000)) == (None, 0, None)


def test_there_are_so_many_as_were_announced() -> None:
    users = Users(2)
    assert [users.add(name) for name in (b"a", b"b", b"c")] == [True, True, False]
    assert users.find(b"c") is None


def test_a_world_without_users_has_none() -> None:
    assert Users(0).find(b"ann") is None
