"""Accounts known by their address that are probed, as zones are: `probe = true`. (spec: health of zones)"""
import pytest

from tests.scenario.edge import Trunk

from .conftest import Node
from .edge import LabEdge
from .lab import FarEnd, Lab
from .zones import SWIFT, who_answers


@pytest.fixture
def ends(lab: Lab) -> list[FarEnd]:
    return [lab.add("primary"), lab.add("secondary")]


def start(lab: Lab, node: Node, ends: list[FarEnd], mode: str) -> LabEdge:
    """Start a node with a trunk in this mode whose primary is probed; both accounts live."""
    edge: LabEdge = node(lab.add("core0"), ends, Trunk("acme", mode, primary_settings={"probe": True}), tables={"health": SWIFT})
    for end in ends:
        edge.far_zone(end)
    edge.wait_zone("acme/primary", "up", holds=lambda zone: zone["probe"]["status"] == 200)
    return edge


def test_auto_failover_passes_over_a_primary_that_answers_no_probe_and_returns_to_it(lab: Lab, node: Node, ends: list[FarEnd]) -> None:
    edge = start(lab, node, ends, "auto_failover")
    primary, caller, number = edge.far_zones[0], edge.caller(), edge["acme"].number
    assert edge.zones().keys() == {"acme/primary"}              # the secondary has not asked for it
    assert who_answers(caller, number, 2) == [ends[0].address] * 2
    primary.probe_status = primary.call_status = 0
    edge.wait_zone("acme/primary", "down")
    calls_before = primary.count("INVITE")
    assert who_answers(caller, number, 2) == [ends[1].address] * 2
    assert primary.count("INVITE") == calls_before
    primary.probe_status = primary.call_status = 200
    edge.wait_zone("acme/primary", "up")
    assert who_answers(caller, number, 2) == [ends[0].address] * 2


def test_load_balancing_does_not_look_at_probes(lab: Lab, node: Node, ends: list[FarEnd]) -> None:
    edge = start(lab, node, ends, "load_balancing")
    edge.far_zones[0].probe_status = 0
    edge.wait_zone("acme/primary", "down")
    assert who_answers(edge.caller(), edge["acme"].number, 4) == [ends[0].address, ends[1].address] * 2
