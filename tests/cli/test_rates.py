"""How fast counters count. The time between two looks is passed."""
from hasip.cli.rates import Rates
from tests.cli.node import STATUS, ZONE, status_with


def test_first_look_gives_the_mean_since_the_start() -> None:
    rates = Rates(STATUS)
    assert (rates.of("leg", "acme", "primary", "attempts"), rates.of("zone", "globex/sg-a", "answered"), rates.of("worker", "0", "received")) == (10, 2, 50)


def test_two_looks_give_what_was_counted_between() -> None:
    later = status_with(uptime_s=102, zones=[{**ZONE, "failovers": 8}])
    later["trunks"]["globex"]["legs"]["sg-a"]["failovers"] = 8
    rates = Rates(later, STATUS, 2.0)
    assert (rates.of("zone", "globex/sg-a", "failovers"), rates.of("zone", "globex/sg-a", "attempts"), rates.sum_of("failovers")) == (1.5, 0, 1.5)


def test_node_that_was_restarted_between_is_looked_at_from_its_start() -> None:
    assert Rates(status_with(uptime_s=4, zones=[ZONE]), STATUS, 2.0).of("zone", "globex/sg-a", "attempts") == 75


def test_node_without_zones_and_a_node_that_has_just_started_have_rates() -> None:
    status = status_with(uptime_s=0)
    del status["zones"]
    assert Rates(status).sum_of("attempts") == 1600


def test_a_zone_of_a_trunk_counts_once_in_a_sum_and_a_zone_of_a_core_too() -> None:
    assert Rates(STATUS).sum_of("attempts") == 10 + 3 + 3 + 3
