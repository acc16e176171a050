"""Who gets a new call: the table of HA modes (spec §2) for 2t, 4t and 2t4t, towards a trunk and towards a core."""
import itertools
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenario.agent import Agent
from tests.scenario.edge import Trunk

from .edge import LabEdge
from .far_zone import FarZone
from .lab import FarEnd, Lab
from .namespace import why_forbidden
from .zones import MODES, SWIFT, ZoneCore, ZoneTrunk, dial, shares, who_answers

A, B, C, D = range(4)               # the zones: region 1 has A and B, region 2 has C and D
ZONES = {"2t": [[A, B]], "4t": [[A], [C]], "2t4t": [[A, B], [C, D]]}
DIRECTIONS = ["trunk", "core"]
FAILED = [(mode, failed) for mode, regions in ZONES.items() for zones in [list(itertools.chain(*regions))]
          for count in range(len(zones) + 1) for failed in itertools.combinations(zones, count)]


class Table:
    """A node with a trunk and a core of each mode, over the same four far ends."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.core0, self.customer = lab.add("core0"), lab.add("customer")
        self.ends: list[FarEnd] = [lab.add(f"zone{number}") for number in range(4)]
        trunks: list[Trunk] = []
        cores = []
        for mode, intra_region in itertools.product(ZONES, ("round_robin", "priority")):
            name = f"{mode}-{intra_region}"
            trunks.append(ZoneTrunk(f"trunk-{name}", mode, regions=MODES[mode](self.ends), settings={"intra_region": intra_region}))
            trunks.append(Trunk(f"core-{name}", "only_primary", secondary="", settings={"core": name}))
            cores.append(ZoneCore(name, mode, MODES[mode](self.ends), {"intra_region": intra_region}))
        self.edge = LabEdge(lab, self.core0, [self.customer, self.customer], folder, trunks, cores=cores, tables={"health": SWIFT})
        self.edge.start()
        self.far_zones: list[FarZone] = [self.edge.far_zone(end) for end in self.ends]
        self.callers: dict[str, Agent] = {"trunk": self.edge.caller()}

    def caller(self, direction: str, mode: str, intra_region: str = "round_robin") -> Agent:
        """Return who calls: somebody in the core, or the customer of a core."""
        name = "trunk" if direction == "trunk" else f"core-{mode}-{intra_region}"
        if name not in self.callers:
            self.callers[name] = self.edge.leg(name, 0)
        return self.callers[name]

    def number(self, direction: str, mode: str, intra_region: str = "round_robin") -> str:
        return self.edge[f"trunk-{mode}-{intra_region}"].number if direction == "trunk" else "+4930123456"

    def fail(self, *failed: int) -> None:
        """Let these zones answer their probes 503 and no others, and wait until all are judged so."""
        for number, zone in enumerate(self.far_zones):
            zone.probe_status, zone.call_status = 503 if number in failed else 200, 200
        for name in self.edge.zones():
            self.edge.wait_zone(name, "down" if any(name.endswith(f"zone{number}") for number in failed) else "up")

    def zone_of(self, address: str) -> int:
        return [end.address for end in self.ends].index(address)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Table]:
    if why_forbidden():
        pytest.skip(why_forbidden())
    with Lab() as lab:
        table = Table(lab, tmp_path_factory.mktemp("table"))
        yield table
        table.edge.stop()


def active(mode: str, failed: tuple[int, ...]) -> list[int]:
    """Return the zones that calls are to go to: those alive of the first region that has any; when none has, the first region's."""
    alive = [[zone for zone in region if zone not in failed] for region in ZONES[mode]]
    return next((zones for zones in alive if zones), ZONES[mode][0])


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize(("mode", "failed"), FAILED, ids=[f"{mode}-{''.join('ABCD'[zone] for zone in failed) or 'none'}" for mode, failed in FAILED])
def test_calls_go_in_turn_to_the_zones_alive_of_the_first_region_that_has_any(table: Table, direction: str, mode: str, failed: tuple[int, ...]) -> None:
    table.fail(*failed)
    taken = shares(table.caller(direction, mode), table.number(direction, mode), 7)
    wanted = active(mode, failed)
    assert {table.zone_of(address) for address in taken} == set(wanted)
    assert max(taken.values()) - min(taken.values()) <= (len(wanted) > 1)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize(("mode", "failed"), [each for each in FAILED if each[0] != "4t"],
                         ids=[f"{mode}-{''.join('ABCD'[zone] for zone in failed) or 'none'}" for mode, failed in FAILED if mode != "4t"])
