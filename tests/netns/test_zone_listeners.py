"""Listeners beside zones: bound to a zone's interface, or several that could reach a zone which names none."""
from typing import Any

from tests.scenario.edge import SIP_PORT, Trunk

from .conftest import Node
from .edge import LabEdge
from .lab import Lab
from .zones import SWIFT, ZoneCore, ZoneTrunk, place_call

NUMBER = "+4930123456"


def listener(address: str, interface: str = "") -> dict[str, Any]:
    return {"transport": "udp", "address": f"{address}:{SIP_PORT}", "interface": interface}


def test_a_call_from_a_zone_by_the_listener_on_its_interface_gets_out_to_the_core(lab: Lab, node: Node) -> None:
    core, end, other = lab.add("core0"), lab.add("zone1"), lab.add("zone2")
    edge: LabEdge = node(core, [end], ZoneTrunk("globex", regions=[[end, other]], zone_settings={"zone1": {"allow": [end.address]}}),
                         tables={"health": SWIFT}, listeners=[listener(end.edge_address, "zone1")])
    zone, near = edge.far_zone(end), edge.core()
    invite = zone.agent.send(zone.agent.build("INVITE", f"sip:{NUMBER}@{end.edge_address}"), (end.edge_address, SIP_PORT))
    arrived = near.wait("INVITE", call_id=invite.call_id)
    assert arrived.source == (core.edge_address, SIP_PORT)
    near.respond(arrived, 486)
    zone.wait(486, invite.call_id)


def test_a_zone_without_interface_is_probed_and_called_by_one_listener(lab: Lab, node: Node) -> None:
    core, customer, end, other = lab.add("core0"), lab.add("customer"), lab.add("zone1"), lab.add("zone2")
    acme = Trunk("acme", "only_primary", secondary="", settings={"core": "carrier"})
    edge: LabEdge = node(core, [customer, customer], acme, cores=[ZoneCore("carrier", "4t", [[end], [other]], zone_settings={"": {"interface": None}})],
                         tables={"health": SWIFT}, listeners=[listener(customer.edge_address)])
    zone = edge.far_zone(end)
    edge.wait_zone("core:carrier/zone1", "up", holds=lambda each: each["probe"]["status"] == 200)
    caller = edge.leg("acme", 0)
    for entrance in (core.edge_address, customer.edge_address):
        caller.edge = (entrance, SIP_PORT)
        place_call(caller, NUMBER).end()
    zone.wait_probe()
    assert {message.source for message in [*zone.heard, *zone.probes]} == {(core.edge_address, SIP_PORT)}
