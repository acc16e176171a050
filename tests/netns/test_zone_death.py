"""How a zone dies, is told to be dead and why, is spared by new calls, and comes back."""
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from .conftest import Node
from .edge import LabEdge
from .far_zone import FarZone
from .lab import FarEnd, Lab
from .zones import SWIFT, ZoneTrunk, shares

RAMP_S = 1.5
GROWING = {**SWIFT, "ramp_s": RAMP_S}


@dataclass(slots=True)
class Place:
    """A node with a trunk of two zones."""

    edge: LabEdge
    ends: list[FarEnd]
    far_zones: list[FarZone]

    def mortal(self) -> str:
        return f"lab/{self.ends[0].interface}"

    def shares(self, calls: int) -> list[int]:
        """Return how many of so many calls each zone gets."""
        taken = shares(self.edge.caller(), self.edge["lab"].number, calls)
        return [taken[end.address] for end in self.ends]


@pytest.fixture
def place(lab: Lab, node: Node) -> Callable[..., Place]:
    def make(health: dict[str, float] = GROWING, **zone_settings: object) -> Place:
        core, ends = lab.add("core0"), [lab.add("zone0"), lab.add("zone1")]
        edge = node(core, ends, ZoneTrunk("lab", regions=[ends], zone_settings={"": zone_settings}), tables={"health": health}, living=ends)
        made = Place(edge, ends, list(edge.far_zones))
        for name in edge.zones():
            edge.wait_zone(name, "up", holds=lambda zone: zone["probe"]["status"] == 200 or health["interval_s"] > SWIFT["interval_s"])
        return made

    return make


def silence(place: Place) -> None:
    place.far_zones[0].probe_status = 0


def answer_503(place: Place) -> None:
    place.far_zones[0].probe_status = 503


def ask_for_quiet(place: Place) -> None:
    place.far_zones[0].retry_after_s, place.far_zones[0].probe_status = 1, 503


def answer_late(place: Place) -> None:
    place.far_zones[0].probe_delay_s = 0.45


def answer_well(place: Place) -> None:
    place.far_zones[0].probe_delay_s, place.far_zones[0].probe_status = 0, 200


def close_port(place: Place) -> None:
    place.edge.kill_zone(place.far_zones[0])


def open_port(place: Place) -> None:
    place.far_zones[0] = place.edge.far_zone(place.ends[0])


Act = Callable[[Place], None]

DEATHS: dict[str, tuple[Act, Act, str]] = {             # break it, mend it, the cause's words
    "link-down": (lambda place: place.ends[0].link_down(), lambda place: place.ends[0].link_up(), "link lost: interface zone0 is switched off"),
    "carrier-off": (lambda place: place.ends[0].carrier_off(), lambda place: place.ends[0].carrier_on(), "link lost: interface zone0 has no carrier"),
    "address-removed": (lambda place: place.ends[0].remove_address(), lambda place: place.ends[0].add_address(), "link lost: no IPv4 address is on zone0"),
    "interface-gone": (lambda place: place.ends[0].disconnect(), lambda place: place.ends[0].connect(), "link lost: interface zone0 does not exist"),
    "blackhole-in": (lambda place: place.ends[0].blackhole("in"), lambda place: place.ends[0].clear(), "3 probes failed in a row, the last: no answer"),
    "blackhole-out": (lambda place: place.ends[0].blackhole("out"), lambda place: place.ends[0].clear(), "3 probes failed in a row, the last: no answer"),
    "blackhole-both": (lambda place: place.ends[0].blackhole(), lambda place: place.ends[0].clear(), "3 probes failed in a row, the last: no answer"),
    "silent": (silence, answer_well, "3 probes failed in a row, the last: no answer"),
    "port-closed": (close_port, open_port, "3 probes failed in a row, the last: refused or unreachable"),
    "503": (answer_503, answer_well, "3 probes failed in a row, the last: answered 503"),
    "503-retry-after": (ask_for_quiet, answer_well, "a probe failed: answered 503, Retry-After 1 s"),
    "answers-too-late": (answer_late, answer_well, "3 probes failed in a row, the last: no answer"),
}
OF_LINKS = [death for death, (_, _, cause) in DEATHS.items() if cause.startswith("link lost")]


@pytest.mark.parametrize("death", DEATHS)
def test_dead_zone_is_told_with_its_cause_and_spared_and_comes_back_step_by_step(place: Callable[..., Place], death: str) -> None:
    kill, mend, cause = DEATHS[death]
    there = place()
    assert there.shares(4) == [2, 2]
    kill(there)
    dead = there.edge.wait_zone(there.mortal(), "down")
    assert (dead["cause"], dead["share_percent"]) == (cause, 0)
    assert there.edge.listed_zones()[there.mortal()]["cause"] == cause
    assert there.shares(6) == [0, 6]
    assert there.edge.zones()["lab/zone1"]["state"] == "up"
    mend(there)
    back = there.edge.wait_zone(there.mortal(), "recovering")
    assert 10 <= back["share_percent"] < 100
    assert "answered 3 probes in a row" in back["cause"]
    grown = there.edge.wait_zone(there.mortal(), "up")
    assert (grown["share_percent"], grown["cause"]) == (100, "its share has grown to 100 %")
    assert there.shares(6) == [3, 3]
    states = [after for after, _ in there.edge.history(there.mortal())]
    assert [state for state, _ in itertools.groupby(states) if state != "suspect"][-3:] == ["down", "recovering", "up"]    # a busy machine may have caused doubt before


