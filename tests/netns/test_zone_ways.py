"""By which way zones are reached: each by its own interface, its calls too, and round it when it is dead."""
from dataclasses import dataclass

import pytest

from .conftest import Node
from .edge import LabEdge
from .far_zone import FarZone
from .lab import FarEnd, Lab
from .zones import SWIFT, Call, ZoneTrunk, place_call, shares


@dataclass(slots=True)
class Place:
    """A node with a trunk of two zones, of which the first can be reached by the other's interface too."""

    lab: Lab
    edge: LabEdge
    ends: list[FarEnd]
    far_zones: list[FarZone]

    def call_at(self, end: FarEnd) -> Call:
        """Return a call that this far end has answered."""
        for _ in range(2):
            call = place_call(self.edge.caller(), self.edge["lab"].number)
            if call.far_address == end.address:
                return call
            call.end()
        raise AssertionError("two calls, and none to this zone")


@pytest.fixture
def place(lab: Lab, node: Node) -> Place:
    core, ends = lab.add("core0"), [lab.add("zone0"), lab.add("zone1")]
    ends[0].connect_behind(ends[1])
    edge = node(core, ends, ZoneTrunk("lab", regions=[ends]), tables={"health": SWIFT})
    made = Place(lab, edge, ends, [edge.far_zone(end) for end in ends])
    for name in edge.zones():
        edge.wait_zone(name, "up", holds=lambda zone: zone["probe"]["status"] == 200)
    return made


def test_probes_and_calls_of_a_zone_leave_by_its_own_interface_though_another_leads_there(place: Place) -> None:
    with place.lab.capture() as capture:
        assert set(shares(place.edge.caller(), place.edge["lab"].number, 6).values()) == {3}
        for zone in place.far_zones:
            zone.wait_probe()
        left = [each for each in capture.seen() if each.is_outgoing and each.destination[0] in [end.address for end in place.ends]]
    ways = {(each.interface, each.source[0], each.destination[0]) for each in left}
    assert ways == {(end.interface, end.edge_address, end.address) for end in place.ends}
    assert {each.first_line.split()[0] for each in left} >= {"OPTIONS", "INVITE", "ACK", "BYE"}


def test_requests_of_both_sides_stay_on_the_interface_of_the_calls_zone(place: Place) -> None:
    call = place.call_at(place.ends[0])
    invite = place.far_zones[0].wait("INVITE", call_id=call.invite.call_id)
    with place.lab.capture() as capture:
        assert call.ask("UPDATE").status == 200
        call.end()
        seen = [each for each in capture.seen() if invite.call_id.encode() in each.datagram]
    assert {each.interface for each in seen} == {"core0", "zone0"}


@pytest.mark.parametrize("how", ["carrier", "blackhole"])
def test_calls_of_a_dead_zone_end_by_the_way_that_is_left_and_never_move(place: Place, how: str) -> None:
    call = place.call_at(place.ends[0])
    if how == "carrier":
        place.ends[0].carrier_off()
    else:
        place.ends[0].blackhole()
    place.edge.wait_zone("lab/zone0", "down")
    with place.lab.capture("zone1") as capture:
        assert call.ask("UPDATE").status == 200
        call.end()
        sent = [each.first_line.split()[0] for each in capture.seen() if each.is_outgoing and each.destination[0] == place.ends[0].address]
    assert sent == ["UPDATE", "BYE"]
    assert place.far_zones[0].count("BYE") == 1
    assert place.far_zones[1].count("BYE") <= 1                    # of a call that was its own
    assert place.edge.calls("lab") == 0


def test_a_request_that_left_before_the_zone_was_found_dead_goes_round_when_it_is_sent_again(place: Place) -> None:
    call = place.call_at(place.ends[0])
    place.ends[0].blackhole()
    assert call.ask("BYE", timeout=10).status == 200
    assert place.far_zones[0].count("BYE") == 1


def test_an_interface_that_comes_later_brings_its_zone_to_life(lab: Lab, node: Node) -> None:
    core, first, late = lab.add("core0"), lab.add("zone0"), lab.add("zone1")
    late.disconnect()
    edge = node(core, [first, late], ZoneTrunk("lab", regions=[[first, late]]), tables={"health": SWIFT})
    edge.far_zone(first)
    assert edge.wait_zone("lab/zone1", "down")["cause"] == "link lost: interface zone1 does not exist"
    late.connect()
    edge.far_zone(late)
    edge.wait_zone("lab/zone1", "up")
    assert set(shares(edge.caller(), edge["lab"].number, 4).values()) == {2}


def test_an_interface_that_was_made_anew_is_used_again(place: Place) -> None:
    place.ends[0].disconnect()
    place.edge.wait_zone("lab/zone0", "down")
    place.ends[0].connect()
    place.edge.wait_zone("lab/zone0", "up")
    assert set(shares(place.edge.caller(), place.edge["lab"].number, 4).values()) == {2}
