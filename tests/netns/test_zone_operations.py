"""Zones as operators handle them: drained, reloaded, restarted."""
import pytest

from tests.scenario.edge import SIP_PORT

from .conftest import Node
from .edge import LabEdge
from .lab import FarEnd, Lab
from .zones import SWIFT, ZoneTrunk, dial, place_call, shares


@pytest.fixture
def ends(lab: Lab) -> list[FarEnd]:
    return [lab.add("zone0"), lab.add("zone1")]


@pytest.fixture
def edge(lab: Lab, node: Node, ends: list[FarEnd]) -> LabEdge:
    edge = node(lab.add("core0"), ends, ZoneTrunk("lab", regions=[ends]), tables={"health": SWIFT})
    for end in ends:
        edge.far_zone(end)
    for name in edge.zones():
        edge.wait_zone(name, "up", holds=lambda zone: zone["probe"]["status"] == 200)
    return edge


def taken(edge: LabEdge, ends: list[FarEnd], calls: int) -> list[int]:
    answered = shares(edge.caller(), edge["lab"].number, calls)
    return [answered[end.address] for end in ends]


def test_a_drained_zone_keeps_its_calls_and_gets_no_new_ones_until_it_is_undrained(edge: LabEdge, ends: list[FarEnd]) -> None:
    calls = [place_call(edge.caller(), edge["lab"].number) for _ in range(2)]
    assert edge.zone_command("drain", "lab/zone0") == "drained: lab/zone0\n"
    assert taken(edge, ends, 4) == [0, 4]
    for call in calls:
        call.end()
    assert edge.zones()["lab/zone0"]["state"] == "up"
    edge.zone_command("undrain", "lab/zone0")
    assert taken(edge, ends, 4) == [2, 2]


def test_where_every_zone_is_drained_calls_get_480(edge: LabEdge, ends: list[FarEnd]) -> None:
    for end in ends:
        edge.zone_command("drain", f"lab/{end.interface}")
    refused = dial(edge.caller(), edge["lab"].number)[1]
    assert (refused.status, refused.header("Warning")) == (480, '399 hasip "all zones are drained"')
    assert edge.calls("lab") == 0


def test_rotation_and_verdicts_outlive_a_reload(edge: LabEdge, ends: list[FarEnd]) -> None:
    assert taken(edge, ends, 1) == [1, 0]
    edge.reload()
    assert taken(edge, ends, 1) == [0, 1]
    edge.far_zones[0].probe_status = 503
    before = edge.wait_zone("lab/zone0", "down")
    edge.reload()
    after = edge.zones()["lab/zone0"]
    assert (after["state"], after["cause"], after["since"]) == ("down", before["cause"], pytest.approx(before["since"], abs=0.01))      # as of one judge
    assert after["probe"]["failed"] >= before["probe"]["failed"]
    assert taken(edge, ends, 2) == [0, 2]


def test_zones_come_move_and_go_by_a_reload_while_their_calls_go_on(edge: LabEdge, ends: list[FarEnd], lab: Lab) -> None:
    calls = {call.far_address: call for call in (place_call(edge.caller(), edge["lab"].number) for _ in range(2))}
    assert calls.keys() == {end.address for end in ends}
    late, moved = lab.add("zone2"), edge.far_zone(ends[1], port=SIP_PORT + 10)
    edge.far_zone(late)
    trunk = edge["lab"]
    assert isinstance(trunk, ZoneTrunk)
    trunk.regions, trunk.zone_settings = [[ends[1], late]], {"zone1": {"address": f"{ends[1].address}:{SIP_PORT + 10}"}}
    edge.reload()
    assert edge.zones().keys() == {"lab/zone1", "lab/zone2"}
    for name in edge.zones():
        edge.wait_zone(name, "up", holds=lambda zone: zone["probe"]["status"] == 200)
    assert taken(edge, [*ends, late], 4) == [0, 2, 2]
    assert moved.count("INVITE") == 2
    assert edge.calls("lab") == 2
    for call in calls.values():
        assert call.ask("UPDATE").status == 200
        call.end()
    assert [zone.count("BYE") for zone in edge.far_zones[:2]] == [1, 1]
    assert edge.calls("lab") == 0


def test_after_kill_9_a_zones_calls_end_and_what_was_drained_stays_so(edge: LabEdge, ends: list[FarEnd]) -> None:
    calls = [place_call(edge.caller(), edge["lab"].number) for _ in range(2)]
    edge.zone_command("drain", "lab/zone0")
    edge.kill()
    edge.start()
    assert edge.calls("lab") == 2
    for call in calls:
        call.end()
    assert edge.zones()["lab/zone0"]["is_drained"]
    assert taken(edge, ends, 2) == [0, 2]
