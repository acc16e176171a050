"""RFC 2782: priorities are kept, weights are chances, nobody is left out."""
import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from hasip.resolver.records import Srv
from hasip.resolver.weighted_order import draw, weighted_order

WORD = st.integers(0, 65_535)
RECORDS = st.lists(st.builds(Srv, st.integers(0, 3), WORD, WORD, st.sampled_from(["a.", "b.", "c."])), max_size=20)


class Fixed(random.Random):
    """A random source that draws what it is told."""

    def __init__(self, number: int) -> None:
        super().__init__(0)
        self.number = number

    def randint(self, low: int, high: int) -> int:
        assert low <= self.number <= high
        return self.number


@given(RECORDS, st.integers())
def test_every_record_comes_once(records: list[Srv], seed: int) -> None:
    assert Counter(weighted_order(records, random.Random(seed))) == Counter(records)


@given(RECORDS, st.integers())
def test_lower_priority_numbers_come_first(records: list[Srv], seed: int) -> None:
    priorities = [record.priority for record in weighted_order(records, random.Random(seed))]
    assert priorities == sorted(priorities)


@given(RECORDS, st.integers())
def test_same_random_source_gives_the_same_order(records: list[Srv], seed: int) -> None:
    assert weighted_order(records, random.Random(seed)) == weighted_order(records, random.Random(seed))


def test_rfc2782_first_record_whose_running_sum_reaches_the_number_is_drawn() -> None:
    records = [Srv(0, 0, 5060, "zero."), Srv(0, 10, 5060, "ten."), Srv(0, 20, 5060, "twenty.")]
    assert [draw(records, Fixed(number)) for number in (0, 1, 10, 11, 30)] == [0, 1, 1, 2, 2]


def test_weights_are_chances() -> None:
    chance = random.Random(1)
    records = [Srv(0, 10, 5060, "ten."), Srv(0, 90, 5060, "ninety."), Srv(0, 0, 5060, "zero.")]
    first = Counter(weighted_order(records, chance)[0].target for _ in range(2000))
    assert 0.85 < first["ninety."] / 2000 < 0.93
    assert 0 < first["zero."] < 60          # "a very small chance of being selected"


def test_records_without_weight_are_drawn_evenly() -> None:
    chance = random.Random(1)
    first = Counter(weighted_order([Srv(0, 0, 5060, name) for name in "abc"], chance)[0].target for _ in range(3000))
    assert all(900 < first[name] < 1100 for name in "abc")