@pytest.mark.parametrize("death", OF_LINKS)
def test_lost_link_counts_at_once_without_a_probe(place: Callable[..., Place], death: str) -> None:
    there = place({**GROWING, "interval_s": 30, "suspect_interval_s": 30})
    DEATHS[death][0](there)
    there.edge.wait_zone(there.mortal(), "down")
    [event] = [each for each in json.loads(there.edge.zone_command("history", "--json")) if each["zone"] == there.mortal()]
    assert (event["before"], event["after"]) == ("up", "down")
    assert event["cause"] in (DEATHS[death][2], "link lost: interface zone0 is switched off")       # which is what the kernel does first to one that goes
    assert there.shares(4) == [0, 4]


def test_configured_source_that_is_taken_away_is_named(place: Callable[..., Place], lab: Lab) -> None:
    there = place(source=None)
    edge, end = there.edge, there.ends[0]
    end.edge.ip("address", "add", "10.77.1.9/24", "dev", "zone0")
    trunk = edge["lab"]
    assert isinstance(trunk, ZoneTrunk)
    trunk.zone_settings = {"zone0": {"source": "10.77.1.9"}}
    edge.reload()
    edge.wait_zone(there.mortal(), "up")
    end.edge.ip("address", "delete", "10.77.1.9/24", "dev", "zone0")
    assert edge.wait_zone(there.mortal(), "down")["cause"] == "link lost: address 10.77.1.9 is not on zone0"
    assert there.shares(4) == [0, 4]
    end.edge.ip("address", "add", "10.77.1.9/24", "dev", "zone0")
    edge.wait_zone(there.mortal(), "up")
    assert there.shares(4) == [2, 2]


def test_probe_answered_after_three_seconds_has_failed_by_the_limit_of_two(place: Callable[..., Place]) -> None:
    there = place({**GROWING, "timeout_ms": 2000, "failures_to_down": 1})
    there.far_zones[0].probe_delay_s = 3
    dead = there.edge.wait_zone(there.mortal(), "down")
    assert dead["cause"] == "1 probes failed in a row, the last: no answer"
    answer_well(there)
    there.edge.wait_zone(there.mortal(), "recovering")


def test_zone_that_asked_for_quiet_is_not_probed_before_that(place: Callable[..., Place]) -> None:
    there = place()
    ask_for_quiet(there)
    there.edge.wait_zone(there.mortal(), "down")
    refused = there.far_zones[0].probes[-1].at
    assert there.far_zones[0].wait_probe().at - refused > 0.95


def test_zone_that_relapses_is_held_down_twice_as_long_each_time(place: Callable[..., Place]) -> None:
    there = place({**SWIFT, "hold_s": 0.6, "hold_max_s": 1.0})
    for _ in range(3):
        answer_503(there)
        there.edge.wait_zone(there.mortal(), "down")
        answer_well(there)
        there.edge.wait_zone(there.mortal(), "up")
    events = [each for each in json.loads(there.edge.zone_command("history", "--json")) if each["zone"] == there.mortal()]
    falls = [each["at"] for each in events if each["after"] == "down"]
    rises = [each["at"] for each in events if each["after"] == "recovering"]
    held = [rise - fall for fall, rise in zip(falls, rises, strict=True)]
    assert all(held_s >= least_s - 0.01 for held_s, least_s in zip(held, (0.6, 1.0, 1.0), strict=True)), held


def test_growing_zone_gets_a_part_of_its_turns(place: Callable[..., Place]) -> None:
    there = place({**SWIFT, "ramp_s": 60})
    answer_503(there)
    there.edge.wait_zone(there.mortal(), "down")
    answer_well(there)
    there.edge.wait_zone(there.mortal(), "recovering", holds=lambda zone: zone["share_percent"] < 40)
    few, many = there.shares(60)
    assert 0 < few < 20
    assert few + many == 60


def test_two_calls_into_silence_make_a_zone_down_before_its_probes_do(place: Callable[..., Place]) -> None:
    there = place({**GROWING, "interval_s": 30, "suspect_interval_s": 30})
    there.ends[0].blackhole()
    there.shares(4)
    dead = there.edge.wait_zone(there.mortal(), "down")
    assert dead["cause"] == "two calls failed, with no sign of life between"
    assert there.shares(4) == [0, 4]


def test_refused_call_and_a_failed_probe_make_a_zone_down(place: Callable[..., Place]) -> None:
    there = place({**GROWING, "interval_s": 30, "suspect_interval_s": 0.3})
    close_port(there)
    assert there.shares(2) == [0, 2]
    assert "refused" in there.edge.wait_zone(there.mortal(), "down")["cause"]


def test_busy_numbers_and_other_answers_never_make_a_zone_suspect(place: Callable[..., Place]) -> None:
    there = place()
    from .zones import dial

    there.far_zones[0].call_status = there.far_zones[1].call_status = 486
    caller = there.edge.caller()
    for _ in range(12):
        assert dial(caller, there.edge["lab"].number)[1].status == 486
    assert there.edge.history(there.mortal()) == []


@pytest.mark.parametrize("status", [404, 405, 408, 480, 500, 501, 603])
def test_any_other_answer_to_a_probe_is_a_sign_of_life(place: Callable[..., Place], status: int) -> None:
    there = place()
    there.far_zones[0].probe_status = status
    there.edge.wait_zone(there.mortal(), holds=lambda zone: zone["probe"]["status"] == status)
    there.far_zones[0].wait_probe()
    there.far_zones[0].wait_probe()
    assert there.edge.zones()[there.mortal()]["state"] == "up"
