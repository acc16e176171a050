"""Flow numbers."""
from hasip.transport.flows import FLOW_END, FlowNumbers


def test_numbers_count_up() -> None:
    flows = FlowNumbers(7)
    assert [flows.take() for _ in range(3)] == [7, 8, 9]


def test_numbers_go_round_without_zero_and_without_the_reserved_ones() -> None:
    flows = FlowNumbers(FLOW_END - 2)
    assert [flows.take() for _ in range(3)] == [FLOW_END - 2, FLOW_END - 1, 1]


def test_the_start_is_random_and_in_range() -> None:
    starts = {FlowNumbers().take() for _ in range(100)}
    assert len(starts) > 90 and all(0 < start < FLOW_END for start in starts)