def test_with_priority_the_first_zone_alive_gets_every_call(table: Table, direction: str, mode: str, failed: tuple[int, ...]) -> None:
    table.fail(*failed)
    taken = shares(table.caller(direction, mode, "priority"), table.number(direction, mode, "priority"), 4)
    assert taken == Counter({table.ends[active(mode, failed)[0]].address: 4})


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_turns_alternate_strictly_in_2t(table: Table, direction: str) -> None:
    table.fail()
    taken = [table.zone_of(address) for address in who_answers(table.caller(direction, "2t"), table.number(direction, "2t"), 8)]
    assert taken in ([A, B] * 4, [B, A] * 4)


@pytest.mark.parametrize("status", [408, 480, 500, 503, 504])
@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize(("mode", "order"), [("2t", [A, B]), ("4t", [A, C]), ("2t4t", [A, B, C, D])])
def test_code_of_the_table_moves_a_call_to_the_sibling_then_to_the_other_region(
        table: Table, direction: str, mode: str, order: list[int], status: int) -> None:
    table.fail()
    caller, number = table.caller(direction, mode, "priority"), table.number(direction, mode, "priority")
    for refusing in range(len(order)):
        for zone in order[:refusing]:
            table.far_zones[zone].call_status = status
        invite, final = dial(caller, number)
        assert final.status == 200
        asked = [zone for zone in range(4) if table.far_zones[zone].count("INVITE", invite.call_id)]
        assert asked == order[:refusing + 1]
        arrivals = [table.far_zones[zone].wait("INVITE", invite.call_id).at for zone in order[:refusing + 1]]
        assert arrivals == sorted(arrivals)


@pytest.mark.parametrize(("mode", "order"), [("2t", [A, B]), ("4t", [A, C]), ("2t4t", [A, B, C, D])])
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_all_zones_that_refuse_leave_the_caller_a_500_that_tells_why(table: Table, direction: str, mode: str, order: list[int]) -> None:
    table.fail()
    for zone in order:
        table.far_zones[zone].call_status = 503
    invite, final = dial(table.caller(direction, mode), table.number(direction, mode))
    assert final.status == 500
    assert "503" in final.header("Reason")
    assert [zone for zone in range(4) if table.far_zones[zone].count("INVITE", invite.call_id)] == order


@pytest.mark.parametrize("status", [404, 486, 599, 603])
@pytest.mark.parametrize("mode", list(ZONES))
def test_other_codes_end_at_the_first_zone(table: Table, mode: str, status: int) -> None:
    table.fail()
    for zone in table.far_zones:
        zone.call_status = status
    invite, final = dial(table.caller("trunk", mode), table.number("trunk", mode))
    assert final.status == status
    assert sum(zone.count("INVITE", invite.call_id) for zone in table.far_zones) == 1


def test_silent_zone_that_is_not_known_to_be_down_hears_three_transmissions_and_the_sibling_has_the_call(table: Table) -> None:
    table.fail()
    table.far_zones[A].call_status = 0
    invite, final = dial(table.caller("trunk", "2t4t", "priority"), table.number("trunk", "2t4t", "priority"))
    assert final.status == 200
    assert [table.far_zones[zone].count("INVITE", invite.call_id) for zone in (A, B)] == [3, 1]


@pytest.mark.parametrize("mode", list(ZONES))
def test_all_down_and_all_silent_ends_with_408(table: Table, mode: str) -> None:
    table.fail(A, B, C, D)
    for zone in table.far_zones:
        zone.call_status = 0
    invite, final = dial(table.caller("trunk", mode), table.number("trunk", mode))
    assert final.status == 408
    assert [zone for zone in range(4) if table.far_zones[zone].count("INVITE", invite.call_id)] == list(itertools.chain(*ZONES[mode]))
