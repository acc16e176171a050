"""Ten thousand calls of SIPp: one that obeys Record-Route, and its built-in caller that does not."""
import os

import pytest

from .conftest import Node
from .edge import Edge, Trunk
from .sipp import Sipp

CALLS = 10_000
CALLS_PER_SECOND = 1000 if "HASIP_VARIANT" not in os.environ else 200      # sanitizer builds are slow
RUN_S = CALLS // CALLS_PER_SECOND + 60


@pytest.fixture(scope="module", params=[1, 2], ids=["one worker", "two workers"])
def edge(node: Node, request: pytest.FixtureRequest) -> Edge:
    return node(Trunk("failing-over"), Trunk("shared", "load_balancing"), Trunk("stock"), workers=request.param)


def run_calls(edge: Edge, sipp: Sipp, trunk: str, *far_ends: tuple[int, str, int], caller: str = "uac", calls: int = CALLS,
              arguments: tuple[str, ...] = ()) -> None:
    """Place calls; each far end is (leg, scenario, calls). Nobody fails. (A retransmission is none: a busy machine has them.)"""
    runs = [sipp.start(scenario, edge[trunk].legs[leg], calls=count, timeout_s=RUN_S) for leg, scenario, count in far_ends]
    runs.append(sipp.start(caller, (edge.core_address, 5060), "-r", str(CALLS_PER_SECOND), "-l", str(CALLS), *arguments, remote=edge.address,
                           calls=calls, timeout_s=RUN_S))
    results = [run.result() for run in runs]
    faults = "\n".join(each.errors for each in results)
    assert [(each.failed, each.exit_code) for each in results] == [(0, 0)] * len(results), faults
    assert [each.successful for each in results] == [*(far_end[2] for far_end in far_ends), calls]
    edge.settle()
    assert edge.calls(trunk) == 0


def test_ten_thousand_calls_without_a_failure(edge: Edge, sipp: Sipp) -> None:
    run_calls(edge, sipp, "failing-over", (0, "uas", CALLS), arguments=("-key", "number", edge["failing-over"].number))


def test_ten_thousand_calls_that_fail_over_from_503(edge: Edge, sipp: Sipp) -> None:
    run_calls(edge, sipp, "failing-over", (0, "uas_503", CALLS), (1, "uas", CALLS),
              arguments=("-key", "number", edge["failing-over"].number))


def test_ten_thousand_calls_are_shared_half_and_half(edge: Edge, sipp: Sipp) -> None:
    run_calls(edge, sipp, "shared", (0, "uas", CALLS // 2), (1, "uas", CALLS // 2), arguments=("-key", "number", edge["shared"].number))


def test_stock_uac_and_uas_which_ignore_record_route(edge: Edge, sipp: Sipp) -> None:
    """Their ACK and BYE come to us without a Route: Call-ID and tags tell which call they belong to."""
    run_calls(edge, sipp, "stock", (0, "-uas", CALLS), caller="-uac", arguments=("-s", edge["stock"].number))
