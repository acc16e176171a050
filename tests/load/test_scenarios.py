"""Each scenario of `hasip bench run` through a running hasip."""
import pytest

from tests.load.conftest import BenchRun, figures_of, options_for
from tests.scenario.conftest import Node
from tests.scenario.edge import Edge, Trunk

CALLS = {"calls": 200, "rate": 200, "as_json": True}


@pytest.fixture(scope="module")
def edge(node: Node) -> Edge:
    return node(Trunk("failing-over"), Trunk("impatient", settings={"no_response_ms": 500}), Trunk("shared", "load_balancing"))


@pytest.fixture(scope="module")
def edge_on_ipv6(node: Node) -> Edge:
    return node(Trunk("failing-over"), ipv6=True)


@pytest.fixture(scope="module")
def edge_of_two_workers(node: Node) -> Edge:
    return node(Trunk("failing-over"), workers=2)


@pytest.mark.parametrize(("scenario", "attempts", "answered"), [
    ("basic", (200, 0), (200, 0)),
    ("failover-code", (200, 200), (0, 200)),
    ("failover-closed-port", (0, 200), (0, 200)),
    ("failover-silence", (200, 200), (0, 200)),
    ("cancel", (200, 0), (0, 0)),
])
def test_every_call_comes_out_as_the_scenario_says(edge: Edge, bench_run: BenchRun, scenario, attempts, answered):
    trunk = "impatient" if scenario == "failover-silence" else "failing-over"
    result = bench_run(scenario=scenario, **options_for(edge, trunk), **CALLS)
    figures = figures_of(result)
    assert (figures["failures"], figures["failed"], figures["completed"], figures["calls"]) == ({}, 0, 200, 200)
    assert (figures["attempts"]["primary"], figures["attempts"]["secondary"]) == attempts
    assert (figures["legs"]["primary"], figures["legs"]["secondary"]) == answered
    assert (figures["malformed"], figures["unsent"], result.exit_code) == (0, 0, 0)
    assert (figures["setup_us"] is None) == (scenario == "cancel")
    assert (figures["failover_gap_us"] is not None) == scenario.startswith("failover-")
    assert edge.calls(trunk) == 0


@pytest.mark.parametrize("trunk", ["failing-over", "shared"])
def test_a_customer_calls_the_core(edge: Edge, bench_run: BenchRun, trunk):
    result = bench_run(scenario="to-core", **options_for(edge, trunk), **CALLS)
    figures = figures_of(result)
    assert (figures["failures"], figures["completed"], figures["attempts"], figures["legs"]) == ({}, 200, {"core": 200}, {"core": 200})
    assert edge.calls(trunk) == 0


def test_load_balancing_splits_evenly(edge: Edge, bench_run: BenchRun):
    figures = figures_of(bench_run(scenario="load-balancing", **options_for(edge, "shared"), **CALLS))
    assert (figures["failed"], figures["legs"]) == (0, {"primary": 100, "secondary": 100})


@pytest.mark.parametrize("code", [408, 500, 580])
def test_the_primary_refuses_with_the_code_asked_for(edge: Edge, bench_run: BenchRun, code):
    figures = figures_of(bench_run(scenario="failover-code", code=code, **options_for(edge, "failing-over"), **CALLS | {"calls": 20}))
    assert (figures["completed"], figures["legs"]) == (20, {"primary": 0, "secondary": 20})


def test_a_code_that_does_not_fail_over_fails_the_calls(edge: Edge, bench_run: BenchRun):
    result = bench_run(scenario="failover-code", code=486, **options_for(edge, "failing-over"), **CALLS | {"calls": 20})
    figures = figures_of(result)
    assert (result.exit_code, figures["failed"], figures["failures"]) == (1, 20, {"final status 486": 20})
    assert figures["attempts"] == {"primary": 20, "secondary": 0}


def test_a_number_that_nobody_has_fails_the_calls(edge: Edge, bench_run: BenchRun):
    result = bench_run(**options_for(edge, "failing-over") | {"number": "+19995550123"}, **CALLS | {"calls": 10})
    assert (result.exit_code, figures_of(result)["failures"]) == (1, {"final status 404": 10})


def test_calls_are_held(edge: Edge, bench_run: BenchRun):
    figures = figures_of(bench_run(hold=0.2, **options_for(edge, "failing-over"), **CALLS | {"calls": 20}))
    assert (figures["failures"], figures["completed"]) == ({}, 20)


@pytest.mark.parametrize("scenario", ["basic", "failover-code", "failover-closed-port", "cancel"])
def test_calls_over_ipv6(edge_on_ipv6: Edge, bench_run: BenchRun, scenario):
    figures = figures_of(bench_run(scenario=scenario, **options_for(edge_on_ipv6, "failing-over"), **CALLS | {"calls": 50}))
    assert (figures["failures"], figures["completed"]) == ({}, 50)


@pytest.mark.parametrize("scenario", ["basic", "failover-code", "cancel"])
def test_calls_through_two_workers(edge_of_two_workers: Edge, bench_run: BenchRun, scenario):
    figures = figures_of(bench_run(scenario=scenario, **options_for(edge_of_two_workers, "failing-over"), **CALLS))
    assert (figures["failures"], figures["completed"]) == ({}, 200)


def test_the_processor_time_of_the_router_is_measured(edge: Edge, bench_run: BenchRun):
    assert edge.process
    figures = figures_of(bench_run(pid=edge.process.pid, **options_for(edge, "failing-over"), **CALLS))
    assert figures["cpu_us_per_call"] > 0


def test_people_get_a_table(edge: Edge, bench_run: BenchRun):
    result = bench_run(scenario="failover-code", calls=20, rate=200, **options_for(edge, "failing-over"))
    assert result.exit_code == 0
    for words in ("failover-code, 200 calls/s", "INVITE to 200", "failover gap", "primary 20, secondary 20", "primary 0, secondary 20"):
        assert words in result.stdout
