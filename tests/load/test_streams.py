"""`hasip bench streams` through a running hasip: every transport on either side, and peers that never read."""
import os
import socket
from typing import Any

import pytest

from hasip.cli.stalled_peers import StalledPeers
from tests.load.conftest import BenchRun, LoadNode, figures_of, options_for, words_of
from tests.load.node import TRANSPORTS, LoadEdge
from tests.scenario.conftest import Node
from tests.scenario.edge import Trunk, free_network

CALLS = {"calls": 40, "rate": 200, "as_json": True}
NOWHERE = free_network()


@pytest.fixture(scope="module")
def edge(load_node: LoadNode) -> LoadEdge:
    return load_node(has_streams=True)


def options_of(edge: LoadEdge, caller: str, far_end: str) -> dict[str, Any]:
    """Return a run's options for calls by these transports."""
    _, number, leg = edge.stream_leg(far_end)
    return {"caller": caller, "far_end": far_end, "target": f"{edge.address[0]}:5060", "tls_target": edge.tls_target,
            "calls_from": f"{edge.core_address}:5080", "calls_to": leg, "number": number, **CALLS}


@pytest.mark.parametrize("far_end", TRANSPORTS)
@pytest.mark.parametrize("caller", TRANSPORTS)
def test_every_call_is_answered_and_hung_up(edge: LoadEdge, bench_streams: BenchRun, caller, far_end):
    result = bench_streams(**options_of(edge, caller, far_end))
    figures = figures_of(result)
    assert (result.exit_code, figures["failures"], figures["completed"], figures["caller"], figures["far_end"]) == (0, {}, 40, caller, far_end)
    assert (figures["legs"], figures["attempts"]) == ({"far end": 40}, {"far end": 40})
    assert 0 < figures["setup_us"]["p50"] <= figures["setup_us"]["max"]
    assert edge.calls(f"by-{far_end}") == 0


def test_calls_take_several_connections_and_are_held(edge: LoadEdge, bench_streams: BenchRun):
    figures = figures_of(bench_streams(**options_of(edge, "tcp", "udp") | {"connections": 3, "hold": 0.1}))
    assert (figures["failures"], figures["completed"]) == ({}, 40)


@pytest.mark.parametrize("transport", ["udp", "tls"])
def test_peers_that_never_read_stay_connected_and_harm_no_call(edge: LoadEdge, bench_streams: BenchRun, transport):
    result = bench_streams(**options_of(edge, transport, transport) | {"stalled": 5})
    figures = figures_of(result)
    assert (figures["failures"], figures["completed"], figures["stalled"]) == ({}, 40, {"peers": 5, "open_at_end": 5})


def test_a_stalled_peer_that_was_closed_is_not_counted(edge: LoadEdge):
    peers = StalledPeers(2, edge.core_address, (edge.address[0], 5061))
    try:
        peers._streams[0].shutdown(socket.SHUT_RDWR)
        assert peers.count_open() == 1
    finally:
        peers.close()


def test_a_number_that_nobody_has_fails_the_calls(edge: LoadEdge, bench_streams: BenchRun):
    result = bench_streams(**options_of(edge, "tls", "udp") | {"number": "+19995550123", "calls": 5})
    assert (result.exit_code, figures_of(result)["failures"], figures_of(result)["setup_us"]) == (1, {"final status 404": 5}, None)


def test_the_processor_time_is_measured_and_people_get_a_table(edge: LoadEdge, bench_streams: BenchRun):
    assert edge.process
    options = options_of(edge, "tls", "tls") | {"stalled": 1, "pid": edge.process.pid}
    del options["as_json"]
    words = words_of(bench_streams(**options))
    for part in ("streams, 200 calls/s", "far end 40", "caller tls, far end tls", "1, connected at the end 1", "INVITE to 200", "router's CPU"):
        assert part in words


def test_calls_over_ipv6(node: Node, bench_streams: BenchRun):
    edge = node(Trunk("failing-over"), ipv6=True)
    places = options_for(edge, "failing-over")
    figures = figures_of(bench_streams(caller="udp", far_end="udp", target=places["target"], calls_from=places["caller"], calls_to=places["primary"],
                                       number=places["number"], **CALLS))
    assert (figures["failures"], figures["completed"]) == ({}, 40)


@pytest.mark.parametrize(("options", "option", "sentence"), [
    ({"caller": "sctp"}, "--caller", "'sctp' is none of udp, tcp, tls"),
    ({"far_end": "ws"}, "--far-end", "'ws' is none of udp, tcp, tls"),
    ({"calls_to": "192.0.2.1:5060"}, "--to", "can't bind 192.0.2.1:5060: Cannot assign requested address"),
    ({"calls_from": "192.0.2.1:5060"}, "--from", f"can't bind 192.0.2.1:5060, or connect from there to {NOWHERE}.1:5060: Cannot assign requested address"),
    ({"caller": "tcp"}, "--from", f"connect from there to {NOWHERE}.1:5060: Connect"),
    ({"stalled": 1}, "--stalled", f"stalled peers at {NOWHERE}.1:5061"),
    ({"tls_target": "localhost:5061"}, "--tls-target", "is no address with a port"),
    ({"rate": "0"}, "--rate", ""),
    ({"pid": 2**22 + 1}, "--pid", "there is no process"),
])
def test_an_option_that_cannot_be_is_named_with_the_reason(bench_streams: BenchRun, options, option, sentence):
    places = {"target": f"{NOWHERE}.1:5060", "tls_target": f"{NOWHERE}.1:5061", "calls_from": f"{NOWHERE}.2:5060", "calls_to": f"{NOWHERE}.10:5060"}
    result = bench_streams(**{"caller": "udp", "far_end": "udp", **places, **options})
    assert result.exit_code == 2
    assert f"Invalid value for '{option}'" in words_of(result)
    assert sentence in words_of(result)


def test_without_a_router_calls_time_out_and_the_command_ends(bench_streams: BenchRun, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("hasip.user_agent.agents.REPEATS_S", (0.05, 0.1))
    result = bench_streams(caller="udp", far_end="udp", target=f"{NOWHERE}.1:5060", calls_from=f"{NOWHERE}.2:5060", calls_to=f"{NOWHERE}.10:5060",
                           pid=os.getpid(), **CALLS | {"calls": 3})
    figures = figures_of(result)
    assert (result.exit_code, figures["failures"], figures["retransmissions"], figures["completed"]) == (1, {"timed out": 3}, 3, 0)
