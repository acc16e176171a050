"""A place that failed is tried last for 30 s. The clock is passed."""
import math

from hasip.resolver.failures import AVOID_S, Failures
from hasip.resolver.place import Place

A, B, C = PLACES = tuple(Place(f"192.0.2.{last}", 5060) for last in (1, 2, 3))


def test_rfc3263_4_3_failed_place_comes_last_until_its_time_is_over() -> None:
    failures = Failures()
    assert failures.note(A, 100)
    assert failures.order(PLACES, 100) == (B, C, A)
    assert failures.order(PLACES, 100 + AVOID_S) == PLACES


def test_order_is_the_normal_one_when_all_fail() -> None:
    failures = Failures()
    for place in (C, A, B):
        failures.note(place, 100)
    assert failures.order(PLACES, 101) == PLACES


def test_place_that_fails_again_is_no_news_and_is_avoided_longer() -> None:
    failures = Failures()
    failures.note(A, 100)
    failures.note(B, 105)
    assert not failures.note(A, 110)
    assert failures.next_end_at_s() == 105 + AVOID_S
    assert failures.take_ended(105 + AVOID_S) == [B]
    assert failures.take_ended(110 + AVOID_S) == [A]
    assert failures.next_end_at_s() == math.inf


def test_same_address_with_another_port_is_another_place() -> None:
    failures = Failures()
    failures.note(Place(A.address, 5070), 100)
    assert failures.order(PLACES, 100) == PLACES
