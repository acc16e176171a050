"""Passwords and their hashes."""
import asyncio

import pytest

from hasip.people import PasswordHasher, password_problem
from tests.portal.scene import quick_hasher


def test_a_hash_is_argon2id_and_two_of_one_password_differ() -> None:
    async def work() -> tuple[str, str]:
        hasher = PasswordHasher()
        return await hasher.hash("correct horse"), await hasher.hash("correct horse")
    one, other = asyncio.run(work())
    assert one.startswith("$argon2id$") and one != other and "horse" not in one


@pytest.mark.parametrize(("password", "fits"), [("correct horse", True), ("correct horsf", False), ("", False)])
def test_only_the_password_matches(password: str, fits: bool) -> None:
    async def work() -> bool:
        hasher = quick_hasher()
        return await hasher.matches(password, await hasher.hash("correct horse"))
    assert asyncio.run(work()) is fits


def test_nobody_has_no_password_not_even_the_one_that_is_checked_for_the_time_it_takes() -> None:
    async def work() -> list[bool]:
        hasher = quick_hasher()
        return [await hasher.matches(password, None) for password in ("nobody's", "", "x")]
    assert asyncio.run(work()) == [False, False, False]


def test_what_is_no_hash_matches_nothing() -> None:
    assert asyncio.run(quick_hasher().matches("x", "not a hash")) is False


@pytest.mark.parametrize(("length", "is_fit"), [(9, False), (10, True), (1024, True), (1025, False)])
def test_the_length_of_a_new_password_is_what_counts(length: int, is_fit: bool) -> None:
    assert (password_problem("x" * length) == "") is is_fit
