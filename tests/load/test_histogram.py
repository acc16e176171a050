"""The histogram against a sorted list."""
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hasip._load import Histogram

VALUES = st.one_of(st.integers(0, 300), st.integers(0, 10**10), st.integers(0, 2**64 - 1))
FRACTIONS = st.one_of(st.sampled_from([0.0, 0.5, 0.9, 0.99, 0.999, 1.0]), st.floats(0, 1))


def histogram_of(values: list[int]) -> Histogram:
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    return histogram


@given(st.lists(VALUES, min_size=1, max_size=200), FRACTIONS)
def test_percentile_is_the_value_of_that_rank_or_at_most_a_128th_larger(values, fraction):
    exact = sorted(values)[max(1, math.ceil(fraction * len(values))) - 1]
    assert exact <= histogram_of(values).percentile(fraction) <= exact + exact // 128


@given(st.lists(VALUES, min_size=1, max_size=200), FRACTIONS, FRACTIONS)
def test_percentiles_never_fall(values, one, other):
    histogram = histogram_of(values)
    assert histogram.percentile(min(one, other)) <= histogram.percentile(max(one, other))


@given(st.lists(VALUES, max_size=200))
def test_count_and_maximum_are_exact(values):
    histogram = histogram_of(values)
    assert (histogram.count, histogram.maximum) == (len(values), max(values, default=0))
    assert histogram.percentile(1.0) == max(values, default=0)


@given(st.integers(0, 255))
def test_small_values_are_exact(value):
    assert histogram_of([value, 10**9]).percentile(0.5) == value


@pytest.mark.parametrize("power", range(8, 64))
def test_neighbours_of_a_power_of_two_keep_their_order(power):
    below, at = 2**power - 1, 2**power
    histogram = histogram_of([below, at])
    assert below <= histogram.percentile(0.5) < at <= histogram.percentile(1.0)


def test_an_empty_histogram_says_zero():
    assert Histogram().percentile(0.99) == 0


@pytest.mark.parametrize("fraction", [-0.1, 1.1, math.nan])
def test_a_fraction_outside_0_to_1_is_refused(fraction):
    with pytest.raises(ValueError, match="is not 0 … 1"):
        Histogram().percentile(fraction)


@pytest.mark.parametrize("value", [-1, 2**64])
def test_what_is_no_64_bit_number_is_refused(value):
    with pytest.raises(OverflowError):
        Histogram().add(value)
