"""How often one may try a password."""
from hasip.people import limiter
from hasip.people.limiter import Allowance, LoginLimiter

HERE, THERE = "192.0.2.1", "198.51.100.7"


def fail(limit: LoginLimiter, times: int, source: str = HERE, name: str = "anna", now_s: float = 0.0) -> None:
    for _ in range(times):
        limit.note_try(source, name, now_s)


def test_five_wrong_passwords_are_free_and_the_sixth_try_waits_a_minute() -> None:
    limit = LoginLimiter()
    for _ in range(5):
        assert limit.wait_s(HERE, "anna", 0.0) == 0
        fail(limit, 1)
    assert limit.wait_s(HERE, "anna", 0.0) == 60
    assert limit.wait_s(HERE, "anna", 45.0) == 15
    assert limit.wait_s(HERE, "anna", 60.0) == 0


def test_who_is_kept_waiting_here_may_try_from_elsewhere_so_nobody_locks_another_out() -> None:
    limit = LoginLimiter()
    fail(limit, 50)
    assert limit.wait_s(HERE, "anna", 0.0) > 0
    assert limit.wait_s(THERE, "anna", 0.0) == 0


def test_a_source_that_guesses_many_names_waits_with_every_name() -> None:
    limit = LoginLimiter()
    for number in range(30):
        fail(limit, 1, name=f"user-{number}")
    assert limit.wait_s(HERE, "nobody-yet", 0.0) > 0
    assert limit.wait_s(THERE, "nobody-yet", 0.0) == 0


def test_many_sources_that_guess_one_name_are_slowed_together() -> None:
    limit = LoginLimiter()
    for number in range(100):
        fail(limit, 1, source=f"192.0.2.{number}")
    assert limit.wait_s(THERE, "anna", 0.0) > 0


def test_a_right_password_forgives_what_its_name_did_from_there() -> None:
    limit = LoginLimiter()
    fail(limit, 4)
    limit.note_try(HERE, "anna", 0.0)
    limit.note_success(HERE, "anna", 0.0)
    assert limit.wait_s(HERE, "anna", 0.0) == 0
    fail(limit, 4)
    assert limit.wait_s(HERE, "anna", 0.0) == 0


def test_right_passwords_use_nothing_up() -> None:
    limit = LoginLimiter()
    for _ in range(1000):
        limit.note_try(HERE, "anna", 0.0)
        limit.note_success(HERE, "anna", 0.0)
    assert limit.wait_s(HERE, "anna", 0.0) == 0


def test_an_ipv6_customer_is_a_64_and_not_an_address() -> None:
    limit = LoginLimiter()
    for number in range(5):
        fail(limit, 1, source=f"2001:db8::{number}")
    assert limit.wait_s("2001:db8::ffff", "anna", 0.0) > 0
    assert limit.wait_s("2001:db8:0:1::1", "anna", 0.0) == 0


def test_a_source_that_is_no_address_counts_as_it_is() -> None:
    limit = LoginLimiter(pair=Allowance(1, 10.0))
    fail(limit, 1, source="unix")
    assert limit.wait_s("unix", "anna", 0.0) == 10


def test_no_more_is_remembered_than_there_is_room_for() -> None:
    limit = LoginLimiter()
    for number in range(limiter.KEYS_MAX + 10):
        fail(limit, 1, source=f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", name=str(number))
    assert len(limit._buckets) == limiter.KEYS_MAX


def test_many_sources_can_not_keep_somebody_out_where_they_came_in_before() -> None:
    limit = LoginLimiter()
    limit.note_try(HERE, "anna", 0.0)
    limit.note_success(HERE, "anna", 0.0)
    for number in range(200):
        fail(limit, 1, source=f"203.0.113.{number}")
    assert limit.wait_s(THERE, "anna", 0.0) > 0
    assert limit.wait_s(HERE, "anna", 0.0) == 0
    fail(limit, 5)
    assert limit.wait_s(HERE, "anna", 0.0) > 0


def test_a_clock_that_is_set_back_keeps_nobody_out() -> None:
    limit = LoginLimiter()
    limit.note_try(HERE, "anna", 86_400.0)
    limit.note_success(HERE, "anna", 86_400.0)
    fail(limit, 1, name="bert", now_s=86_400.0)
    assert limit.wait_s(HERE, "anna", 0.0) == 0 and limit.wait_s(HERE, "bert", 0.0) == 0
